import { addDays, dateOf, minuteOfDay, type CivilDate } from '../../format/dates';

/** Something with a time that stands in a calendar. */
export interface Timed {
  starts_at: string;
  ends_at: string;
}

/** Hours of a day, from 0 to 24. */
export interface Hours {
  from: number;
  to: number;
}

/** Where an entry stands in the column of its day. */
export interface Placed<T> {
  entry: T;
  /** Minutes since midnight. */
  from: number;
  to: number;
  /** Which of `lanes` side-by-side columns it takes. */
  lane: number;
  lanes: number;
}

const DAY_MINUTES = 24 * 60;
const WHOLE_DAY: Hours = { from: 0, to: 24 };
/** A shorter entry is still drawn this high, or its name could not be read. */
const SHORTEST_MINUTES = 30;

/**
 * The entries of one day, side by side where they overlap; in order of time. What lies outside the hours shown stands at
 * their edge.
 */
export function layoutDay<T extends Timed>(entries: T[], date: CivilDate, hours = WHOLE_DAY): Placed<T>[] {
  const placed = entries
    .map((entry) => cut(entry, date, hours))
    .filter((one) => one !== null)
    .sort((a, b) => a.from - b.from || b.to - a.to);

  let cluster: Placed<T>[] = [];
  let ends: number[] = [];
  const finish = () => {
    for (const one of cluster) one.lanes = ends.length;
    cluster = [];
    ends = [];
  };
  for (const one of placed) {
    if (ends.every((end) => end <= one.from)) finish();
    const free = ends.findIndex((end) => end <= one.from);
    one.lane = free === -1 ? ends.length : free;
    ends[one.lane] = one.to;
    cluster.push(one);
  }
  finish();
  return placed;
}

function cut<T extends Timed>(entry: T, date: CivilDate, hours: Hours): Placed<T> | null {
  const [first, last] = [dateOf(entry.starts_at), dateOf(entry.ends_at)];
  if (date < first || date > last) return null;
  const begins = date === first ? minuteOfDay(entry.starts_at) : 0;
  const ends = date === last ? minuteOfDay(entry.ends_at) : DAY_MINUTES;
  if (date === last && date !== first && ends === 0) return null;
  const from = Math.min(Math.max(begins, hours.from * 60), hours.to * 60 - SHORTEST_MINUTES);
  return {
    entry,
    from,
    to: Math.max(Math.min(ends, hours.to * 60), from + SHORTEST_MINUTES),
    lane: 0,
    lanes: 1,
  };
}

/**
 * The hours that a week shows: the working day, widened to what is booked. What runs on from the day before does not
 * widen it, or one late session would open the whole night.
 */
export function visibleHours(entries: Timed[], dates: CivilDate[], from = 7, to = 18): Hours {
  let [first, last] = [from * 60, to * 60];
  for (const date of dates) {
    for (const entry of entries) {
      const one = cut(entry, date, WHOLE_DAY);
      if (one === null) continue;
      if (date === dateOf(entry.starts_at)) first = Math.min(first, one.from);
      last = Math.max(last, one.to);
    }
  }
  return { from: Math.floor(first / 60), to: Math.ceil(last / 60) };
}

/** The seven days of the week that begins on a Monday. */
export function weekFrom(monday: CivilDate): CivilDate[] {
  return [0, 1, 2, 3, 4, 5, 6].map((day) => addDays(monday, day));
}
