import { describe, expect, it } from 'vitest';

import { en } from './en';
import { fill } from './fill';
import { vi } from './vi';

describe('a message', () => {
  it('takes its values', () => {
    expect(fill('Tuần {n}, từ {from}', { n: 48, from: '23/11' })).toBe('Tuần 48, từ 23/11');
  });

  it('chooses the word for one or for many', () => {
    expect(fill('{n} {n|seat|seats}', { n: 1 })).toBe('1 seat');
    expect(fill('{n} {n|seat|seats}', { n: 0 })).toBe('0 seats');
  });

  it('shows what was forgotten rather than nothing', () => {
    expect(fill('{n} điểm cầu')).toBe('{n} điểm cầu');
  });
});

describe('the dictionaries', () => {
  const names = (message: string) =>
    [...new Set([...message.matchAll(/\{(\w+)/g)].map((found) => found[1]))].sort();

  it('take the same values in both languages', () => {
    const keys = Object.keys(vi) as (keyof typeof vi)[];
    const differing = keys.filter((key) => names(en[key]).join() !== names(vi[key]).join());
    expect(differing).toEqual([]);
  });

  it('say nothing with an empty text', () => {
    expect(Object.values({ ...vi }).every((text) => text.trim() !== '')).toBe(true);
    expect(Object.values(en).every((text) => text.trim() !== '')).toBe(true);
  });

  it('are written in NFC, as the database stores text', () => {
    expect(Object.values(vi).filter((text) => text !== text.normalize('NFC'))).toEqual([]);
  });
});
