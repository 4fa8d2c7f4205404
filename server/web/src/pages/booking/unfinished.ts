import type { Draft } from './draft';

/**
 * A booking that is not saved yet, kept in this window of the browser: a login that ends by itself, or a page loaded
 * again, must not cost the secretary the text. Only the account that wrote it gets it back.
 */
export interface Unfinished {
  account: string;
  /** The version of the session that was being edited; 0 for a new one. */
  version: number;
  draft: Draft;
}

const key = (sessionId: string | null) => `giaoban.booking.${sessionId ?? 'new'}`;

/** Reads what was kept; null for another account's, another version's, or anything of another shape. */
export function parseUnfinished(text: string | null, like: Unfinished): Draft | null {
  let value: Partial<Unfinished> | null;
  try {
    value = JSON.parse(text ?? 'null') as typeof value;
  } catch {
    return null;
  }
  if (value?.account !== like.account || value.version !== like.version || !value.draft) return null;
  const kept = value.draft;
  const fits = (Object.keys(like.draft) as (keyof Draft)[]).every(
    (name) => kept[name] === null || like.draft[name] === null || sameShape(kept[name], like.draft[name]),
  );
  return fits ? kept : null;
}

const sameShape = (left: unknown, right: unknown): boolean =>
  typeof left === typeof right && Array.isArray(left) === Array.isArray(right);

/** What this window kept of a booking; `like` says for whom and what an untouched form holds. */
export function recall(sessionId: string | null, like: Unfinished): Draft | null {
  try {
    return parseUnfinished(sessionStorage.getItem(key(sessionId)), like);
  } catch {
    // Storage is forbidden: the form starts as it always does.
    return null;
  }
}

/** Keeps a booking in this window, or (null) lets it go. */
export function keep(sessionId: string | null, unfinished: Unfinished | null): void {
  try {
    if (unfinished) sessionStorage.setItem(key(sessionId), JSON.stringify(unfinished));
    else sessionStorage.removeItem(key(sessionId));
  } catch {
    // Storage is forbidden or full: the text lives as long as the page.
  }
}
