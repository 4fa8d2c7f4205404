import { describe, expect, it } from 'vitest';

import type { Endpoint, Unit, UnitKind } from '../../api/types';
import { audiences, fold } from './audience';

const unit = (id: string, kind: UnitKind): Unit => ({
  id,
  name: id,
  short_name: id,
  kind,
  parent_id: null,
  code: null,
  valid_from: '2013-01-01',
  valid_to: null,
  version: 1,
});
const endpoint = (id: string, unitId: string): Endpoint => ({
  id,
  name: id,
  unit: { id: unitId, name: unitId },
  role: 'member',
  zone: 'ordinary',
  distance_metres: 0,
  one_way_minutes: 0,
  seats: 1,
  contact_phone: null,
  valid_from: '2013-01-01',
  valid_to: null,
  version: 1,
});

describe('audiences', () => {
  it('are the districts, towns and the city in one press, without the host', () => {
    const units = [unit('tỉnh', 'province'), unit('tp', 'city'), unit('tx', 'town'), unit('h', 'district')];
    const endpoints = [
      endpoint('E0', 'tp'),
      endpoint('E1', 'tx'),
      endpoint('E2', 'h'),
      endpoint('E3', 'tỉnh'),
    ];
    expect(audiences(endpoints, units, 'E0')).toEqual([
      { label: 'booking.audience.districts', ids: ['E1', 'E2'] },
    ]);
  });

  it('offers no group that nobody belongs to', () => {
    expect(audiences([], [], '')).toEqual([]);
  });
});

describe('searching', () => {
  it('ignores accents, case and the crossed d', () => {
    expect(fold('Điểm cầu huyện Mường Nhé')).toBe('diem cau huyen muong nhe');
  });
});
