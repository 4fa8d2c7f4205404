import { describe, expect, it } from 'vitest';

import { emptyDraft } from './draft';
import { parseUnfinished, type Unfinished } from './unfinished';

const untouched: Unfinished = { account: 'a', version: 3, draft: emptyDraft('2026-12-01', 0) };
const typed: Unfinished = { ...untouched, draft: { ...untouched.draft, subject: 'Giao ban tháng 12' } };
const read = (kept: unknown) => parseUnfinished(JSON.stringify(kept), untouched);

describe('a booking that was not saved', () => {
  it('comes back to the account that wrote it', () => {
    expect(read(typed)).toEqual(typed.draft);
    expect(read({ ...typed, account: 'b' })).toBeNull();
  });

  it('is let go when somebody else has changed the session since', () => {
    expect(read({ ...typed, version: 4 })).toBeNull();
  });

  it('of another shape is none', () => {
    expect(parseUnfinished(null, untouched)).toBeNull();
    expect(parseUnfinished('{', untouched)).toBeNull();
    expect(read({ ...typed, draft: { subject: 'Giao ban' } })).toBeNull();
    expect(read({ ...typed, draft: { ...typed.draft, endpoint_ids: 'all' } })).toBeNull();
  });
});
