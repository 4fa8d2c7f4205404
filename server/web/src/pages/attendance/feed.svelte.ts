import { findAttendance } from '../../api/sessions';
import type { Attendance } from '../../api/types';
import { live } from '../../state/live.svelte';
import { resource, type Resource } from '../../state/resource.svelte';
import { applyPresence } from './presence';

/** When two hundred endpoints join within a minute, the whole attendance is read at most this often, milliseconds. */
const REREAD_MS = 1500;

/** The attendance of a session, kept up to date over the event stream. Call it while a component is set up. */
export function attendanceFeed(id: () => string): Resource<Attendance> {
  const attendance = resource(() => findAttendance(id()));
  let timer: ReturnType<typeof setTimeout> | undefined;

  const reread = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void attendance.reload();
    }, REREAD_MS);
  };

  $effect(() => {
    const mine = id();
    const stop = live.subscribe({
      attendance: (event) => {
        if (event.session_id === mine) reread();
      },
      session: (event) => {
        if (event.id === mine) reread();
      },
      presence: (event) => {
        if (event.session_id !== mine) return;
        if (attendance.data) attendance.set(applyPresence(attendance.data, event));
        reread();
      },
      refetch: () => void attendance.reload(),
    });
    return () => {
      stop();
      clearTimeout(timer);
      timer = undefined;
    };
  });

  return attendance;
}

/** The time of day, ticking: for clocks and "since" figures. Call it while a component is set up. */
export function ticking(everyMs = 1000): { readonly now: number } {
  let now = $state(Date.now());
  $effect(() => {
    const timer = setInterval(() => (now = Date.now()), everyMs);
    return () => clearInterval(timer);
  });
  return {
    get now() {
      return now;
    },
  };
}
