import { describe, expect, it } from 'vitest';

import { lacksConsent } from './consent';

describe('a substitute without the consent of the chair', () => {
  const substitute = { presence: 'in_room', substitute_for: 'Lò Văn Chủ tịch', consented: null };

  it('is told of once present, in the room or online', () => {
    expect(lacksConsent(substitute)).toBe(true);
    expect(lacksConsent({ ...substitute, presence: 'online', consented: false })).toBe(true);
  });

  it('is nobody to tell of while absent or not called', () => {
    expect(lacksConsent({ ...substitute, presence: 'unknown' })).toBe(false);
    expect(lacksConsent({ ...substitute, presence: 'excused' })).toBe(false);
  });

  it('is in order once the consent is on record, and so is who comes for nobody else', () => {
    expect(lacksConsent({ ...substitute, consented: true })).toBe(false);
    expect(lacksConsent({ ...substitute, substitute_for: null })).toBe(false);
  });
});
