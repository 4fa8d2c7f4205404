/** Keys of the room. One table serves the key handler and the help dialog, so they cannot disagree. */

/** What a key does. */
export type Action =
  | 'microphone'
  | 'camera'
  | 'share'
  | 'layout'
  | 'people'
  | 'devices'
  | 'fullscreen'
  | 'unpin'
  | 'previous'
  | 'next'
  | 'help';

/** Key (as `KeyboardEvent.key`, lower case) by action, in the order of the help dialog. */
export const SHORTCUTS: readonly { key: string; shown: string; action: Action }[] = [
  { key: 'm', shown: 'M', action: 'microphone' },
  { key: 'v', shown: 'V', action: 'camera' },
  { key: 's', shown: 'S', action: 'share' },
  { key: 'l', shown: 'L', action: 'layout' },
  { key: 'p', shown: 'P', action: 'people' },
  { key: 'd', shown: 'D', action: 'devices' },
  { key: 'f', shown: 'F', action: 'fullscreen' },
  { key: '0', shown: '0', action: 'unpin' },
  { key: 'pageup', shown: 'Page Up', action: 'previous' },
  { key: 'pagedown', shown: 'Page Down', action: 'next' },
  { key: '?', shown: '?', action: 'help' },
];

/** What of a key event matters here. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  repeat: boolean;
  /** Whether the event comes from something one types into, or from inside a dialog. */
  typing: boolean;
}

/** The action of a key, or null: never with a modifier (those belong to the browser), never while typing. */
export function actionOf(press: KeyPress): Action | null {
  if (press.typing || press.repeat || press.ctrlKey || press.altKey || press.metaKey) {
    return null;
  }
  const key = press.key.toLowerCase();
  return SHORTCUTS.find((shortcut) => shortcut.key === key)?.action ?? null;
}

/** Whether an element takes text or opens its own keys, so that shortcuts must keep away. */
export function takesKeys(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest(
      'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog',
    ) !== null
  );
}
