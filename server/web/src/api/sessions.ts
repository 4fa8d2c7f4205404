import { answer, asked, client, type Asked } from './client';
import type { operations } from './schema';
import type { ChangeSession, CreateSession, Mark, NamedDelegate, Override } from './types';

export type SessionQuery = Asked<NonNullable<operations['list_sessions']['parameters']['query']>>;

const at = (id: string) => ({ path: { id } });

export const listSessions = (query: SessionQuery, signal?: AbortSignal) =>
  answer(client.GET('/sessions', { params: { query: asked(query) }, signal }));
export const findSession = (id: string) => answer(client.GET('/sessions/{id}', { params: at(id) }));
export const bookSession = (body: CreateSession) => answer(client.POST('/sessions', { body }));
export const checkSession = (body: CreateSession & { session_id?: string }, signal?: AbortSignal) =>
  answer(client.POST('/sessions/check', { body, signal }));
export const changeSession = (id: string, body: ChangeSession) =>
  answer(client.PATCH('/sessions/{id}', { params: at(id), body }));

export const scheduleSession = (id: string, version: number, overrides: Override[]) =>
  answer(client.POST('/sessions/{id}/schedule', { params: at(id), body: { version, overrides } }));
export const postponeSession = (
  id: string,
  body: { reason: string; starts_at: string | null; ends_at: string | null; version: number },
) => answer(client.POST('/sessions/{id}/postpone', { params: at(id), body }));
export const cancelSession = (id: string, version: number, reason: string) =>
  answer(client.POST('/sessions/{id}/cancel', { params: at(id), body: { version, reason } }));
export const startSession = (id: string, version: number) =>
  answer(client.POST('/sessions/{id}/start', { params: at(id), body: { version } }));
export const endSession = (id: string, version: number) =>
  answer(client.POST('/sessions/{id}/end', { params: at(id), body: { version } }));
export const extendSession = (id: string, version: number, ends_at: string) =>
  answer(client.POST('/sessions/{id}/extend', { params: at(id), body: { version, ends_at } }));

/** Replaces the names at an endpoint; `known` are the ids of the list that was changed, so that nobody else's change is lost. */
export const nameDelegates = (id: string, roster_id: string, delegates: NamedDelegate[], known: string[]) =>
  answer(
    client.PUT('/sessions/{id}/roster/{roster_id}/delegates', {
      params: { path: { id, roster_id } },
      body: { delegates, known },
    }),
  );
export const takeRollCall = (id: string, marks: Mark[]) =>
  answer(client.PUT('/sessions/{id}/rollcall', { params: at(id), body: { marks } }));
export const joinSession = (id: string, endpoint_id: string | null) =>
  answer(client.POST('/sessions/{id}/join', { params: at(id), body: { endpoint_id } }));
export const findAttendance = (id: string) =>
  answer(client.GET('/sessions/{id}/attendance', { params: at(id) }));
export const findLedger = (id: string) => answer(client.GET('/sessions/{id}/ledger', { params: at(id) }));

export const meetingKinds = () => answer(client.GET('/meeting-kinds'));
export const calendarDays = (from: string, to: string) =>
  answer(client.GET('/calendar', { params: { query: { from, to } } }));
