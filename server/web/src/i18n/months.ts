import { language } from './lang.svelte';

const english = (month: 'long' | 'short') => {
  const format = new Intl.DateTimeFormat('en-GB', { month, timeZone: 'UTC' });
  return Array.from({ length: 12 }, (_, index) => format.format(Date.UTC(2026, index)));
};
const LONG = english('long');
const SHORT = english('short');

/** A month (1 to 12) for messages: Vietnamese counts months (`Tháng 11/2026`), English names them (`November 2026`). */
export function monthParts(month: number, year: string | number, short = false) {
  const counted = `${short ? 'Th.' : 'Tháng'} ${month}`;
  const named = (short ? SHORT : LONG)[month - 1] ?? '';
  return { month: language.current === 'vi' ? counted : named, year };
}
