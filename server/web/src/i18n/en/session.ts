import type { session as vi } from '../vi/session';

export const session: Record<keyof typeof vi, string> = {
  'session.title': 'Session',
};
