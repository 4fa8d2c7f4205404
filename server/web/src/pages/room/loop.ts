import {
  afterConnection,
  afterJoin,
  pauseMs,
  type Ending,
  type JoinProblem,
  type Verdict,
} from './reconnect';

/** What the room page is doing about its connection. */
export type Phase =
  | 'connecting' // first attempt
  | 'connected'
  | 'reconnecting' // was up, is being repaired or made anew
  | 'over';

/** One made connection: tells once why it ended. */
export interface Line {
  ended: Promise<Ending>;
}

/** What the loop needs of the world, so that tests can stand in for it. */
export interface World<Ticket> {
  /** Asks the server for a fresh ticket. Throws a {@link JoinProblem} for an answer, anything else for none. */
  join(): Promise<Ticket>;
  /** Makes one connection. Throws when it cannot. */
  connect(ticket: Ticket): Promise<Line>;
  /** Waits; may return sooner when the network comes back. */
  pause(ms: number): Promise<void>;
  /** 0..1 */
  random(): number;
  phase(phase: Phase): void;
}

function isProblem(error: unknown): error is JoinProblem {
  const problem = error as Partial<JoinProblem> | null;
  return typeof problem?.status === 'number' && typeof problem.code === 'string';
}

/**
 * Keeps an endpoint in its room until the session ends, the user leaves (`signal`) or the server refuses. Every
 * attempt takes a fresh ticket, so a server that was restarted with new keys is no obstacle.
 */
export async function keepConnected<Ticket>(world: World<Ticket>, signal: AbortSignal): Promise<Verdict> {
  let failures = 0;
  world.phase('connecting');
  const done = (verdict: Verdict): Verdict => {
    world.phase('over');
    return verdict;
  };
  while (!signal.aborted) {
    const verdict = await attempt();
    if (signal.aborted) break;
    if (verdict !== 'retry') return done(verdict);
    await world.pause(pauseMs(failures, world.random()));
    failures += 1;
  }
  return done('left');

  async function attempt(): Promise<Verdict> {
    let ticket: Ticket;
    try {
      ticket = await world.join();
    } catch (error) {
      // Status 0 is a request that got no answer.
      return afterJoin(isProblem(error) && error.status > 0 ? error : null);
    }
    let line: Line;
    try {
      line = await world.connect(ticket);
    } catch {
      return signal.aborted ? 'left' : 'retry';
    }
    failures = 0;
    world.phase('connected');
    const verdict = afterConnection(await line.ended);
    if (verdict === 'retry' && !signal.aborted) world.phase('reconnecting');
    return verdict;
  }
}
