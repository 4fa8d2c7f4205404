import { address, answer, asked, client } from './client';
import type { operations } from './schema';
import type { MeetingKind, ReportPeriod } from './types';

type ReportParameters = operations['show_report']['parameters']['query'];

/** What a report is asked for. `of` is `2026-01`, `2026-Q1` or `2026`, by its period. */
export interface ReportQuery {
  period: ReportPeriod;
  of: string;
  unit_id: string | null;
  kind: MeetingKind | null;
}

export const findReport = (query: ReportQuery, signal?: AbortSignal) =>
  answer(client.GET('/reports', { params: { query: asked<ReportParameters>(query) }, signal }));
/** Where the CSV of one table is. */
export const reportCsv = (query: ReportQuery, table: 'sessions' | 'units' | 'months') =>
  address('/reports.csv', { ...query, table });
