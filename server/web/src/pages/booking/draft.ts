import type {
  CreateSession,
  MeetingKind,
  Mode,
  Override,
  PersonRef,
  SessionView,
  Urgency,
  WarningCode,
} from '../../api/types';
import {
  addDays,
  dateOf,
  formatMinuteOfDay,
  formatTime,
  instantOf,
  minuteOfDay,
  weekdayOf,
  type CivilDate,
} from '../../format/dates';

/** The booking form as it is filled in: what the request needs, in the shape in which people enter it. */
export interface Draft {
  subject: string;
  kind: MeetingKind;
  urgency: Urgency;
  urgency_reason: string;
  mode: Mode;
  date: CivilDate | null;
  start: string;
  end_date: CivilDate | null;
  end: string;
  host_endpoint_id: string;
  endpoint_ids: string[];
  room_ids: string[];
  chair: PersonRef | null;
  people: PersonRef[];
  content: string;
  requirements: string;
  contact: string;
  /** The reason given for each warning that is overridden, by its code. */
  reasons: Reasons;
}

export type Reasons = Partial<Record<WarningCode, string>>;

/** The warnings that are gone past: those for which a reason was given. */
export function overridesOf(reasons: Reasons): Override[] {
  return (Object.entries(reasons) as [WarningCode, string][])
    .map(([code, reason]) => ({ code, reason: reason.trim() }))
    .filter(({ reason }) => reason !== '');
}

/** Working days that a periodic session is proposed ahead: one more than an invitation needs. */
const DAYS_AHEAD = 4;

/** An empty form: a briefing of a morning, far enough ahead for the invitation to keep its notice. */
export function emptyDraft(date: CivilDate | null, now: number): Draft {
  const day = date ?? workingDayAfter(dateOf(now), DAYS_AHEAD);
  return {
    subject: '',
    kind: 'briefing',
    urgency: 'periodic',
    urgency_reason: '',
    mode: 'online',
    date: day,
    start: '08:00',
    end_date: day,
    end: '11:00',
    host_endpoint_id: '',
    endpoint_ids: [],
    room_ids: [],
    chair: null,
    people: [],
    content: '',
    requirements: '',
    contact: '',
    reasons: {},
  };
}

function workingDayAfter(date: CivilDate, days: number): CivilDate {
  let day = date;
  for (let left = days; left > 0;) {
    day = addDays(day, 1);
    if (weekdayOf(day) < 5) left -= 1;
  }
  return day;
}

/** A stored session, to be edited. */
export function draftOf(session: SessionView): Draft {
  return {
    subject: session.subject,
    kind: session.kind,
    urgency: session.urgency,
    urgency_reason: session.urgency_reason ?? '',
    mode: session.mode,
    date: dateOf(session.starts_at),
    start: formatTime(session.starts_at),
    end_date: dateOf(session.ends_at),
    end: formatTime(session.ends_at),
    host_endpoint_id: session.host.id,
    endpoint_ids: session.roster.map((entry) => entry.endpoint.id).filter((id) => id !== session.host.id),
    room_ids: session.rooms.map((room) => room.id),
    chair: session.chair,
    people: session.people,
    content: session.content,
    requirements: session.requirements,
    contact: session.contact,
    reasons: Object.fromEntries(session.overrides.map(({ code, reason }) => [code, reason])),
  };
}

/** What the server is asked; null while there is no time or no host to ask about. */
export function requestOf(draft: Draft, asDraft: boolean): CreateSession | null {
  if (!draft.date || !draft.end_date || !draft.start || !draft.end || !draft.host_endpoint_id) return null;
  return {
    subject: draft.subject.trim(),
    kind: draft.kind,
    urgency: draft.urgency,
    urgency_reason: draft.urgency === 'urgent' ? draft.urgency_reason.trim() || null : null,
    mode: draft.mode,
    starts_at: instantOf(draft.date, draft.start),
    ends_at: instantOf(draft.end_date, draft.end),
    host_endpoint_id: draft.host_endpoint_id,
    endpoint_ids: draft.endpoint_ids.filter((id) => id !== draft.host_endpoint_id),
    room_ids: [...draft.room_ids],
    chair_id: draft.chair?.id ?? null,
    person_ids: draft.people.map((person) => person.id),
    content: draft.content.trim(),
    requirements: draft.requirements.trim(),
    contact: draft.contact.trim(),
    draft: asDraft,
    overrides: overridesOf(draft.reasons),
  };
}

/** Moves a form to another time, such as a suggested one. */
export function moveTo(draft: Draft, starts_at: string, ends_at: string): void {
  draft.date = dateOf(starts_at);
  draft.start = formatTime(starts_at);
  draft.end_date = dateOf(ends_at);
  draft.end = formatTime(ends_at);
}

/** Another first day takes the last day along; so does none, while what was typed is no date. */
export function moveDate(draft: Draft, from: CivilDate | null, to: CivilDate | null): void {
  draft.date = to;
  if (draft.end_date === from || (to && (!draft.end_date || draft.end_date < to))) draft.end_date = to;
}

/** Minutes from start to end; null when that is no length. */
export function lengthOf(draft: Draft): number | null {
  const request = requestOf({ ...draft, host_endpoint_id: 'any' }, true);
  if (!request) return null;
  const minutes = (Date.parse(request.ends_at) - Date.parse(request.starts_at)) / 60_000;
  return minutes > 0 ? minutes : null;
}

/** The times of day that the form offers, every quarter of an hour. */
export const TIMES: string[] = Array.from({ length: 14 * 4 }, (_, index) =>
  formatMinuteOfDay(360 + index * 15),
);

/** Another start keeps the length. */
export function moveStart(draft: Draft, from: string, to: string): void {
  draft.start = to;
  if (!from || !to || !draft.date || draft.end_date !== draft.date || !draft.end) return;
  const minute = (time: string) => minuteOfDay(instantOf('2000-01-01', time));
  const end = minute(draft.end) + minute(to) - minute(from);
  if (end > minute(to) && end < 24 * 60) draft.end = formatMinuteOfDay(end);
}
