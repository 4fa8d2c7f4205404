import type { system as vi } from '../vi/system';

export const system: Record<keyof typeof vi, string> = {
  'system.title': 'System',
  'accounts.title': 'Accounts',
  'audit.title': 'Audit log',
};
