import { listen, type LiveHandlers } from '../api/live';
import type { Alarm } from '../api/types';

type Listener = Pick<LiveHandlers, 'session' | 'attendance' | 'presence' | 'refetch'>;

const listeners = new Set<Listener>();
let up = $state(true);
let alarm = $state.raw<Alarm | null>(null);
let stop: (() => void) | null = null;

/** The one stream of everything that the account may read; pages subscribe to it. */
export const live = {
  /** Whether the line to the server stands. */
  get up(): boolean {
    return up;
  },
  /** What is wrong on the server, told to everybody. */
  get alarm(): Alarm | null {
    return alarm;
  },
  open(): void {
    stop ??= listen('/live', {
      session: (event) => listeners.forEach((one) => one.session?.(event)),
      attendance: (event) => listeners.forEach((one) => one.attendance?.(event)),
      presence: (event) => listeners.forEach((one) => one.presence?.(event)),
      refetch: () => listeners.forEach((one) => one.refetch?.()),
      alarm: (event) => (alarm = event),
      connected: (now) => (up = now),
    });
  },
  close(): void {
    stop?.();
    stop = null;
    up = true;
    alarm = null;
  },
  /** Hears events until the returned function is called; use it as the body of an `$effect`. */
  subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
