import type { directory as vi } from '../vi/directory';

export const directory: Record<keyof typeof vi, string> = {
  'directory.units': 'Units',
  'directory.endpoints': 'Endpoints',
  'directory.rooms': 'Rooms',
  'directory.people': 'People',
};
