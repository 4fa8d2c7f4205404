/**
 * Dates as the office writes them: dd/mm/yyyy, 24 hours, Monday first. The province keeps UTC+7 all year, so every
 * instant is shown there, wherever the browser stands, with plain arithmetic and no time-zone tables.
 */

/** Asia/Ho_Chi_Minh: UTC+7, no summer time. */
const OFFSET_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

/** A civil date, `YYYY-MM-DD`. */
export type CivilDate = string;

const two = (n: number) => String(n).padStart(2, '0');
/** The instant moved so that the UTC getters read local civil time. */
const local = (instant: string | number) => new Date(new Date(instant).getTime() + OFFSET_MS);
const civil = (date: CivilDate) => new Date(`${date}T00:00:00Z`);

/** `2026-11-23` of an instant, in the province. */
export function dateOf(instant: string | number): CivilDate {
  return local(instant).toISOString().slice(0, 10);
}

/** `08:30` of an instant. */
export function formatTime(instant: string | number): string {
  const at = local(instant);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

/** `08:30:05` of an instant. */
export function formatTimeWithSeconds(instant: string | number): string {
  return `${formatTime(instant)}:${two(local(instant).getUTCSeconds())}`;
}

/** `23/11/2026` of a civil date or an instant. */
export function formatDate(value: CivilDate | number): string {
  const date = typeof value === 'string' && value.length === 10 ? value : dateOf(value);
  return `${date.slice(8, 10)}/${date.slice(5, 7)}/${date.slice(0, 4)}`;
}

/** `23/11` of a civil date. */
export function formatDayMonth(date: CivilDate): string {
  return `${date.slice(8, 10)}/${date.slice(5, 7)}`;
}

/** `08:30, 23/11/2026`. */
export function formatDateTime(instant: string | number): string {
  return `${formatTime(instant)}, ${formatDate(dateOf(instant))}`;
}

/** `08:30 – 11:30, 23/11/2026`, or both dates when the end falls on another day. */
export function formatRange(from: string, to: string): string {
  if (dateOf(from) === dateOf(to)) {
    return `${formatTime(from)} – ${formatTime(to)}, ${formatDate(dateOf(from))}`;
  }
  return `${formatDateTime(from)} – ${formatDateTime(to)}`;
}

/** An instant from a civil date and `HH:mm`, as the API wants it: RFC 3339 at +07:00. */
export function instantOf(date: CivilDate, time: string): string {
  return `${date}T${time}:00+07:00`;
}

/** The same, from milliseconds. */
export function instantOfMs(ms: number): string {
  return `${local(ms).toISOString().slice(0, 19)}+07:00`;
}

/** Minutes since midnight of an instant. */
export function minuteOfDay(instant: string | number): number {
  const at = local(instant);
  return at.getUTCHours() * 60 + at.getUTCMinutes();
}

/** `HH:mm` of minutes since midnight. */
export function formatMinuteOfDay(minute: number): string {
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

export function addDays(date: CivilDate, days: number): CivilDate {
  return new Date(civil(date).getTime() + days * DAY_MS).toISOString().slice(0, 10);
}

/** 0 = Monday … 6 = Sunday. */
export function weekdayOf(date: CivilDate): number {
  return (civil(date).getUTCDay() + 6) % 7;
}

/** The Monday of the week of a date. */
export function mondayOf(date: CivilDate): CivilDate {
  return addDays(date, -weekdayOf(date));
}

/** The ISO 8601 week number, the one that wall calendars print. */
export function weekNumber(date: CivilDate): number {
  const thursday = addDays(mondayOf(date), 3);
  const first = civil(`${thursday.slice(0, 4)}-01-01`).getTime();
  return 1 + Math.floor((civil(thursday).getTime() - first) / (7 * DAY_MS));
}

/** Whether a text is a real civil date. */
export function isCivilDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = civil(text);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text;
}

/** Reads `23/11/2026`, `3/1/2026` or `23-11-2026`; null when it is no date. */
export function parseDate(text: string): CivilDate | null {
  const match = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s*$/.exec(text);
  if (!match) return null;
  const date = `${match[3]}-${two(Number(match[2]))}-${two(Number(match[1]))}`;
  return isCivilDate(date) ? date : null;
}

/** Reads `8:30`, `08:30`, `8h30`, `8h` or `0830`; null when it is no time of day. */
export function parseTime(text: string): string | null {
  const match = /^\s*(\d{1,2})(?:\s*[:hg.]\s*(\d{2})?|(\d{2}))?\s*$/i.exec(text);
  if (!match) return null;
  const hour = Number(match[1]);
  const minute = Number(match[2] ?? match[3] ?? 0);
  return hour < 24 && minute < 60 ? `${two(hour)}:${two(minute)}` : null;
}
