import { describe, expect, it } from 'vitest';
import { actionOf, SHORTCUTS, type KeyPress } from './shortcuts';

function press(key: string, over: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, altKey: false, metaKey: false, repeat: false, typing: false, ...over };
}

describe('keys of the room', () => {
  it('work with and without capitals', () => {
    expect(actionOf(press('m'))).toBe('microphone');
    expect(actionOf(press('M'))).toBe('microphone');
  });

  it('leave the keys of the browser alone', () => {
    expect(actionOf(press('s', { ctrlKey: true }))).toBeNull();
    expect(actionOf(press('d', { metaKey: true }))).toBeNull();
    expect(actionOf(press('f', { altKey: true }))).toBeNull();
  });

  it('do nothing while one types or holds a key down', () => {
    expect(actionOf(press('m', { typing: true }))).toBeNull();
    expect(actionOf(press('m', { repeat: true }))).toBeNull();
  });

  it('are each used once', () => {
    expect(new Set(SHORTCUTS.map((one) => one.key)).size).toBe(SHORTCUTS.length);
    expect(new Set(SHORTCUTS.map((one) => one.action)).size).toBe(SHORTCUTS.length);
  });
});
