import { answer, asked, client, type Asked } from './client';
import type { operations } from './schema';

export type AuditQuery = Asked<NonNullable<operations['list_audit']['parameters']['query']>>;

export const listAudit = (query: AuditQuery, signal?: AbortSignal) =>
  answer(client.GET('/audit', { params: { query: asked(query) }, signal }));
export const verifyAudit = () => answer(client.GET('/audit/verify'));
export const systemStatus = () => answer(client.GET('/system'));
