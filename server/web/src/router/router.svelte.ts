let path = $state(location.pathname);
let search = $state(location.search);
const query = $derived(new URLSearchParams(search));

/** May stop a navigation, for a form with unsaved changes. */
type Guard = () => boolean;
let guard: Guard | null = null;
let moved = false;

function read(): void {
  path = location.pathname;
  search = location.search;
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
    if (guard && !guard()) return;
    guard = null;
    moved = true;
    history.pushState(null, '', address);
    read();
    scrollTo(0, 0);
  },
  /** Changes the address in place: the state of filters belongs in it, a step of history does not. */
  replace(address: string): void {
    history.replaceState(null, '', address);
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
  /** Asks `check` before the page is left, until the returned function is called. */
  guard(check: Guard): () => void {
    guard = check;
    return () => {
      if (guard === check) guard = null;
    };
  },
  /** Takes over clicks on plain links to this UI, and the back button. */
  start(): void {
    addEventListener('popstate', () => {
      moved = true;
      read();
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
