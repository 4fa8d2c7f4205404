import { api, type Query } from './client';
import type { AuditEntry, AuditVerdict, List, SystemStatus } from './types';

export const listAudit = (query: Query, signal?: AbortSignal) =>
  api.get<List<AuditEntry>>('/audit', query, signal);
export const verifyAudit = () => api.get<AuditVerdict>('/audit/verify');
export const systemStatus = () => api.get<SystemStatus>('/system');
