import { describe, expect, it } from 'vitest';

import { shiftMonth, weeksOf } from './months';

describe('a month', () => {
  it('is whole weeks from Monday to Sunday', () => {
    const weeks = weeksOf('2026-11');
    expect(weeks[0]?.[0]).toBe('2026-10-26');
    expect(weeks.at(-1)?.[6]).toBe('2026-12-06');
    expect(weeks).toHaveLength(6);
  });

  it('that starts on a Monday has no week before it', () => {
    expect(weeksOf('2027-02').map((week) => week[0])).toEqual([
      '2027-02-01',
      '2027-02-08',
      '2027-02-15',
      '2027-02-22',
    ]);
  });

  it('steps keep the day, or take the last of a shorter month', () => {
    expect(shiftMonth('2026-11-23', 1)).toBe('2026-12-23');
    expect(shiftMonth('2026-12-31', 2)).toBe('2027-02-28');
    expect(shiftMonth('2026-01-31', -1)).toBe('2025-12-31');
  });
});
