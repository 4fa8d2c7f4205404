/** When to try again, and when not to. livekit-client gives up after its own attempts; a briefing does not. */

/** Why a connection ended, as far as what to do next depends on it. */
export type Ending =
  | 'left' // the user pressed Leave
  | 'elsewhere' // the same endpoint joined from another device
  | 'removed' // taken out by the operator
  | 'lost'; // anything else: network, server restart, a room that was closed

/** What the server answered to a request to join, or null when no answer came at all. */
export interface JoinProblem {
  status: number;
  code: string;
}

/** What to do after a connection ended or could not be made. */
export type Verdict = 'retry' | 'ended' | 'login' | 'refused' | 'elsewhere' | 'removed' | 'left';

/** Longest pause between two attempts, milliseconds. */
export const LONGEST_PAUSE_MS = 10_000;
const FIRST_PAUSE_MS = 500;

/**
 * The pause before the attempt that follows `failures` failed ones: doubles up to the cap, then stays. Spread by a
 * quarter either way, so that two hundred endpoints do not come back in the same instant. `random` is in 0..1.
 */
export function pauseMs(failures: number, random: number): number {
  const base = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
  return Math.round(base * (0.75 + random / 2));
}

/** A connection that was up has ended. Only the server knows whether the session goes on, so `lost` asks it again. */
export function afterConnection(ending: Ending): Verdict {
  return ending === 'lost' ? 'retry' : ending;
}

/** The server has answered a request to join with a problem. */
export function afterJoin(problem: JoinProblem | null): Verdict {
  if (problem === null || problem.status >= 500 || problem.status === 429 || problem.status === 408) {
    return 'retry';
  }
  if (problem.status === 401) {
    return 'login';
  }
  return problem.status === 409 || problem.status === 410 ? 'ended' : 'refused';
}
