import type { ChosenDevices } from './options';

/** What a browser remembers between sessions: the same room has the same camera next week. */
export interface Remembered extends ChosenDevices {
  microphone: boolean;
  camera: boolean;
  layout: 'speaker' | 'grid';
}

const KEY = 'giaoban.room';
const FRESH: Remembered = {
  audioinput: '',
  videoinput: '',
  audiooutput: '',
  microphone: true,
  camera: true,
  layout: 'speaker',
};

/** Reads what was remembered; whatever is missing or of another shape is as for a fresh browser. */
export function parseRemembered(text: string | null): Remembered {
  let value: Partial<Record<keyof Remembered, unknown>> = {};
  try {
    value = (JSON.parse(text ?? '{}') as typeof value | null) ?? {};
  } catch {
    return { ...FRESH };
  }
  const word = (one: unknown): string => (typeof one === 'string' ? one : '');
  return {
    audioinput: word(value.audioinput),
    videoinput: word(value.videoinput),
    audiooutput: word(value.audiooutput),
    microphone: value.microphone !== false,
    camera: value.camera !== false,
    layout: value.layout === 'grid' ? 'grid' : 'speaker',
  };
}

/** Reads it from this browser; a browser that forbids storage starts fresh each time. */
export function recall(): Remembered {
  try {
    return parseRemembered(localStorage.getItem(KEY));
  } catch {
    return { ...FRESH };
  }
}

/** Keeps it in this browser where that is allowed. */
export function remember(value: Remembered): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(value));
  } catch {
    // Storage is forbidden or full: the room works without memory.
  }
}
