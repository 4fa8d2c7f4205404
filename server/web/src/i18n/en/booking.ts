import type { booking as vi } from '../vi/booking';

export const booking: Record<keyof typeof vi, string> = {
  'booking.title.new': 'Book a session',
  'booking.title.edit': 'Edit session',
};
