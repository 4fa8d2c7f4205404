import { splitMinutes } from '../../format/duration';
import { t } from '../../i18n';

/** A length of time in words: `4 giờ 50 phút`, `25 phút`, `40 giây`. */
export function lengthOf(ms: number): string {
  if (ms < 60_000) return t('common.seconds', { n: Math.max(0, Math.round(ms / 1000)) });
  const { hours, minutes } = splitMinutes(ms / 60_000);
  if (hours === 0) return t('common.minutes', { n: minutes });
  return minutes === 0
    ? t('common.hours', { n: hours })
    : t('common.hours_minutes', { h: hours, m: minutes });
}
