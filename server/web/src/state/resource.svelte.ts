import { Problem } from '../api/problem';

/** Something read from the server: being read, read, or failed. The newest request wins. */
export interface Resource<T> {
  readonly data: T | undefined;
  readonly error: Problem | undefined;
  readonly loading: boolean;
  /** Reads again; what is shown stays until the answer is there. */
  reload(): Promise<void>;
  /** Puts an answer in that another request gave, such as the result of a change. */
  set(data: T): void;
}

/**
 * Reads now and again whenever a reactive value that `read` uses changes. Call it while a component is set up.
 */
export function resource<T>(read: (signal: AbortSignal) => Promise<T>): Resource<T> {
  let data = $state.raw<T | undefined>();
  let error = $state.raw<Problem | undefined>();
  let loading = $state(true);
  let running: AbortController | undefined;

  async function run(): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    loading = true;
    try {
      const answer = await read(mine.signal);
      if (running !== mine) return;
      data = answer;
      error = undefined;
    } catch (caught) {
      if (running !== mine || mine.signal.aborted) return;
      error = asProblem(caught);
    }
    loading = false;
  }

  $effect(() => {
    void run();
    return () => {
      running?.abort();
      running = undefined;
    };
  });

  return {
    get data() {
      return data;
    },
    get error() {
      return error;
    },
    get loading() {
      return loading;
    },
    reload: run,
    set(next: T) {
      running?.abort();
      running = undefined;
      data = next;
      error = undefined;
      loading = false;
    },
  };
}

/** Anything thrown, as a [`Problem`]. */
export function asProblem(caught: unknown): Problem {
  if (caught instanceof Problem) return caught;
  // A fault of this program: what it was is for whoever looks for it, not for the page.
  console.error(caught);
  const text = caught instanceof Error ? caught.message : String(caught);
  return new Problem({ title: text, status: 0, code: 'unexpected' });
}
