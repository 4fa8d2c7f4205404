import createClient from 'openapi-fetch';

import { OFFLINE, Problem, problemOf } from './problem';
import type { paths } from './schema';
import type { Answer } from './types';

const BASE = '/api/v1';

/** Values of a query; `null`, `undefined` and the empty string are left out. */
export type Query = Record<string, string | number | boolean | null | undefined>;

/** What the client must know of the login, told by `state/login`. */
export const session = {
  csrfToken: '',
  language: 'vi',
  /** Called when the server no longer knows the login. */
  expired: () => {},
};

/** Requests in which 401 is an answer and not the end of a login. */
const ASKS_WHO = ['/login', '/me'];

/** The typed client of the contract: a path, a parameter or a body that the server does not know fails the check. */
export const client = createClient<paths>({ baseUrl: BASE, credentials: 'same-origin' });

client.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', session.language);
    if (request.method !== 'GET') request.headers.set('X-CSRF-Token', session.csrfToken);
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    if (response.status === 401 && !ASKS_WHO.includes(schemaPath)) session.expired();
    throw await problemOf(response);
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    if (error instanceof Problem) return;
    return new Problem({ title: OFFLINE, status: 0, code: OFFLINE });
  },
});

/** What a request answered; whatever was refused has been thrown as a [`Problem`]. */
export async function answer<T>(request: Promise<{ data?: T }>): Promise<Answer<NonNullable<T>>> {
  const { data } = await request;
  return data as Answer<NonNullable<T>>;
}

/** For requests that answer nothing. */
export async function done(request: Promise<unknown>): Promise<void> {
  await request;
}

/** A query as the pages have it: null, too, means that something is not asked. */
export type Asked<Q> = { [Name in keyof Q]?: Q[Name] | null };

/** A query without what is not asked. */
export function asked<Q extends object>(query: Asked<Q>): Q {
  const set = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  return Object.fromEntries(set) as Q;
}

/** The address of an API path with its query, for downloads and event streams. */
export function address(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(asked<Query>(query))) params.set(name, String(value));
  const text = params.toString();
  return `${BASE}${path}${text ? `?${text}` : ''}`;
}
