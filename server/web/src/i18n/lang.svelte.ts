import { session } from '../api/client';

export type Language = 'vi' | 'en';

const KEY = 'giaoban.language';

function remembered(): Language {
  try {
    return localStorage.getItem(KEY) === 'en' ? 'en' : 'vi';
  } catch {
    // Storage can be switched off by policy; Vietnamese comes first.
    return 'vi';
  }
}

let current = $state<Language>('vi');

/** The language of the page: what is shown, what `<html lang>` says and what the server is asked for. */
export const language = {
  get current(): Language {
    return current;
  },
  choose(next: Language): void {
    current = next;
    session.language = next;
    document.documentElement.lang = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Then it holds until the page is closed.
    }
  },
  restore(): void {
    language.choose(remembered());
  },
};
