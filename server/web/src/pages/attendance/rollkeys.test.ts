import { describe, expect, it } from 'vitest';
import { rollAction, type RollKey } from './rollkeys';

function press(key: string, over: Partial<RollKey> = {}): RollKey {
  return { key, ctrlKey: false, altKey: false, metaKey: false, typing: false, ...over };
}

describe('keys of the roll-call', () => {
  it('mark, toggle and move', () => {
    expect(rollAction(press('1'))).toEqual({ do: 'mark', presence: 'in_room' });
    expect(rollAction(press('0'))).toEqual({ do: 'mark', presence: 'unknown' });
    expect(rollAction(press('M'))).toEqual({ do: 'toggle', what: 'late' });
    expect(rollAction(press('ArrowDown'))).toEqual({ do: 'move', by: 1 });
  });

  it('are letters while a note is typed', () => {
    for (const key of ['1', 'm', 's', 'a', 'g']) expect(rollAction(press(key, { typing: true }))).toBeNull();
    expect(rollAction(press('Enter', { typing: true }))).toEqual({ do: 'move', by: 1 });
  });

  it('save from anywhere, and leave other chords to the browser', () => {
    expect(rollAction(press('s', { ctrlKey: true, typing: true }))).toEqual({ do: 'save' });
    expect(rollAction(press('a', { ctrlKey: true }))).toBeNull();
    expect(rollAction(press('1', { altKey: true }))).toBeNull();
  });
});
