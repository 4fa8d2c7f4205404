import { checkSession } from '../../api/sessions';
import type { Problem } from '../../api/problem';
import type { Check, CreateSession } from '../../api/types';
import { asProblem } from '../../state/resource.svelte';

/** The typing must rest this long before the server is asked. */
const PAUSE_MS = 350;

export interface LiveCheck {
  readonly result: Check | undefined;
  readonly problem: Problem | undefined;
  readonly checking: boolean;
  /** Asks again though nothing changed, because others book as well. */
  again(): void;
}

/** Asks the server about a booking while it is being filled in. */
export function liveCheck(
  request: () => CreateSession | null,
  sessionId: () => string | undefined,
): LiveCheck {
  let result = $state.raw<Check | undefined>();
  let problem = $state.raw<Problem | undefined>();
  let checking = $state(false);
  let round = $state(0);

  // What is asked, as text: an edit that changes nothing that counts does not ask again.
  const question = $derived.by(() => {
    const body = request();
    const id = sessionId();
    return body ? JSON.stringify(id ? { ...body, session_id: id } : body) : null;
  });

  $effect(() => {
    void round;
    const body = question;
    if (body === null) {
      result = undefined;
      checking = false;
      return;
    }
    const stop = new AbortController();
    checking = true;
    const timer = setTimeout(async () => {
      try {
        result = await checkSession(JSON.parse(body), stop.signal);
        problem = undefined;
      } catch (caught) {
        if (stop.signal.aborted) return;
        problem = asProblem(caught);
      }
      checking = false;
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  });

  return {
    get result() {
      return result;
    },
    get problem() {
      return problem;
    },
    get checking() {
      return checking;
    },
    again: () => void round++,
  };
}
