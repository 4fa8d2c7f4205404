import type { attendance as vi } from '../vi/attendance';

export const attendance: Record<keyof typeof vi, string> = {
  'attendance.title': 'Endpoint board',
  'rollcall.title': 'Roll-call',
};
