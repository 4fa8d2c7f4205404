import { splitMinutes } from '../format/duration';
import { t } from '.';

/** Minutes in words: `3 giờ`, `45 phút`, `3 giờ 30 phút`. */
export function duration(minutes: number): string {
  const parts = splitMinutes(minutes);
  if (parts.hours === 0) return t('common.minutes', { n: parts.minutes });
  if (parts.minutes === 0) return t('common.hours', { n: parts.hours });
  return t('common.hours_minutes', { h: parts.hours, m: parts.minutes });
}
