import type { calendar as vi } from '../vi/calendar';

export const calendar: Record<keyof typeof vi, string> = {
  'calendar.title': 'Weekly schedule',
  'calendar.list': 'Sessions',
};
