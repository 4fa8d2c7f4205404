import { describe, expect, it } from 'vitest';
import type { Attendance, EndpointAttendance } from '../../api/types';
import { applyPresence } from './presence';

function endpoint(id: string, connected: boolean): EndpointAttendance {
  return {
    roster_id: id,
    endpoint: { id, name: id, unit_id: id, unit_name: id },
    connected,
    muted: null,
    camera: null,
    first_at: null,
    last_at: null,
    connected_ms: 0,
    gaps: 0,
    gap_ms: 0,
    late: false,
    left_early: false,
    intervals: [],
    delegates: [],
    warnings: [],
  };
}

const before: Attendance = {
  session_id: 's',
  state: 'live',
  at: '2026-02-05T08:00:00+07:00',
  invited: 2,
  connected: 1,
  delegates_named: 0,
  delegates_present: 0,
  alarm: null,
  endpoints: [endpoint('a', true), endpoint('b', false)],
};

const event = {
  session_id: 's',
  endpoint_id: 'b',
  connected: true,
  muted: false,
  camera: true,
  at: '2026-02-05T08:01:00+07:00',
};

describe('an event about one endpoint', () => {
  it('changes that endpoint and the count at once', () => {
    const after = applyPresence(before, event);
    expect(after.connected).toBe(2);
    expect(after.endpoints[1]).toMatchObject({ connected: true, first_at: event.at });
    expect(after.endpoints[0]).toBe(before.endpoints[0]);
  });

  it('counts an endpoint once however often it is told', () => {
    const once = applyPresence(before, event);
    expect(applyPresence(once, event)).toBe(once);
  });

  it('of another session or an uninvited endpoint changes nothing', () => {
    expect(applyPresence(before, { ...event, session_id: 'other' })).toBe(before);
    expect(applyPresence(before, { ...event, endpoint_id: 'stranger' })).toBe(before);
  });
});
