import type { reports as vi } from '../vi/reports';

export const reports: Record<keyof typeof vi, string> = {
  'reports.title': 'Reports',
  'ledger.title': 'Savings ledger',
};
