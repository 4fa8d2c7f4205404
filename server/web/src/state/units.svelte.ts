import { units } from '../api/directory';
import type { Unit } from '../api/types';
import { everything } from './listing.svelte';

let known = $state.raw<Unit[]>([]);
let asked: Promise<void> | null = null;

/** The units of the directory for selects and filters: read once, read again after a change. */
export const unitList = {
  get all(): Unit[] {
    return known;
  },
  load(): Promise<void> {
    asked ??= everything((cursor) => units.list({ limit: 200, cursor })).then(
      (all) => {
        known = all;
      },
      (caught: unknown) => {
        asked = null;
        throw caught;
      },
    );
    return asked;
  },
  reload(): Promise<void> {
    asked = null;
    return unitList.load();
  },
};
