import { describe, expect, it } from 'vitest';

import { Switch } from './switch';

/** A device whose changes end when the test says so. */
function device() {
  const asked: boolean[] = [];
  const ends: (() => void)[] = [];
  const one = new Switch((on) => {
    asked.push(on);
    return new Promise((end) => ends.push(end));
  });
  const end = async () => {
    ends.shift()?.();
    await new Promise((next) => setTimeout(next));
  };
  return { one, asked, end };
}

describe('a button pressed while its device still opens', () => {
  it('switches it off again as soon as it is open', async () => {
    const { one, asked, end } = device();
    const first = one.set(true);
    const second = one.set(false);
    expect(asked).toEqual([true]);
    await end();
    expect(asked).toEqual([true, false]);
    await end();
    await Promise.all([first, second]);
  });

  it('twice leaves it as it was wanted first', async () => {
    const { one, asked, end } = device();
    void one.set(true);
    void one.set(false);
    void one.set(true);
    await end();
    expect(asked).toEqual([true]);
  });

  it('works again afterwards', async () => {
    const { one, asked, end } = device();
    void one.set(true);
    await end();
    void one.set(false);
    await end();
    expect(asked).toEqual([true, false]);
  });
});
