import type { Conflict } from '../api/types';

/** What clashes with one other session, together. */
export interface Clash {
  session_id: string;
  subject: string;
  starts_at: string;
  ends_at: string;
  names: string[];
}

/** Clashes by the session they are with: ten endpoints of one session are one clash to a secretary. */
export function bySession(conflicts: Conflict[]): Clash[] {
  const clashes = new Map<string, Clash>();
  for (const { session_id, subject, starts_at, ends_at, name } of conflicts) {
    const clash = clashes.get(session_id) ?? { session_id, subject, starts_at, ends_at, names: [] };
    if (!clash.names.includes(name)) clash.names.push(name);
    clashes.set(session_id, clash);
  }
  return [...clashes.values()];
}
