/**
 * Figures in the language of the page: `2.660.000 đ` and `9,7` in Vietnamese, `2,660,000 đ` and `9.7` in English, where
 * the Vietnamese form would be read as another number.
 */
import { language, type Language } from '../i18n/lang.svelte';

const SIGNS: Record<Language, { group: string; decimal: string }> = {
  vi: { group: '.', decimal: ',' },
  en: { group: ',', decimal: '.' },
};
/** Keeps a figure and its unit on one line. */
const NBSP = '\u00a0';

/** Groups digits by three: `2.660.000`. */
export function groupDigits(value: number): string {
  const digits = Math.abs(Math.round(value)).toString();
  const grouped = digits.replace(/\B(?=(\d{3})+$)/g, SIGNS[language.current].group);
  return value < 0 && digits !== '0' ? `−${grouped}` : grouped;
}

/** `2.660.000 đ`: integer đồng. */
export function formatMoney(dong: number): string {
  return `${groupDigits(dong)}${NBSP}đ`;
}

/** `195 km`, `7,5 km`: one decimal below 10 km, none above. */
export function formatDistance(metres: number): string {
  const km = metres / 1000;
  return `${km < 10 && metres % 1000 !== 0 ? formatDecimal(km) : groupDigits(km)}${NBSP}km`;
}

/** With decimals: `9,7`. */
export function formatDecimal(value: number, digits = 1): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(digits).split('.');
  const sign = value < 0 ? '−' : '';
  const decimals = fraction ? `${SIGNS[language.current].decimal}${fraction}` : '';
  return `${sign}${groupDigits(Number(whole))}${decimals}`;
}

/** `62,5%`, the sign close to its figure as in official papers; null is a dash: a share of nothing is no figure. */
export function formatPercent(value: number | null): string {
  return value === null ? '–' : `${formatDecimal(value, Number.isInteger(value) ? 0 : 1)}%`;
}
