/** The words and figures of the live attendance board. Pure. */

import { isPresent, lacksConsent, type Attending } from './consent';

/** State of one endpoint on the board, worst first when sorted. */
export type BoardState = 'never' | 'dropped' | 'connected';

/** What the board needs of an endpoint in the attendance. */
export interface BoardInput {
  roster_id: string;
  endpoint: { id: string; name: string; unit_name: string };
  connected: boolean;
  first_at?: string | null;
  last_at?: string | null;
  gaps: number;
  intervals: readonly { from: string; to?: string | null }[];
  delegates: readonly Attending[];
}

/**
 * The name of an endpoint where every word costs room: on a board of endpoints "Điểm cầu" goes without saying.
 * "Điểm cầu huyện Mường Nhé" → "Huyện Mường Nhé".
 */
export function placeName(name: string): string {
  const place = name.replace(/^điểm cầu\s+/iu, '');
  return place.charAt(0).toLocaleUpperCase('vi') + place.slice(1);
}

/** One tile of the board. */
export interface BoardTile {
  id: string;
  endpointId: string;
  name: string;
  unitName: string;
  state: BoardState;
  /** Since when the state holds: RFC 3339, or null for an endpoint never seen. */
  since: string | null;
  /** Times the line was lost: gaps inside intervals, and returns after an interval had closed. */
  drops: number;
  delegatesPresent: number;
  delegatesNamed: number;
  /** Substitutes who are there without the chair's consent on record. */
  unasked: number;
}

const vietnamese = new Intl.Collator('vi', { sensitivity: 'base', numeric: true });

/** The tile of one endpoint. */
export function tileOf(input: BoardInput): BoardTile {
  const open = input.intervals.find((interval) => !interval.to);
  const state: BoardState = input.connected ? 'connected' : !input.first_at ? 'never' : 'dropped';
  return {
    id: input.roster_id,
    endpointId: input.endpoint.id,
    name: input.endpoint.name,
    unitName: input.endpoint.unit_name,
    state,
    since: input.connected ? (open?.from ?? input.first_at ?? null) : (input.last_at ?? null),
    drops: input.gaps + Math.max(0, input.intervals.length - 1),
    delegatesPresent: input.delegates.filter((delegate) => isPresent(delegate.presence)).length,
    delegatesNamed: input.delegates.length,
    unasked: input.delegates.filter(lacksConsent).length,
  };
}

/** The board's two lists: who is missing comes first, and of those the ones that were here and dropped. */
export interface Board {
  missing: BoardTile[];
  connected: BoardTile[];
}

/** Sorts the endpoints of a session onto the board. */
export function boardOf(inputs: readonly BoardInput[]): Board {
  const tiles = inputs.map(tileOf).sort((left, right) => vietnamese.compare(left.name, right.name));
  const rank: Record<BoardState, number> = { dropped: 0, never: 1, connected: 2 };
  return {
    missing: tiles
      .filter((tile) => tile.state !== 'connected')
      .sort((left, right) => rank[left.state] - rank[right.state]),
    connected: tiles.filter((tile) => tile.state === 'connected'),
  };
}

/** How tightly tiles are set so that a wall shows all of them without scrolling. */
export type Density = 'roomy' | 'normal' | 'dense';

/** The density for a number of endpoints: 10 (2013), 46–60 (2025), 200 (largest province). */
export function densityFor(count: number): Density {
  return count <= 18 ? 'roomy' : count <= 64 ? 'normal' : 'dense';
}
