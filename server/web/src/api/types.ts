/** The shapes of the HTTP contract (`server/docs/API.md`), by name, as the pages use them. */

export type Role = 'administrator' | 'secretary' | 'chief_of_office' | 'operator' | 'technician' | 'leader';

export type Permission =
  | 'session.read'
  | 'session.book'
  | 'session.override'
  | 'session.run'
  | 'rollcall.take'
  | 'room.join'
  | 'report.read'
  | 'directory.read'
  | 'directory.write'
  | 'account.write'
  | 'audit.read'
  | 'system.read';

export interface UnitRef {
  id: string;
  name: string;
}
export interface EndpointRef {
  id: string;
  name: string;
  unit_id: string;
  unit_name: string;
}
export interface PersonRef {
  id: string;
  full_name: string;
  title: string;
}
/** One page of a list; `next` is the cursor of the following page. */
export interface List<T> {
  items: T[];
  next: string | null;
}

export interface Grant {
  role: Role;
  unit_id: string | null;
}
export interface Me {
  account_id: string;
  username: string;
  display_name: string;
  csrf_token: string;
  server_time: string;
  grants: Grant[];
  permissions: Permission[];
  unit: UnitRef | null;
  endpoint: EndpointRef | null;
  province: { name: string; host: string; sample_data: boolean };
}

export type UnitKind = 'province' | 'department' | 'city' | 'town' | 'district' | 'ward' | 'commune';
export interface Unit {
  id: string;
  name: string;
  short_name: string;
  kind: UnitKind;
  parent_id: string | null;
  code: string | null;
  valid_from: string;
  valid_to: string | null;
  version: number;
}
export type EndpointRole = 'host' | 'member';
/** Điểm cầu. Distances and minutes are one way, to the seat of the host. */
export interface Endpoint {
  id: string;
  name: string;
  unit: UnitRef;
  role: EndpointRole;
  distance_metres: number;
  one_way_minutes: number;
  seats: number;
  contact_phone: string | null;
  valid_from: string;
  valid_to: string | null;
  version: number;
}
export interface Room {
  id: string;
  name: string;
  unit: UnitRef;
  endpoint_id: string | null;
  seats: number;
  equipment: string;
  version: number;
}
export interface Person {
  id: string;
  full_name: string;
  title: string;
  unit: UnitRef;
  phone: string | null;
  email: string | null;
  active: boolean;
  version: number;
}
export interface Account {
  id: string;
  username: string;
  display_name: string;
  grants: Grant[];
  unit: UnitRef | null;
  endpoint: EndpointRef | null;
  active: boolean;
  locked: boolean;
  last_login_at: string | null;
  version: number;
}

export type MeetingKind =
  | 'briefing'
  | 'advisory'
  | 'problem_solving'
  | 'coordination'
  | 'professional'
  | 'thematic'
  | 'review'
  | 'training';
export interface MeetingKindInfo {
  kind: MeetingKind;
  name_vi: string;
  name_en: string;
  longest_minutes: number;
}
/** A day that the ordinary week does not explain: a holiday, or a Saturday that is worked. */
export interface CalendarDay {
  date: string;
  working: boolean;
  name_vi: string | null;
  name_en: string | null;
}

export type Urgency = 'periodic' | 'urgent';
export type Mode = 'in_person' | 'online' | 'hybrid';
export type SessionState = 'draft' | 'scheduled' | 'live' | 'ended' | 'postponed' | 'cancelled';
export type SessionAction =
  | 'create'
  | 'schedule'
  | 'edit'
  | 'postpone'
  | 'reschedule'
  | 'cancel'
  | 'start'
  | 'end'
  | 'extend'
  | 'join'
  | 'name_delegates'
  | 'rollcall';

export interface Override {
  code: string;
  reason: string;
}
export interface CreateSession {
  subject: string;
  kind: MeetingKind;
  urgency: Urgency;
  urgency_reason: string | null;
  mode: Mode;
  starts_at: string;
  ends_at: string;
  host_endpoint_id: string;
  endpoint_ids: string[];
  room_ids: string[];
  chair_id: string | null;
  person_ids: string[];
  content: string;
  requirements: string;
  contact: string;
  draft: boolean;
  overrides: Override[];
}
export interface FieldError {
  field: string;
  code: string;
  message: string;
}
export interface Warning {
  code: string;
  message: string;
  can_override: boolean;
  legal_basis: string | null;
}
export interface Conflict {
  what: 'endpoint' | 'room' | 'person';
  id: string;
  name: string;
  session_id: string;
  subject: string;
  starts_at: string;
  ends_at: string;
}
export interface Suggestion {
  starts_at: string;
  ends_at: string;
  conflicts: number;
}
export interface Check {
  fields: FieldError[];
  warnings: Warning[];
  conflicts: Conflict[];
  suggestions: Suggestion[];
}
export interface SessionSummary {
  id: string;
  subject: string;
  kind: MeetingKind;
  urgency: Urgency;
  mode: Mode;
  state: SessionState;
  starts_at: string;
  ends_at: string;
  host: EndpointRef;
  chair: PersonRef | null;
  endpoints_invited: number;
  endpoints_connected: number;
  sample: boolean;
  version: number;
}
export type Presence = 'in_room' | 'online' | 'excused' | 'unexcused' | 'unknown';
export interface Delegate {
  id: string;
  person_id: string | null;
  full_name: string;
  title: string;
  presence: Presence;
  substitute_for: string | null;
  consented: boolean | null;
  late: boolean;
  left_early: boolean;
  note: string | null;
  marked_by: string | null;
  marked_at: string | null;
}
export type NamedDelegate = Pick<
  Delegate,
  'person_id' | 'full_name' | 'title' | 'substitute_for' | 'consented'
