import { describe, expect, it } from 'vitest';
import { afterConnection, afterJoin, LONGEST_PAUSE_MS, pauseMs } from './reconnect';

describe('the pause before another attempt', () => {
  it('starts short and grows', () => {
    expect(pauseMs(0, 0.5)).toBe(500);
    expect(pauseMs(1, 0.5)).toBe(1000);
    expect(pauseMs(3, 0.5)).toBe(4000);
  });

  it('is capped however long the server is away', () => {
    expect(pauseMs(10_000, 0.5)).toBe(LONGEST_PAUSE_MS);
    expect(pauseMs(10_000, 1)).toBeLessThanOrEqual(LONGEST_PAUSE_MS * 1.25);
  });

  it('differs between endpoints', () => {
    expect(pauseMs(5, 0)).toBeLessThan(pauseMs(5, 1));
  });
});

describe('after a connection', () => {
  it('a lost one is tried again', () => {
    expect(afterConnection('lost')).toBe('retry');
  });

  it('an endpoint that joined on another device does not fight for its place', () => {
    expect(afterConnection('elsewhere')).toBe('elsewhere');
    expect(afterConnection('removed')).toBe('removed');
    expect(afterConnection('left')).toBe('left');
  });
});

describe('after a refused join', () => {
  it('no answer, an overloaded or a broken server is tried again', () => {
    expect(afterJoin(null)).toBe('retry');
    expect(afterJoin({ status: 503, code: 'unavailable' })).toBe('retry');
    expect(afterJoin({ status: 429, code: 'locked' })).toBe('retry');
  });

  it('a session that is no longer live ends the loop', () => {
    expect(afterJoin({ status: 409, code: 'not_live' })).toBe('ended');
  });

  it('an expired login asks for a login, a missing right says so', () => {
    expect(afterJoin({ status: 401, code: 'login_required' })).toBe('login');
    expect(afterJoin({ status: 403, code: 'forbidden' })).toBe('refused');
    expect(afterJoin({ status: 404, code: 'not_found' })).toBe('refused');
  });
});
