import { listen, type LiveHandlers } from '../api/live';
import type { Alarm } from '../api/types';
import { login } from './login.svelte';

type Listener = Pick<LiveHandlers, 'session' | 'attendance' | 'presence' | 'refetch'>;

/** A window that nobody has looked at for so long gives its line back. */
const HIDDEN_MS = 60_000;

const listeners = new Set<Listener>();
let up = $state(true);
let alarm = $state.raw<Alarm | null>(null);
let path: string | null = null;
let stop: (() => void) | null = null;
let resting = false;

function start(): void {
  if (path === null) return;
  stop = listen(path, {
    session: (event) => listeners.forEach((one) => one.session?.(event)),
    attendance: (event) => listeners.forEach((one) => one.attendance?.(event)),
    presence: (event) => listeners.forEach((one) => one.presence?.(event)),
    refetch: () => listeners.forEach((one) => one.refetch?.()),
    alarm: (event) => (alarm = event),
    connected: (now) => {
      up = now;
      if (!now) void login.verify();
    },
  });
}

function end(): void {
  stop?.();
  stop = null;
}

/**
 * The one event stream of this window; pages subscribe to it. One, because a browser keeps few lines to a server, and
 * a secretary opens many windows.
 */
export const live = {
  /** Whether the line to the server stands. */
  get up(): boolean {
    return up;
  },
  /** What is wrong on the server, told to everybody. */
  get alarm(): Alarm | null {
    return alarm;
  },
  /** Listens to one session, with presence and attendance, or (null) to the changes of all. */
  open(sessionId: string | null): void {
    const wanted = sessionId === null ? '/live' : `/sessions/${encodeURIComponent(sessionId)}/live`;
    if (wanted === path) return;
    end();
    path = wanted;
    resting = false;
    start();
  },
  close(): void {
    end();
    path = null;
    up = true;
    alarm = null;
  },
  /** Rests while the window is hidden, unless it shows one session: that line keeps the login awake. */
  followVisibility(): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    document.addEventListener('visibilitychange', () => {
      clearTimeout(timer);
      if (document.hidden) {
        timer = setTimeout(() => {
          if (path !== '/live') return;
          resting = true;
          end();
        }, HIDDEN_MS);
      } else if (resting) {
        resting = false;
        start();
        listeners.forEach((one) => one.refetch?.());
      }
    });
  },
  /** Hears events until the returned function is called; use it as the body of an `$effect`. */
  subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
