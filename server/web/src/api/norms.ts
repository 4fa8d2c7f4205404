import { answer, client } from './client';
import type { components } from './schema';

export type NormKind = components['schemas']['NormKind'];
export type Zone = components['schemas']['Zone'];
export type CreateNorm = components['schemas']['CreateNorm'];

export const listNorms = () => answer(client.GET('/norms'));
export const addNorm = (body: CreateNorm) => answer(client.POST('/norms', { body }));
