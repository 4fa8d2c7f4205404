import { api, type Query } from './client';
import type {
  Attendance,
  CalendarDay,
  Check,
  CreateSession,
  JoinTicket,
  Ledger,
  List,
  Mark,
  MeetingKindInfo,
  NamedDelegate,
  Override,
  RosterEntry,
  SessionSummary,
  SessionView,
} from './types';

const at = (id: string, rest = '') => `/sessions/${encodeURIComponent(id)}${rest}`;

export const listSessions = (query: Query, signal?: AbortSignal) =>
  api.get<List<SessionSummary>>('/sessions', query, signal);
export const findSession = (id: string) => api.get<SessionView>(at(id));
export const bookSession = (body: CreateSession) => api.post<SessionView>('/sessions', body);
export const checkSession = (body: CreateSession & { session_id?: string }, signal?: AbortSignal) =>
  api.post<Check>('/sessions/check', body, signal);
export const changeSession = (id: string, body: Partial<CreateSession> & { version: number }) =>
  api.patch<SessionView>(at(id), body);

export const scheduleSession = (id: string, version: number, overrides: Override[]) =>
  api.post<SessionView>(at(id, '/schedule'), { version, overrides });
export const postponeSession = (
  id: string,
  body: { reason: string; starts_at: string | null; ends_at: string | null; version: number },
) => api.post<SessionView>(at(id, '/postpone'), body);
export const cancelSession = (id: string, version: number, reason: string) =>
  api.post<SessionView>(at(id, '/cancel'), { version, reason });
export const startSession = (id: string, version: number) =>
  api.post<SessionView>(at(id, '/start'), { version });
export const endSession = (id: string, version: number) => api.post<SessionView>(at(id, '/end'), { version });
export const extendSession = (id: string, version: number, ends_at: string) =>
  api.post<SessionView>(at(id, '/extend'), { version, ends_at });

export const nameDelegates = (id: string, rosterId: string, delegates: NamedDelegate[]) =>
  api.put<RosterEntry>(at(id, `/roster/${encodeURIComponent(rosterId)}/delegates`), { delegates });
export const takeRollCall = (id: string, marks: Mark[]) =>
  api.put<Attendance>(at(id, '/rollcall'), { marks });
export const joinSession = (id: string, endpoint_id: string | null) =>
  api.post<JoinTicket>(at(id, '/join'), { endpoint_id });
export const findAttendance = (id: string) => api.get<Attendance>(at(id, '/attendance'));
export const findLedger = (id: string) => api.get<Ledger>(at(id, '/ledger'));

export const meetingKinds = () => api.get<MeetingKindInfo[]>('/meeting-kinds');
export const calendarDays = (from: string, to: string) => api.get<CalendarDay[]>('/calendar', { from, to });
