import { api, type Query } from './client';
import type { Account, Endpoint, Grant, List, Person, Room, Unit, UnitKind } from './types';

type Read<T> = (query: Query, signal?: AbortSignal) => Promise<List<T>>;

/** The four requests that every table of the directory has. */
function table<T, New>(path: string) {
  const list: Read<T> = (query, signal) => api.get<List<T>>(path, query, signal);
  return {
    list,
    create: (body: New) => api.post<T>(path, body),
    change: (id: string, version: number, body: Partial<New>) =>
      api.patch<T>(`${path}/${encodeURIComponent(id)}`, { ...body, version }),
  };
}

export interface NewUnit {
  name: string;
  short_name: string;
  kind: UnitKind;
  parent_id: string | null;
  code: string | null;
  valid_from: string;
  valid_to: string | null;
}
export interface NewEndpoint {
  name: string;
  unit_id: string;
  role: 'host' | 'member';
  distance_metres: number;
  one_way_minutes: number;
  seats: number;
  contact_phone: string | null;
  valid_from: string;
  valid_to: string | null;
}
export interface NewRoom {
  name: string;
  unit_id: string;
  endpoint_id: string | null;
  seats: number;
  equipment: string;
}
export interface NewPerson {
  full_name: string;
  title: string;
  unit_id: string;
  phone: string | null;
  email: string | null;
  active: boolean;
}
export interface NewAccount {
  username: string;
  display_name: string;
  password?: string;
  grants: Grant[];
  unit_id: string | null;
  endpoint_id: string | null;
  active: boolean;
}

export const units = table<Unit, NewUnit>('/units');
export const endpoints = table<Endpoint, NewEndpoint>('/endpoints');
export const rooms = table<Room, NewRoom>('/rooms');
export const people = table<Person, NewPerson>('/people');
export const accounts = {
  ...table<Account, NewAccount>('/accounts'),
  unlock: (id: string, reason: string) =>
    api.post<Account>(`/accounts/${encodeURIComponent(id)}/unlock`, { reason }),
};
