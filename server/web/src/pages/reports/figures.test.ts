import { describe, expect, it } from 'vitest';
import { amount, hours, ranked, ticks } from './figures';

describe('money in a headline', () => {
  it('is shortened to million and billion', () => {
    expect(amount(2_660_000)).toEqual({ value: 2.66, unit: 'million' });
    expect(amount(1_234_567_890)).toEqual({ value: 1.23, unit: 'billion' });
    expect(amount(87_450_000)).toEqual({ value: 87.5, unit: 'million' });
    expect(amount(640_000)).toEqual({ value: 640_000, unit: 'dong' });
  });

  it('never reads 1,000 million', () => {
    expect(amount(999_600_000)).toEqual({ value: 1, unit: 'billion' });
  });

  it('may be negative: a session can cost more than it saves', () => {
    expect(amount(-3_200_000)).toEqual({ value: -3.2, unit: 'million' });
  });
});

describe('the axis of a chart', () => {
  it('ends at or above the largest bar, in round steps', () => {
    for (const max of [1, 7, 12, 99, 100, 101, 87_450_000, 1_234_567_890]) {
      const axis = ticks(max);
      expect(axis[0]).toBe(0);
      expect(axis.at(-1)).toBeGreaterThanOrEqual(max);
      expect(axis.length).toBeLessThanOrEqual(6);
      expect(axis.length).toBeGreaterThanOrEqual(3);
    }
  });

  it('exists for an empty report', () => {
    expect(ticks(0)).toEqual([0, 1]);
    expect(ticks(Number.NaN)).toEqual([0, 1]);
  });
});

describe('a ranking', () => {
  it('gives equals the same rank and skips the next', () => {
    const units = [{ n: 5 }, { n: 9 }, { n: 5 }, { n: 1 }];
    expect(ranked(units, (unit) => unit.n).map(({ rank, item }) => [rank, item.n])).toEqual([
      [1, 9],
      [2, 5],
      [2, 5],
      [4, 1],
    ]);
  });
});

it('person-hours have one decimal', () => {
  expect(hours(580)).toBe(9.7);
});
