import { describe, expect, it } from 'vitest';

import { emptyDraft, lengthOf, moveDate, moveStart, moveTo, requestOf } from './draft';

/** Monday, 23/11/2026, 21:00 in the province. */
const NOW = Date.parse('2026-11-23T21:00:00+07:00');
const filled = () => ({ ...emptyDraft(null, NOW), host_endpoint_id: 'host', subject: '  Giao ban  ' });

describe('a new booking', () => {
  it('proposes a day far enough ahead for the invitation', () => {
    expect(emptyDraft(null, NOW).date).toBe('2026-11-27');
  });

  it('skips the weekend when it counts days ahead', () => {
    expect(emptyDraft(null, Date.parse('2026-11-26T08:00:00+07:00')).date).toBe('2026-12-02');
  });

  it('takes the day that was clicked in the calendar', () => {
    expect(emptyDraft('2026-12-24', NOW).date).toBe('2026-12-24');
  });
});

describe('the request', () => {
  it('is not made before there is a time and a host', () => {
    expect(requestOf(emptyDraft(null, NOW), false)).toBeNull();
    expect(requestOf({ ...filled(), date: null }, false)).toBeNull();
  });

  it('states the instants at +07:00 and trims what was typed', () => {
    expect(requestOf(filled(), false)).toMatchObject({
      subject: 'Giao ban',
      starts_at: '2026-11-27T08:00:00+07:00',
      ends_at: '2026-11-27T11:00:00+07:00',
    });
  });

  it('never invites the host as a member', () => {
    expect(requestOf({ ...filled(), endpoint_ids: ['host', 'a'] }, false)?.endpoint_ids).toEqual(['a']);
  });

  it('sends the reason of urgency only with an urgent session', () => {
    const draft = { ...filled(), urgency_reason: 'Lũ' };
    expect(requestOf(draft, false)?.urgency_reason).toBeNull();
    expect(requestOf({ ...draft, urgency: 'urgent' }, false)?.urgency_reason).toBe('Lũ');
  });

  it('sends only overrides that have a reason', () => {
    const draft = { ...filled(), reasons: { short_notice: ' theo chỉ đạo ', too_long: ' ' } };
    expect(requestOf(draft, false)?.overrides).toEqual([{ code: 'short_notice', reason: 'theo chỉ đạo' }]);
  });
});

describe('moving the time', () => {
  it('takes a suggestion over whole', () => {
    const draft = filled();
    moveTo(draft, '2026-11-30T14:00:00+07:00', '2026-11-30T16:30:00+07:00');
    expect([draft.date, draft.start, draft.end_date, draft.end]).toEqual([
      '2026-11-30',
      '14:00',
      '2026-11-30',
      '16:30',
    ]);
  });

  it('keeps the length when the start moves', () => {
    const draft = filled();
    moveStart(draft, '08:00', '13:30');
    expect(draft.end).toBe('16:30');
  });

  it('leaves the end alone when keeping the length would pass midnight', () => {
    const draft = filled();
    moveStart(draft, '08:00', '22:30');
    expect(draft.end).toBe('11:00');
  });

  it('takes the last day along, but not before the first', () => {
    const draft = filled();
    moveDate(draft, '2026-11-27', '2026-12-01');
    expect(draft.end_date).toBe('2026-12-01');
  });

  it('takes the last day away with a first that is no date, and brings both back', () => {
    const draft = filled();
    moveDate(draft, '2026-11-27', null);
    expect([draft.date, draft.end_date, requestOf(draft, false)]).toEqual([null, null, null]);
    moveDate(draft, null, '2026-11-26');
    expect(draft.end_date).toBe('2026-11-26');
  });

  it('knows no length when the end is before the start', () => {
    expect(lengthOf(filled())).toBe(180);
    expect(lengthOf({ ...filled(), end: '07:00' })).toBeNull();
  });
});
