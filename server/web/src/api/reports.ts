import { address, api, type Query } from './client';
import type { MeetingKind, Norm, Report, ReportPeriod } from './types';

/** What a report is asked for. `of` is `2026-01`, `2026-Q1` or `2026`, by its period. */
export interface ReportQuery {
  period: ReportPeriod;
  of: string;
  unit_id: string | null;
  kind: MeetingKind | null;
}

const asQuery = (query: ReportQuery): Query => ({ ...query });

export const findReport = (query: ReportQuery, signal?: AbortSignal) =>
  api.get<Report>('/reports', asQuery(query), signal);
/** Where the CSV of one table is. */
export const reportCsv = (query: ReportQuery, table: 'sessions' | 'units' | 'months') =>
  address('/reports.csv', { ...asQuery(query), table });
export const listNorms = () => api.get<Norm[]>('/norms');
