import { afterEach, beforeAll, expect, it, vi } from 'vitest';

import { language } from './lang.svelte';
import { monthParts } from './months';

beforeAll(() => vi.stubGlobal('document', { documentElement: { lang: '' } }));
afterEach(() => language.choose('vi'));

it('a month is counted in Vietnamese and named in English', () => {
  expect(monthParts(11, 2026)).toEqual({ month: 'Tháng 11', year: 2026 });
  expect(monthParts(1, 2026, true).month).toBe('Th. 1');
  language.choose('en');
  expect(monthParts(11, '2026')).toEqual({ month: 'November', year: '2026' });
  expect(monthParts(1, 2026, true).month).toBe('Jan');
});
