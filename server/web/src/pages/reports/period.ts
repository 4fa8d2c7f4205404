/** Periods of a report: month, quarter, year, written as the server reads them. Pure. */

/** Kỳ báo cáo. */
export type PeriodKind = 'month' | 'quarter' | 'year';

/** One period: `index` is the month 1–12 or the quarter 1–4; a year has index 1. */
export interface Period {
  kind: PeriodKind;
  year: number;
  index: number;
}

const PER_YEAR: Record<PeriodKind, number> = { month: 12, quarter: 4, year: 1 };

/** How the server writes it: `2026-01`, `2026-Q1`, `2026`. */
export function periodText(period: Period): string {
  switch (period.kind) {
    case 'month':
      return `${String(period.year)}-${String(period.index).padStart(2, '0')}`;
    case 'quarter':
      return `${String(period.year)}-Q${String(period.index)}`;
    case 'year':
      return String(period.year);
  }
}

/** Reads what {@link periodText} writes; null for anything else. */
export function parsePeriod(kind: string | null, of: string | null): Period | null {
  const match = /^(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$/.exec(of ?? '');
  if (!match) {
    return null;
  }
  const [year, quarter, month] = [Number(match[1]), match[2], match[3]];
  if (kind === 'month' && month !== undefined) {
    return { kind, year, index: Number(month) };
  }
  if (kind === 'quarter' && quarter !== undefined) {
    return { kind, year, index: Number(quarter) };
  }
  return kind === 'year' && quarter === undefined && month === undefined ? { kind, year, index: 1 } : null;
}

/** The period of a civil date `YYYY-MM-DD`. */
export function periodOf(kind: PeriodKind, date: string): Period {
  const year = Number(date.slice(0, 4));
  const month = Number(date.slice(5, 7));
  const index = kind === 'month' ? month : kind === 'quarter' ? Math.ceil(month / 3) : 1;
  return { kind, year, index };
}

/** The period `by` steps later (earlier when negative). */
export function shift(period: Period, by: number): Period {
  const per = PER_YEAR[period.kind];
  const at = period.year * per + (period.index - 1) + by;
  return { kind: period.kind, year: Math.floor(at / per), index: (((at % per) + per) % per) + 1 };
}

/** The same time in another kind of period: the first month of a quarter, the quarter of a month. */
export function asKind(period: Period, kind: PeriodKind): Period {
  const month = period.kind === 'quarter' ? period.index * 3 - 2 : period.index;
  return periodOf(kind, `${String(period.year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01`);
}
