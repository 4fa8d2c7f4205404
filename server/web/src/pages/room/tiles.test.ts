import { describe, expect, it } from 'vitest';
import { bySeat, chooseLarge, curtainOf, HOLD_MS, initials, type Large, type Seat } from './tiles';

function seat(identity: string, over: Partial<Seat> = {}): Seat {
  return {
    identity,
    name: identity,
    local: false,
    host: false,
    endpoint: true,
    speaking: false,
    sharing: false,
    ...over,
  };
}

function large(
  seats: Seat[],
  over: { pinned?: string; previous?: Large; since?: number; now?: number } = {},
) {
  return chooseLarge(
    { seats, pinned: over.pinned ?? null, previous: over.previous ?? null, since: over.since ?? 0 },
    over.now ?? 0,
  );
}

const camera = (identity: string): Large => ({ identity, screen: false, pinned: false });

describe('the order of tiles', () => {
  it('puts the host first and this endpoint second', () => {
    const seats = [seat('b'), seat('me', { local: true }), seat('host', { host: true })];
    expect(seats.sort(bySeat).map((one) => one.identity)).toEqual(['host', 'me', 'b']);
  });

  it('follows the Vietnamese alphabet', () => {
    const seats = ['Mường Nhé', 'Điện Biên Đông', 'Mường Ảng', 'Tủa Chùa'].map((name) => seat(name));
    expect(seats.sort(bySeat).map((one) => one.name)).toEqual([
      'Điện Biên Đông',
      'Mường Ảng',
      'Mường Nhé',
      'Tủa Chùa',
    ]);
  });

  it('does not change when someone speaks', () => {
    const quiet = [seat('a'), seat('b'), seat('c')].sort(bySeat);
    const loud = [seat('a'), seat('b'), seat('c', { speaking: true })].sort(bySeat);
    expect(loud.map((one) => one.identity)).toEqual(quiet.map((one) => one.identity));
  });
});

describe('the large picture', () => {
  it('shows the host until someone speaks', () => {
    expect(large([seat('a'), seat('h', { host: true })])).toEqual(camera('h'));
  });

  it('shows this endpoint only when it is alone', () => {
    expect(large([seat('me', { local: true })])).toEqual(camera('me'));
    expect(large([seat('me', { local: true, speaking: true }), seat('a')])).toEqual(camera('a'));
  });

  it('moves to a new speaker once the last one has been silent and has held it long enough', () => {
    const seats = [seat('a'), seat('b', { speaking: true })];
    expect(large(seats, { previous: camera('a'), now: HOLD_MS - 1 })).toEqual(camera('a'));
    expect(large(seats, { previous: camera('a'), now: HOLD_MS })).toEqual(camera('b'));
  });

  it('stays with a speaker who is interrupted', () => {
    const seats = [seat('a', { speaking: true }), seat('b', { speaking: true })];
    expect(large(seats, { previous: camera('a'), now: 60_000 })).toEqual(camera('a'));
  });

  it('prefers a shared screen to a speaker, and a pin to both', () => {
    const seats = [seat('a', { speaking: true }), seat('b', { sharing: true }), seat('c')];
    expect(large(seats)).toEqual({ identity: 'b', screen: true, pinned: false });
    expect(large(seats, { pinned: 'c' })).toEqual({ identity: 'c', screen: false, pinned: true });
  });

  it('keeps the first of two shared screens', () => {
    const seats = [seat('a', { sharing: true }), seat('b', { sharing: true })];
    const previous: Large = { identity: 'b', screen: true, pinned: false };
    expect(large(seats, { previous })?.identity).toBe('b');
  });

  it('forgets a pin whose endpoint has left', () => {
    expect(large([seat('a')], { pinned: 'gone' })).toEqual(camera('a'));
  });

  it('is nothing in an empty room', () => {
    expect(large([])).toBeNull();
  });
});

describe('initials', () => {
  it('take the proper name of a place, not the word for its kind', () => {
    expect(initials('UBND huyện Mường Nhé')).toBe('MN');
    expect(initials('Điểm cầu thành phố Điện Biên Phủ')).toBe('BP');
    expect(initials('Tủa Chùa')).toBe('TC');
  });

  it('do with what there is', () => {
    expect(initials('hội trường')).toBe('HT');
    expect(initials('')).toBe('');
  });
});

describe('the picture of an endpoint', () => {
  const seen = {
    local: false,
    quality: 3 as const,
    cameraTrack: {},
    screenTrack: null,
    cameraPaused: false,
    screenPaused: false,
  };

  it('is seen while it comes', () => {
    expect(curtainOf(seen, false)).toBeNull();
  });

  it('gives way to words when the server holds it back', () => {
    expect(curtainOf({ ...seen, cameraPaused: true }, false)).toBe('paused');
    expect(curtainOf({ ...seen, screenTrack: {}, screenPaused: true }, true)).toBe('paused');
    expect(curtainOf({ ...seen, screenTrack: {}, screenPaused: true }, false)).toBeNull();
  });

  it('is not left standing when the line of the endpoint is lost', () => {
    expect(curtainOf({ ...seen, quality: 0 }, false)).toBe('lost');
    expect(curtainOf({ ...seen, quality: 0, local: true }, false)).toBeNull();
  });

  it('is missing without a camera', () => {
    expect(curtainOf({ ...seen, cameraTrack: null, cameraPaused: true }, false)).toBe('off');
    expect(curtainOf(seen, true)).toBe('off');
  });
});
