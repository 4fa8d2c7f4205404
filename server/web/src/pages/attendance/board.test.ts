import { describe, expect, it } from 'vitest';
import { boardOf, densityFor, placeName, tileOf, type BoardInput } from './board';

function endpoint(name: string, over: Partial<BoardInput> = {}): BoardInput {
  return {
    roster_id: `roster-${name}`,
    endpoint: { id: `endpoint-${name}`, name, unit_name: name },
    connected: false,
    first_at: null,
    last_at: null,
    gaps: 0,
    intervals: [],
    delegates: [],
    ...over,
  };
}

const at = (minute: string): string => `2026-02-05T08:${minute}:00+07:00`;

describe('a tile of the board', () => {
  it('tells an endpoint that never came from one that dropped', () => {
    expect(tileOf(endpoint('a')).state).toBe('never');
    const dropped = tileOf(endpoint('a', { first_at: at('00'), last_at: at('20') }));
    expect(dropped.state).toBe('dropped');
    expect(dropped.since).toBe(at('20'));
  });

  it('says since when the present interval runs, not when the endpoint first came', () => {
    const tile = tileOf(
      endpoint('a', {
        connected: true,
        first_at: at('00'),
        intervals: [
          { from: at('00'), to: at('10') },
          { from: at('15'), to: null },
        ],
      }),
    );
    expect(tile.since).toBe(at('15'));
    expect(tile.drops).toBe(1);
  });

  it('counts gaps inside an interval as drops', () => {
    expect(tileOf(endpoint('a', { gaps: 2, intervals: [{ from: at('00'), to: null }] })).drops).toBe(2);
  });

  it('counts delegates in the room and online, not those excused or not yet called', () => {
    const tile = tileOf(
      endpoint('a', {
        delegates: ['in_room', 'online', 'excused', 'unexcused', 'unknown'].map((presence) => ({ presence })),
      }),
    );
    expect([tile.delegatesPresent, tile.delegatesNamed]).toEqual([2, 5]);
  });
});

describe('the name of a place', () => {
  it('leaves out what every name begins with', () => {
    expect(placeName('Điểm cầu huyện Mường Nhé')).toBe('Huyện Mường Nhé');
    expect(placeName('điểm cầu UBND tỉnh')).toBe('UBND tỉnh');
    expect(placeName('Hội trường tỉnh')).toBe('Hội trường tỉnh');
    expect(placeName('')).toBe('');
  });
});

describe('the board', () => {
  it('lists the dropped before those never seen, each by Vietnamese name', () => {
    const board = boardOf([
      endpoint('Tủa Chùa'),
      endpoint('Điện Biên Đông'),
      endpoint('Mường Nhé', { first_at: at('00'), last_at: at('10') }),
      endpoint('Mường Ảng', { connected: true, first_at: at('00') }),
    ]);
    expect(board.missing.map((tile) => tile.name)).toEqual(['Mường Nhé', 'Điện Biên Đông', 'Tủa Chùa']);
    expect(board.connected.map((tile) => tile.name)).toEqual(['Mường Ảng']);
  });

  it('gets denser with the size of the province', () => {
    expect([10, 46, 200].map(densityFor)).toEqual(['roomy', 'normal', 'dense']);
  });
});
