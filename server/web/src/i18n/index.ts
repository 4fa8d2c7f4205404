import { en } from './en';
import { fill, type Params } from './fill';
import { language } from './lang.svelte';
import { vi } from './vi';

export { language, type Language } from './lang.svelte';

/** Every message there is. A key that only one language knows fails the type check. */
export type Key = keyof typeof vi;

const dictionaries = { vi, en } as const;

/** The message in the language of the page. Reactive: a template that calls it follows the language switch. */
export function t(key: Key, params?: Params): string {
  return fill(dictionaries[language.current][key], params);
}

/** Whether there is a message for a key made from data, such as the code of a warning. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(vi, key);
}
