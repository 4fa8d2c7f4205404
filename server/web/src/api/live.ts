import { address } from './client';
import type { Alarm, SessionState } from './types';

export interface PresenceEvent {
  session_id: string;
  endpoint_id: string;
  connected: boolean;
  muted: boolean | null;
  camera: boolean | null;
  at: string;
}

/** What a page wants to hear. */
export interface LiveHandlers {
  session?: (event: { id: string; state: SessionState; version: number }) => void;
  attendance?: (event: { session_id: string }) => void;
  presence?: (event: PresenceEvent) => void;
  alarm?: (event: Alarm | null) => void;
  /** The stream is up (`true`) or lost (`false`). */
  connected?: (up: boolean) => void;
  /** The stream came back: what was missed is unknown, so read afresh. */
  refetch?: () => void;
}

/** The server pings every 15 s; after two missed pings the line is taken for dead. */
const SILENCE_MS = 35_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
const NAMES = ['session', 'attendance', 'presence', 'alarm'] as const;

/** The wait before the n-th retry (from 0): doubling, capped. */
export function retryDelay(attempt: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
}

/**
 * Listens to an event stream (`/live` or `/sessions/{id}/live`) until the returned function is called. Comes back
 * by itself after any loss, also when the server answered with an error, which `EventSource` alone does not do.
 */
export function listen(path: string, handlers: LiveHandlers): () => void {
  let source: EventSource | null = null;
  let attempt = 0;
  let opened = false;
  let closed = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;

  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(lost, SILENCE_MS);
  };
  function lost() {
    if (closed) return;
    clearTimeout(silence);
    source?.close();
    source = null;
    handlers.connected?.(false);
    clearTimeout(retry);
    retry = setTimeout(open, retryDelay(attempt++));
  }
  function open() {
    source = new EventSource(address(path));
    source.onopen = () => {
      attempt = 0;
      heard();
      handlers.connected?.(true);
      if (opened) handlers.refetch?.();
      opened = true;
    };
    source.onerror = lost;
    source.addEventListener('ping', heard);
    for (const name of NAMES) {
      source.addEventListener(name, (message: MessageEvent<string>) => {
        heard();
        (handlers[name] as ((event: unknown) => void) | undefined)?.(JSON.parse(message.data));
      });
    }
  }
  open();
  return () => {
    closed = true;
    clearTimeout(retry);
    clearTimeout(silence);
    source?.close();
  };
}
