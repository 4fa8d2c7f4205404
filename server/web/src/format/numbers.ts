/** Figures as the finance office writes them. */

/** Groups digits by three: `2.660.000`. */
export function groupDigits(value: number, separator = '.'): string {
  const digits = Math.abs(Math.round(value)).toString();
  const grouped = digits.replace(/\B(?=(\d{3})+$)/g, separator);
  return value < 0 && digits !== '0' ? `−${grouped}` : grouped;
}

/** `2.660.000 đ`: integer đồng, Vietnamese grouping in both languages, as on the vouchers. */
export function formatMoney(dong: number): string {
  return `${groupDigits(dong)}\u00a0đ`;
}

/** `195 km`, `7,5 km`: one decimal below 10 km, none above. */
export function formatDistance(metres: number): string {
  const km = metres / 1000;
  const text = km < 10 && metres % 1000 !== 0 ? km.toFixed(1).replace('.', ',') : groupDigits(km);
  return `${text}\u00a0km`;
}

/** One decimal with a Vietnamese comma: `9,7`. */
export function formatDecimal(value: number, digits = 1): string {
  const [whole, fraction] = Math.abs(value).toFixed(digits).split('.');
  const sign = value < 0 ? '−' : '';
  return `${sign}${groupDigits(Number(whole))}${fraction ? `,${fraction}` : ''}`;
}

/** `62,5 %`; null is a dash, because a share of nothing is no figure. */
export function formatPercent(value: number | null): string {
  return value === null ? '–' : `${formatDecimal(value, Number.isInteger(value) ? 0 : 1)}\u00a0%`;
}
