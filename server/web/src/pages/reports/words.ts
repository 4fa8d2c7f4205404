import { formatDecimal, formatMoney, groupDigits } from '../../format/numbers';
import { t } from '../../i18n';
import { monthParts } from '../../i18n/months';
import { amount } from './figures';
import type { Period } from './period';

/** The name of a period: `Tháng 11/2026`, `Quý IV/2026`, `Năm 2026`. */
export function periodName(period: Period): string {
  const year = String(period.year);
  if (period.kind === 'year') return t('reports.year', { year });
  if (period.kind === 'month') return t('reports.month', monthParts(period.index, year));
  return t('reports.quarter', { n: ROMAN[period.index - 1] ?? '', year });
}

/** Quarters are written in Roman figures in official papers. */
export const ROMAN = ['I', 'II', 'III', 'IV'] as const;

/** Money for a headline: `87,5 triệu đồng`. */
export function moneyWords(dong: number): string {
  const { value, unit } = amount(dong);
  if (unit === 'dong') return formatMoney(value);
  const digits = Number.isInteger(value) ? 0 : Number.isInteger(value * 10) ? 1 : 2;
  return t(unit === 'million' ? 'reports.million' : 'reports.billion', { n: formatDecimal(value, digits) });
}

/** Money beside a bar, where there is no room for words: `87,5 tr`. */
export function moneyShort(dong: number): string {
  const { value, unit } = amount(dong);
  if (unit === 'dong') return groupDigits(value);
  const digits = Number.isInteger(value) ? 0 : 1;
  return t(unit === 'million' ? 'reports.million_short' : 'reports.billion_short', {
    n: formatDecimal(value, digits),
  });
}

const parts = (month: string) => monthParts(Number(month.slice(5, 7)), month.slice(0, 4));

/** `Th. 11` of `2026-11`. */
export function monthShort(month: string): string {
  return monthParts(Number(month.slice(5, 7)), '', true).month;
}

/** `Tháng 11/2026` of `2026-11`. */
export function monthName(month: string): string {
  return t('reports.month', parts(month));
}
