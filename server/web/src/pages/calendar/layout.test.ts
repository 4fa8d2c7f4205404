import { describe, expect, it } from 'vitest';

import { layoutDay, visibleHours, weekFrom } from './layout';

const session = (from: string, to: string, day = '2026-11-24', lastDay = day) => ({
  starts_at: `${day}T${from}:00+07:00`,
  ends_at: `${lastDay}T${to}:00+07:00`,
});
const day = '2026-11-24';

describe('the day column', () => {
  it('gives a lonely session the whole width', () => {
    const [one] = layoutDay([session('08:00', '11:30')], day);
    expect(one).toMatchObject({ from: 480, to: 690, lane: 0, lanes: 1 });
  });

  it('puts overlapping sessions side by side', () => {
    const placed = layoutDay([session('08:00', '11:00'), session('09:00', '10:00')], day);
    expect(placed.map(({ lane, lanes }) => [lane, lanes])).toEqual([
      [0, 2],
      [1, 2],
    ]);
  });

  it('lets a session follow another in the same lane when one ends as the other starts', () => {
    const placed = layoutDay([session('08:00', '09:00'), session('09:00', '10:00')], day);
    expect(placed.map(({ lane, lanes }) => [lane, lanes])).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('takes a freed lane again within one cluster', () => {
    const placed = layoutDay(
      [session('08:00', '12:00'), session('08:00', '09:00'), session('09:30', '11:00')],
      day,
    );
    expect(placed.map(({ lane, lanes }) => [lane, lanes])).toEqual([
      [0, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it('draws a very short session high enough to be read', () => {
    const [one] = layoutDay([session('08:00', '08:05')], day);
    expect(one?.to).toBe(510);
  });

  it('cuts a session of two days at midnight and shows it on both', () => {
    const training = session('13:30', '11:00', '2026-11-24', '2026-11-25');
    expect(layoutDay([training], '2026-11-24')[0]).toMatchObject({ from: 810, to: 1440 });
    expect(layoutDay([training], '2026-11-25')[0]).toMatchObject({ from: 0, to: 660 });
    expect(layoutDay([training], '2026-11-26')).toEqual([]);
  });

  it('does not show a session on the day that begins as it ends', () => {
    expect(layoutDay([session('20:00', '00:00', '2026-11-24', '2026-11-25')], '2026-11-25')).toEqual([]);
  });
});

describe('the week', () => {
  it('shows the working hours, widened to what is booked', () => {
    expect(visibleHours([], [day])).toEqual({ from: 7, to: 18 });
    expect(visibleHours([session('05:30', '20:10')], [day])).toEqual({ from: 5, to: 21 });
  });

  it('does not open the night for a session that runs past midnight', () => {
    const late = session('22:00', '01:25', '2026-11-24', '2026-11-25');
    const hours = visibleHours([late], ['2026-11-24', '2026-11-25']);
    expect(hours).toEqual({ from: 7, to: 24 });
    expect(layoutDay([late], '2026-11-25', hours)).toMatchObject([{ from: 420, to: 450 }]);
  });

  it('puts what stands at an edge beside what is there, not over it', () => {
    const late = session('22:00', '01:25', '2026-11-24', '2026-11-25');
    const early = session('07:00', '08:00', '2026-11-25');
    const lanes = (placed: { lane: number; lanes: number }[]) =>
      placed.map(({ lane, lanes }) => [lane, lanes]);
    const beside = [
      [0, 2],
      [1, 2],
    ];
    expect(lanes(layoutDay([late, early], '2026-11-25', { from: 7, to: 24 }))).toEqual(beside);
    const last = session('23:45', '00:00', '2026-11-24', '2026-11-25');
    expect(lanes(layoutDay([session('23:00', '23:45'), last], day))).toEqual(beside);
  });

  it('has seven days across a change of year', () => {
    expect(weekFrom('2026-12-28').at(-1)).toBe('2027-01-03');
  });
});
