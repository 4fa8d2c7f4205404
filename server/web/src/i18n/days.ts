import type { Key } from '.';

type Day = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** The message of a weekday, 0 = Monday. */
export function dayKey(weekday: number, short = false): Key {
  const day = (((Math.trunc(weekday) % 7) + 7) % 7) as Day;
  return short ? `day.short.${day}` : `day.${day}`;
}
