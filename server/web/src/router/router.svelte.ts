let path = $state(location.pathname);
let search = $state(location.search);
const query = $derived(new URLSearchParams(search));

/** A form with changes that nobody has saved yet. */
export interface Guard {
  unsaved: () => boolean;
  /** What is asked before they are left behind. */
  question: () => string;
  /** Called when the page is left. */
  left?: () => void;
  /** The changes outlive the page, so the window may be closed without a question. */
  kept?: boolean;
}
let guard: Guard | null = null;
let moved = false;
/** Where this page stands in the history of the window, so that a step back can be undone. */
let at = 0;
/** The step that undoes a refused one is on its way. */
let returning = false;

function read(): void {
  path = location.pathname;
  search = location.search;
}

/** Whether the page may be left: always, unless something unsaved is on it and the user wants to stay. */
function mayLeave(): boolean {
  if (guard?.unsaved() && !window.confirm(guard.question())) return false;
  guard?.left?.();
  guard = null;
  return true;
}

/** The place of an entry of the history; one that this UI did not make (a jump within the page) is a new one. */
function placeOf(state: unknown): number | null {
  const place = (state as { at?: unknown } | null)?.at;
  return typeof place === 'number' ? place : null;
}

function stepped(event: PopStateEvent): void {
  if (returning) {
    returning = false;
    return;
  }
  const to = placeOf(event.state);
  if (to === null) {
    at += 1;
    history.replaceState({ at }, '');
  } else if (location.pathname + location.search !== path + search && !mayLeave()) {
    returning = true;
    history.go(at - to);
    return;
  } else at = to;
  moved = true;
  read();
}

/** Where the browser is, and how to go elsewhere. */
export const router = {
  get path(): string {
    return path;
  },
  get query(): URLSearchParams {
    return query;
  },
  /** Whether the page shown was come to from another; then its heading takes the focus, as a fresh load would not. */
  get moved(): boolean {
    return moved;
  },
  go(address: string): void {
    if (!mayLeave()) return;
    moved = true;
    at += 1;
    history.pushState({ at }, '', address);
    read();
    scrollTo(0, 0);
  },
  /** Changes the address in place: the state of filters belongs in it, a step of history does not. */
  replace(address: string): void {
    history.replaceState({ at }, '', address);
    read();
  },
  /** Sets or (with an empty value) removes parameters of the query, in place. */
  setQuery(changes: Record<string, string | null>): void {
    const next = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    const text = next.toString();
    router.replace(`${location.pathname}${text ? `?${text}` : ''}`);
  },
  /** Asks before the page is left with something unsaved, until the returned function is called. */
  guard(next: Guard): () => void {
    guard = next;
    return () => {
      if (guard === next) guard = null;
    };
  },
  /** Takes over clicks on plain links to this UI, and the back button. */
  start(): void {
    at = placeOf(history.state) ?? 0;
    history.replaceState({ at }, '');
    addEventListener('popstate', stepped);
    addEventListener('beforeunload', (event) => {
      if (guard?.unsaved() && !guard.kept) event.preventDefault();
    });
    document.addEventListener('click', (event) => {
      if (event.defaultPrevented || event.button !== 0) return;
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const link = (event.target as Element | null)?.closest('a');
      if (!link || !link.href || link.target || link.hasAttribute('download')) return;
      const url = new URL(link.href);
      if (url.origin !== location.origin || url.pathname.startsWith('/api/')) return;
      if (url.pathname === location.pathname && url.search === location.search && url.hash) return;
      event.preventDefault();
      router.go(url.pathname + url.search);
    });
  },
};
