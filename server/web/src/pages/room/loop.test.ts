import { describe, expect, it } from 'vitest';
import { keepConnected, type Line, type Phase, type World } from './loop';
import type { Ending } from './reconnect';

/** A world that answers from a script; when the script runs out the user leaves. */
function scripted(steps: { join?: unknown; connect?: unknown; ended?: Ending }[]) {
  const leave = new AbortController();
  const phases: Phase[] = [];
  const pauses: number[] = [];
  let tickets = 0;
  let at = -1;
  const world: World<number> = {
    join: () => {
      at += 1;
      if (at >= steps.length) leave.abort();
      const problem = steps[at]?.join;
      tickets += 1;
      return problem === undefined ? Promise.resolve(tickets) : Promise.reject(problem as Error);
    },
    connect: () => {
      const step = steps[at];
      const line: Line = { ended: Promise.resolve(step?.ended ?? 'left') };
      return step?.connect === undefined ? Promise.resolve(line) : Promise.reject(step.connect as Error);
    },
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    random: () => 0.5,
    phase: (phase) => phases.push(phase),
  };
  return { run: () => keepConnected(world, leave.signal), leave, phases, pauses, tickets: () => tickets };
}

const down = { status: 0, code: 'offline' };

describe('a room page', () => {
  it('comes back with a fresh ticket after the server was away for long', async () => {
    const away = Array.from({ length: 30 }, () => ({ join: down }));
    const script = scripted([{ ended: 'lost' }, ...away, { ended: 'left' }]);
    expect(await script.run()).toBe('left');
    expect(script.phases).toEqual(['connecting', 'connected', 'reconnecting', 'connected', 'over']);
    expect(script.tickets()).toBe(32);
  });

  it('waits longer each time, and from the start again once it was connected', async () => {
    const script = scripted([{ join: down }, { join: down }, { ended: 'lost' }, { join: down }]);
    await script.run();
    expect(script.pauses).toEqual([500, 1000, 500, 1000]);
  });

  it('tries again when the ticket was good and the connection could not be made', async () => {
    const script = scripted([{ connect: new Error('no media') }, { ended: 'left' }]);
    expect(await script.run()).toBe('left');
    expect(script.pauses).toHaveLength(1);
  });

  it('stops when the session has ended', async () => {
    const script = scripted([{ ended: 'lost' }, { join: { status: 409, code: 'not_live' } }]);
    expect(await script.run()).toBe('ended');
    expect(script.phases.at(-1)).toBe('over');
  });

  it('does not fight for its place when the endpoint joined elsewhere', async () => {
    const script = scripted([{ ended: 'elsewhere' }]);
    expect(await script.run()).toBe('elsewhere');
    expect(script.tickets()).toBe(1);
  });

  it('stops at once when the user leaves while it waits', async () => {
    const script = scripted([{ join: down }, { join: down }]);
    script.leave.abort();
    expect(await script.run()).toBe('left');
    expect(script.tickets()).toBe(0);
  });

  it('survives an error that nobody foresaw', async () => {
    const script = scripted([{ join: new TypeError('broken') }, { ended: 'left' }]);
    expect(await script.run()).toBe('left');
  });
});
