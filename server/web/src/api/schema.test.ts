import { readFile } from 'node:fs/promises';

import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { expect, it } from 'vitest';

it('the types are those of the committed contract', async () => {
  const contract = new URL('../../../openapi.json', import.meta.url);
  const generated = COMMENT_HEADER + astToString(await openapiTS(contract));
  const committed = await readFile(new URL('./schema.ts', import.meta.url), 'utf8');
  expect(committed === generated, 'stale: run `npm run generate`').toBe(true);
}, 30_000);
