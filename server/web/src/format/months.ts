import { addDays, mondayOf, type CivilDate } from './dates';

/** A month, `YYYY-MM`. */
export type Month = string;

export function monthOf(date: CivilDate): Month {
  return date.slice(0, 7);
}

/** The weeks that a month touches, Monday first, as dates. */
export function weeksOf(month: Month): CivilDate[][] {
  const weeks: CivilDate[][] = [];
  let monday = mondayOf(`${month}-01`);
  do {
    const first = monday;
    weeks.push([0, 1, 2, 3, 4, 5, 6].map((day) => addDays(first, day)));
    monday = addDays(monday, 7);
  } while (monthOf(monday) === month);
  return weeks;
}

/** The same day some months on, or the last one of a shorter month. */
export function shiftMonth(date: CivilDate, months: number): CivilDate {
  const index = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + months;
  const month = `${String(Math.floor(index / 12)).padStart(4, '0')}-${String((index % 12) + 1).padStart(2, '0')}`;
  const last = addDays(`${shiftedFirst(index)}-01`, -1);
  const day = date.slice(8);
  return day > last.slice(8) ? last : `${month}-${day}`;
}

function shiftedFirst(index: number): Month {
  const next = index + 1;
  return `${String(Math.floor(next / 12)).padStart(4, '0')}-${String((next % 12) + 1).padStart(2, '0')}`;
}
