import { answer, asked, client, type Asked } from './client';
import type { components } from './schema';

type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];
/** What all lists of the directory understand. */
export type DirectoryQuery = Asked<{
  q: string;
  cursor: string;
  limit: number;
  on: string;
  unit_id: string;
}>;
type Changed<Body> = Omit<Body, 'version'>;

const at = (id: string) => ({ path: { id } });
const by = (query: DirectoryQuery) => ({ query: asked<{ q?: string }>(query) });

export const units = {
  list: (query: DirectoryQuery, signal?: AbortSignal) =>
    answer(client.GET('/units', { params: by(query), signal })),
  create: (body: Schema<'CreateUnit'>) => answer(client.POST('/units', { body })),
  change: (id: string, version: number, body: Changed<Schema<'ChangeUnit'>>) =>
    answer(client.PATCH('/units/{id}', { params: at(id), body: { ...body, version } })),
};

export const endpoints = {
  list: (query: DirectoryQuery, signal?: AbortSignal) =>
    answer(client.GET('/endpoints', { params: by(query), signal })),
  create: (body: Schema<'CreateEndpoint'>) => answer(client.POST('/endpoints', { body })),
  change: (id: string, version: number, body: Changed<Schema<'ChangeEndpoint'>>) =>
    answer(client.PATCH('/endpoints/{id}', { params: at(id), body: { ...body, version } })),
};

export const rooms = {
  list: (query: DirectoryQuery, signal?: AbortSignal) =>
    answer(client.GET('/rooms', { params: by(query), signal })),
  create: (body: Schema<'CreateRoom'>) => answer(client.POST('/rooms', { body })),
  change: (id: string, version: number, body: Changed<Schema<'ChangeRoom'>>) =>
    answer(client.PATCH('/rooms/{id}', { params: at(id), body: { ...body, version } })),
};

export const people = {
  list: (query: DirectoryQuery, signal?: AbortSignal) =>
    answer(client.GET('/people', { params: by(query), signal })),
  create: (body: Schema<'CreatePerson'>) => answer(client.POST('/people', { body })),
  change: (id: string, version: number, body: Changed<Schema<'ChangePerson'>>) =>
    answer(client.PATCH('/people/{id}', { params: at(id), body: { ...body, version } })),
};

export const accounts = {
  list: (query: DirectoryQuery, signal?: AbortSignal) =>
    answer(client.GET('/accounts', { params: by(query), signal })),
  create: (body: Schema<'CreateAccountBody'>) => answer(client.POST('/accounts', { body })),
  change: (id: string, version: number, body: Changed<Schema<'ChangeAccountBody'>>) =>
    answer(client.PATCH('/accounts/{id}', { params: at(id), body: { ...body, version } })),
  unlock: (id: string, reason: string) =>
    answer(client.POST('/accounts/{id}/unlock', { params: at(id), body: { reason } })),
};
