/**
 * The words of the HTTP contract, by the names that the pages use. `schema.ts` is generated from
 * `server/openapi.json` (`npm run generate`); nothing is declared here a second time.
 */
import type { components } from './schema';

/**
 * An answer as it comes. The server writes every field of an answer, null where there is nothing; the generator sees
 * only that null is possible and calls such a field optional.
 */
export type Answer<T> = T extends (infer Item)[]
  ? Answer<Item>[]
  : T extends object
    ? { [Field in keyof T]-?: Answer<Exclude<T[Field], undefined>> }
    : T;

type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];
type View<Name extends keyof components['schemas']> = Answer<Schema<Name>>;

/** One page of a list; `next` is the cursor of the following page. */
export interface List<T> {
  items: T[];
  next: string | null;
}

export type Role = Schema<'Role'>;
export type Permission = Schema<'Permission'>;
export type Grant = View<'Grant'>;
export type Me = View<'Me'>;

export type UnitRef = View<'UnitRef'>;
export type EndpointRef = View<'EndpointRef'>;
export type PersonRef = View<'PersonRef'>;
export type UnitKind = Schema<'UnitKind'>;
export type Unit = View<'Unit'>;
export type EndpointRole = Schema<'EndpointRole'>;
/** Điểm cầu. Distances and minutes are one way, to the seat of the host. */
export type Endpoint = View<'Endpoint'>;
export type Room = View<'Room'>;
export type Person = View<'Person'>;
export type Account = View<'AccountView'>;

export type MeetingKind = Schema<'MeetingKind'>;
export type MeetingKindInfo = View<'MeetingKindView'>;
/** A day that the ordinary week does not explain: a holiday, or a Saturday that is worked. */
export type CalendarDay = View<'CalendarDay'>;
export type Urgency = Schema<'Urgency'>;
export type Mode = Schema<'Mode'>;
export type SessionState = Schema<'SessionState'>;
export type SessionAction = Schema<'SessionAction'>;
export type Override = Schema<'OverrideBody'>;
export type CreateSession = Schema<'CreateSession'>;
export type ChangeSession = Schema<'ChangeSession'>;
export type FieldError = View<'FieldView'>;
export type Warning = View<'WarningView'>;
export type WarningCode = Schema<'WarningCode'>;
export type Conflict = View<'Conflict'>;
export type Suggestion = View<'Suggestion'>;
export type Check = View<'Check'>;
export type SessionSummary = View<'SessionSummary'>;
export type SessionView = View<'Session'>;
export type Presence = Schema<'Presence'>;
export type Delegate = View<'Delegate'>;
export type NamedDelegate = Answer<Schema<'DelegateBody'>>;
export type RosterEntry = View<'RosterEntry'>;

export type JoinTicket = View<'JoinTicket'>;
export type PresenceInterval = View<'Interval'>;
export type EndpointAttendance = View<'EndpointAttendance'>;
export type AttendanceWarning = View<'AttendanceWarning'>;
export type Attendance = View<'Attendance'>;
export type Mark = Answer<Schema<'MarkBody'>>;

export type LedgerNorm = View<'NormUse'>;
export type LedgerRow = View<'LedgerRow'>;
export type LedgerSetting = View<'Setting'>;
export type Ledger = View<'Ledger'>;
export type ReportPeriod = Schema<'PeriodKind'>;
export type Report = View<'Report'>;

export type AuditEntry = View<'AuditEntry'>;
export type Alarm = View<'Alarm'>;
export type SystemStatus = View<'SystemStatus'>;

/** `application/problem+json`; the codes that this UI adds are for what never reached the server. */
export type ProblemBody = Omit<Partial<Schema<'Problem'>>, 'code'> & {
  title: string;
  status: number;
  code: ProblemCode;
};
export type ProblemCode = Schema<'Code'> | 'offline' | 'unreadable' | 'unexpected';