> & { id: string | null };
export interface RosterEntry {
  id: string;
  endpoint: EndpointRef;
  role: EndpointRole;
  distance_metres: number;
  one_way_minutes: number;
  delegates: Delegate[];
  rsvp: 'pending' | 'accepted' | 'declined';
}
export interface SessionView extends SessionSummary {
  urgency_reason: string | null;
  content: string;
  requirements: string;
  contact: string;
  rooms: { id: string; name: string }[];
  people: PersonRef[];
  roster: RosterEntry[];
  overrides: { code: string; reason: string; by: string; at: string }[];
  reason: string | null;
  started_at: string | null;
  ended_at: string | null;
  history: { at: string; by: string; action: SessionAction; reason: string | null }[];
  allowed: SessionAction[];
}

export interface JoinTicket {
  url: string;
  token: string;
  room: string;
  identity: string;
  display_name: string;
  expires_at: string;
  publish: boolean;
}
export interface PresenceInterval {
  from: string;
  to: string | null;
  last_seen_at: string;
  reason: string | null;
  gaps: { from: string; to: string | null }[];
}
export interface EndpointAttendance {
  roster_id: string;
  endpoint: EndpointRef;
  connected: boolean;
  muted: boolean | null;
  camera: boolean | null;
  first_at: string | null;
  last_at: string | null;
  connected_ms: number;
  gaps: number;
  gap_ms: number;
  late: boolean;
  left_early: boolean;
  intervals: PresenceInterval[];
  delegates: Delegate[];
}
export interface Attendance {
  session_id: string;
  state: SessionState;
  at: string;
  invited: number;
  connected: number;
  delegates_named: number;
  delegates_present: number;
  alarm: Alarm | null;
  endpoints: EndpointAttendance[];
}
export interface Mark {
  delegate_id: string;
  presence: Presence;
  note: string | null;
  late: boolean;
  left_early: boolean;
}

export interface LedgerNorm {
  norm_id: string;
  kind: string;
  value_dong: number;
  legal_basis: string;
  effective_from: string;
}
export interface LedgerRow {
  id: string;
  delegate: string;
  title: string;
  unit: string;
  endpoint: string;
  distance_metres: number;
  one_way_minutes: number;
  trip_days: number;
  nights: number;
  allowance_dong: number;
  lodging_dong: number;
  transport_dong: number;
  total_dong: number;
  minutes_saved: number;
  excluded: null | 'below_threshold' | 'not_present' | 'same_place' | 'host';
  norms: LedgerNorm[];
  petrol_price_dong: number;
  formula_version: string;
}
export interface Ledger {
  session_id: string;
  formula_version: string;
  label: string;
  low_dong: number;
  likely_dong: number;
  high_dong: number;
  gross_dong: number;
  costs_dong: number;
  net_dong: number;
  person_minutes_saved: number;
  co2_grams: number;
  rows: LedgerRow[];
}

export type ReportPeriod = 'month' | 'quarter' | 'year';
export interface Report {
  period: ReportPeriod;
  from: string;
  to: string;
  roster_date: string;
  sample: boolean;
  headline: {
    net_dong: number;
    gross_dong: number;
    low_dong: number;
    high_dong: number;
    person_minutes_saved: number;
    agencies_online: number;
    agencies_all: number;
    share_percent: number | null;
  };
  totals: {
    sessions_booked: number;
    sessions_held: number;
    cancelled: number;
    postponed: number;
    endpoints_invited: number;
    endpoints_joined: number;
    delegates_named: number;
    delegates_present: number;
    substitutes: number;
    connected_minutes: number;
    gap_minutes: number;
    on_time_endpoints: number;
    notice_kept: number;
    notice_due: number;
  };
  by_month: {
    month: string;
    sessions: number;
    endpoints_joined: number;
    delegates_present: number;
    net_dong: number;
    person_minutes_saved: number;
    agencies_online: number;
    agencies_all: number;
  }[];
  by_kind: { kind: MeetingKind; sessions: number; delegates_present: number; net_dong: number }[];
  by_unit: {
    unit: UnitRef;
    invited: number;
    joined: number;
    connected_minutes: number;
    delegates_named: number;
    delegates_present: number;
    late: number;
    net_dong: number;
    person_minutes_saved: number;
  }[];
  sessions: {
    id: string;
    subject: string;
    kind: MeetingKind;
    starts_at: string;
    endpoints_invited: number;
    endpoints_joined: number;
    delegates_present: number;
    net_dong: number;
  }[];
}
export interface Norm {
  id: string;
  kind: string;
  value_dong: number;
  zone: string | null;
  legal_basis: string;
  effective_from: string;
  effective_to: string | null;
  confirmed: boolean;
}

export interface AuditEntry {
  id: string;
  at: string;
  actor: string | null;
  action: string;
  object: string | null;
  detail: string | null;
}
export interface AuditVerdict {
  ok: boolean;
  entries: number;
  broken_at: number | null;
}
export interface Alarm {
  code: string;
  message: string;
  since: string;
}
export interface SystemStatus {
  version: string;
  database: string;
  media: { rooms: number; participants: number; port: number };
  alarms: Alarm[];
  started_at: string;
}

/** `application/problem+json`, RFC 9457. */
export interface ProblemBody {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  code: string;
  fields?: FieldError[];
  conflicts?: Conflict[];
  warnings?: Warning[];
  retry_after_seconds?: number;
}
