import { describe, expect, it } from 'vitest';
import { parseRemembered } from './remembered';

describe('what a browser remembers', () => {
  it('comes back', () => {
    const kept = { ...parseRemembered(null), camera: false, videoinput: 'cam', layout: 'grid' as const };
    expect(parseRemembered(JSON.stringify(kept))).toEqual(kept);
  });

  it('is fresh when it is broken', () => {
    for (const text of ['{', 'null', '5', '{"layout":7,"camera":"no","audioinput":9}']) {
      expect(parseRemembered(text)).toEqual(parseRemembered(null));
    }
  });
});
