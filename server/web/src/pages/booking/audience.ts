import type { Endpoint, Unit, UnitKind } from '../../api/types';
import type { Key } from '../../i18n';

/** A group of endpoints that is invited in one press. */
export interface Audience {
  label: Key;
  ids: string[];
}

const GROUPS: { label: Key; kinds: UnitKind[] }[] = [
  { label: 'booking.audience.districts', kinds: ['city', 'town', 'district'] },
  { label: 'booking.audience.communes', kinds: ['ward', 'commune'] },
  { label: 'booking.audience.departments', kinds: ['department'] },
];

/** The groups that exist on the day: who "all districts" are changed in 2025, so they are never stored. */
export function audiences(endpoints: Endpoint[], units: Unit[], host: string): Audience[] {
  const kinds = new Map(units.map((unit) => [unit.id, unit.kind]));
  return GROUPS.map(({ label, kinds: wanted }) => ({
    label,
    ids: endpoints
      .filter((endpoint) => endpoint.id !== host)
      .filter((endpoint) => {
        const kind = kinds.get(endpoint.unit.id);
        return kind !== undefined && wanted.includes(kind);
      })
      .map((endpoint) => endpoint.id),
  })).filter((group) => group.ids.length > 0);
}

/** Text without accents and case, so that "muong nhe" finds Mường Nhé. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase();
}
