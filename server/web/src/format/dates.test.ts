import { describe, expect, it } from 'vitest';

import {
  addDays,
  dateOf,
  formatDate,
  formatDateTime,
  formatRange,
  formatTime,
  instantOf,
  instantOfMs,
  isCivilDate,
  mondayOf,
  parseDate,
  parseTime,
  weekdayOf,
  weekNumber,
} from './dates';

describe('an instant', () => {
  it('is shown in the province wherever the browser stands', () => {
    expect(formatTime('2026-11-23T01:30:00Z')).toBe('08:30');
    expect(formatDateTime('2026-11-23T20:00:00-05:00')).toBe('08:00, 24/11/2026');
    expect(dateOf('2026-11-23T17:00:00Z')).toBe('2026-11-24');
  });

  it('goes to the server at +07:00', () => {
    expect(instantOf('2026-11-24', '08:00')).toBe('2026-11-24T08:00:00+07:00');
    expect(instantOfMs(Date.parse('2026-11-24T08:00:00+07:00'))).toBe('2026-11-24T08:00:00+07:00');
  });

  it('is a span on one day or on two', () => {
    const at = (day: number, time: string) => `2026-11-${day}T${time}:00+07:00`;
    expect(formatRange(at(24, '08:00'), at(24, '11:30'))).toBe('08:00 – 11:30, 24/11/2026');
    expect(formatRange(at(24, '13:30'), at(25, '17:00'))).toBe('13:30, 24/11/2026 – 17:00, 25/11/2026');
  });
});

describe('a date', () => {
  it('is written dd/mm/yyyy', () => {
    expect(formatDate('2026-01-05')).toBe('05/01/2026');
  });

  it('is read as people type it', () => {
    expect(parseDate('5/1/2026')).toBe('2026-01-05');
    expect(parseDate(' 05-01-2026 ')).toBe('2026-01-05');
    expect(parseDate('29.02.2028')).toBe('2028-02-29');
  });

  it('that does not exist is no date', () => {
    expect(parseDate('31/04/2026')).toBeNull();
    expect(parseDate('29/02/2026')).toBeNull();
    expect(parseDate('2026-01-05')).toBeNull();
    expect(isCivilDate('2026-13-01')).toBe(false);
    expect(isCivilDate("2026-01-01'")).toBe(false);
  });

  it('begins its week on Monday', () => {
    expect(weekdayOf('2026-11-23')).toBe(0);
    expect(weekdayOf('2026-11-29')).toBe(6);
    expect(mondayOf('2026-11-29')).toBe('2026-11-23');
  });

  it('has the week number of the wall calendar', () => {
    expect(weekNumber('2026-11-23')).toBe(48);
    expect(weekNumber('2026-12-31')).toBe(53);
    expect(weekNumber('2027-01-01')).toBe(53);
    expect(weekNumber('2027-01-04')).toBe(1);
  });

  it('steps across months and years', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
  });
});

describe('a time of day', () => {
  it.each([
    ['8h30', '08:30'],
    ['8:30', '08:30'],
    ['0830', '08:30'],
    ['8h', '08:00'],
    ['23.59', '23:59'],
  ])('%s is %s', (typed, time) => expect(parseTime(typed)).toBe(time));

  it.each(['24:00', '8:60', 'sáng', '', '8:3:0'])('%s is no time', (typed) =>
    expect(parseTime(typed)).toBeNull(),
  );
});
