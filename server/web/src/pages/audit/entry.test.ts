import { describe, expect, it } from 'vitest';

import { particulars, subjectOf } from './entry';

const ID = '01a20903-3a06-7a1d-a84b-947349e39936';

describe('an audit entry', () => {
  it('says what it was about', () => {
    expect(subjectOf(`session ${ID}`)).toEqual({ kind: 'session', id: ID });
    expect(subjectOf('nhật ký')).toBeNull();
  });

  it('shows its particulars without what is empty and with short ids', () => {
    expect(particulars(JSON.stringify({ delegates: 5, endpoint_id: ID, note: null }))).toEqual([
      { name: 'delegates', value: '5' },
      { name: 'endpoint_id', value: '49e39936' },
    ]);
  });

  it('shows a text that is no record as it is', () => {
    expect(particulars('theo chỉ đạo')).toEqual([{ name: '', value: 'theo chỉ đạo' }]);
    expect(particulars('[1]')).toEqual([{ name: '', value: '[1]' }]);
  });
});
