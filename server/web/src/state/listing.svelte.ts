import type { Problem } from '../api/problem';
import type { List } from '../api/types';
import { asProblem } from './resource.svelte';

/** A list read page by page. */
export interface Listing<T> {
  readonly items: T[];
  /** The first page is not there yet. */
  readonly loading: boolean;
  readonly loadingMore: boolean;
  readonly hasMore: boolean;
  readonly error: Problem | undefined;
  more(): Promise<void>;
  reload(): Promise<void>;
}

/**
 * Reads the first page now and whenever a reactive value that `read` uses changes (a filter), further pages on
 * `more()`. Call it while a component is set up.
 */
export function listing<T>(
  read: (cursor: string | null, signal: AbortSignal) => Promise<List<T>>,
): Listing<T> {
  let items = $state.raw<T[]>([]);
  let next = $state<string | null>(null);
  let loading = $state(true);
  let loadingMore = $state(false);
  let error = $state.raw<Problem | undefined>();
  let running: AbortController | undefined;

  /** Reads on from `cursor` until there are at least `wanted` rows, so that a reload keeps what was paged through. */
  async function page(cursor: string | null, wanted = 0): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    if (cursor === null) loading = true;
    else loadingMore = true;
    try {
      let answer = await read(cursor, mine.signal);
      let rows = answer.items;
      while (answer.next !== null && rows.length < wanted && running === mine) {
        answer = await read(answer.next, mine.signal);
        rows = [...rows, ...answer.items];
      }
      if (running !== mine) return;
      items = cursor === null ? rows : [...items, ...rows];
      next = answer.next;
      error = undefined;
    } catch (caught) {
      if (running !== mine || mine.signal.aborted) return;
      error = asProblem(caught);
    }
    loading = false;
    loadingMore = false;
  }

  $effect(() => {
    void page(null);
    return () => {
      running?.abort();
      running = undefined;
    };
  });

  return {
    get items() {
      return items;
    },
    get loading() {
      return loading;
    },
    get loadingMore() {
      return loadingMore;
    },
    get hasMore() {
      return next !== null;
    },
    get error() {
      return error;
    },
    more: () => (next === null ? Promise.resolve() : page(next)),
    reload: () => page(null, items.length),
  };
}

/** Every page of a list, for pickers that need the whole of it. */
export async function everything<T>(read: (cursor: string | null) => Promise<List<T>>): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const page: List<T> = await read(cursor);
    all.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return all;
}
