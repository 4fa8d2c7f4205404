import { describe, expect, it } from 'vitest';

import { particulars, subjectOf } from './entry';
import { detailName, detailValue } from './names';

const ID = '01a20903-3a06-7a1d-a84b-947349e39936';

describe('an audit entry', () => {
  it('says what it was about', () => {
    expect(subjectOf(`session ${ID}`)).toEqual({ kind: 'session', id: ID });
    expect(subjectOf('nhật ký')).toBeNull();
  });

  it('has particulars, without what is empty', () => {
    expect(particulars(JSON.stringify({ delegates: 5, endpoint_id: ID, note: null }))).toEqual([
      { name: 'delegates', value: 5 },
      { name: 'endpoint_id', value: ID },
    ]);
  });

  it('names its particulars and writes them as the office does', () => {
    expect([detailName('endpoint_id'), detailName('something_new')]).toEqual(['Điểm cầu', 'something_new']);
    expect(detailValue(ID)).toBe('49e39936');
    expect(detailValue(`endpoint:${ID}`)).toBe('Điểm cầu 49e39936');
    expect(detailValue('2026-12-07T08:00:00+07:00')).toBe('08:00, 07/12/2026');
    expect([detailValue(true), detailValue(5), detailValue('theo chỉ đạo')]).toEqual([
      'Có',
      '5',
      'theo chỉ đạo',
    ]);
  });

  it('shows a text that is no record as it is', () => {
    expect(particulars('theo chỉ đạo')).toEqual([{ name: '', value: 'theo chỉ đạo' }]);
    expect(particulars('[1]')).toEqual([{ name: '', value: [1] }]);
  });
});
