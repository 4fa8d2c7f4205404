import type { Presence } from './marks';

/** What a key does to the delegate whose row has the focus. */
export type RollAction =
  | { do: 'mark'; presence: Presence }
  | { do: 'toggle'; what: 'late' | 'left_early' }
  | { do: 'rest' } // everyone of the endpoint not yet called is present
  | { do: 'note' }
  | { do: 'move'; by: 1 | -1 }
  | { do: 'save' };

/** What of a key event matters here. */
export interface RollKey {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  /** Whether text is being typed, where letters and digits are letters and digits. */
  typing: boolean;
}

const MARKS: Record<string, Presence> = {
  '1': 'in_room',
  '2': 'online',
  '3': 'excused',
  '4': 'unexcused',
  '0': 'unknown',
};

/** The action of a key, or null. Saving works everywhere, arrows leave a note, letters only outside of one. */
export function rollAction(press: RollKey): RollAction | null {
  const key = press.key.toLowerCase();
  if ((press.ctrlKey || press.metaKey) && key === 's') return { do: 'save' };
  if (press.ctrlKey || press.altKey || press.metaKey) return null;
  if (key === 'arrowdown') return { do: 'move', by: 1 };
  if (key === 'arrowup') return { do: 'move', by: -1 };
  if (press.typing) return key === 'enter' ? { do: 'move', by: 1 } : null;
  const presence = MARKS[key];
  if (presence) return { do: 'mark', presence };
  switch (key) {
    case 'm':
      return { do: 'toggle', what: 'late' };
    case 's':
      return { do: 'toggle', what: 'left_early' };
    case 'a':
      return { do: 'rest' };
    case 'g':
      return { do: 'note' };
    default:
      return null;
  }
}
