import { describe, expect, it } from 'vitest';
import { asKind, parsePeriod, periodOf, periodText, shift, type PeriodKind } from './period';

describe('a period', () => {
  it('is read as it is written', () => {
    for (const kind of ['month', 'quarter', 'year'] as PeriodKind[]) {
      const period = periodOf(kind, '2026-11-23');
      expect(parsePeriod(kind, periodText(period))).toEqual(period);
    }
    expect(periodText(periodOf('month', '2026-02-05'))).toBe('2026-02');
    expect(periodText(periodOf('quarter', '2026-11-23'))).toBe('2026-Q4');
  });

  it('refuses what is no period, or one of another kind', () => {
    for (const of of ['', '2026-13', '2026-Q5', '26', '2026-1', null]) {
      expect(parsePeriod('month', of)).toBeNull();
    }
    expect(parsePeriod('quarter', '2026-01')).toBeNull();
    expect(parsePeriod('year', '2026-Q1')).toBeNull();
  });

  it('steps over the turn of the year both ways', () => {
    expect(periodText(shift(periodOf('month', '2026-01-10'), -1))).toBe('2025-12');
    expect(periodText(shift(periodOf('quarter', '2026-12-10'), 1))).toBe('2027-Q1');
    expect(periodText(shift(periodOf('year', '2026-12-10'), -3))).toBe('2023');
  });

  it('keeps its time when its kind changes', () => {
    expect(periodText(asKind(periodOf('month', '2026-08-01'), 'quarter'))).toBe('2026-Q3');
    expect(periodText(asKind(periodOf('quarter', '2026-08-01'), 'month'))).toBe('2026-07');
    expect(periodText(asKind(periodOf('month', '2026-08-01'), 'year'))).toBe('2026');
  });
});
