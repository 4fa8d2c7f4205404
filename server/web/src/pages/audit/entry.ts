/** What an entry was about: the kind of thing and which one. */
export interface Subject {
  kind: string;
  id: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i;

/** Reads `session 01a2…`; null when the entry names its object in another way. */
export function subjectOf(object: string): Subject | null {
  const [kind, id, ...more] = object.split(' ');
  return kind && id && more.length === 0 && UUID.test(id) ? { kind, id } : null;
}

/** The end of an id, which is random, where its beginning is the time: enough to tell two apart on a page. */
export function shortId(text: string): string {
  return UUID.test(text) ? text.slice(-8) : text;
}

/** The particulars of an entry as names and values; a text that is no record stands alone. */
export function particulars(detail: string): { name: string; value: unknown }[] {
  let record: unknown;
  try {
    record = JSON.parse(detail);
  } catch {
    return [{ name: '', value: detail }];
  }
  if (record === null || typeof record !== 'object' || Array.isArray(record)) {
    return [{ name: '', value: record }];
  }
  return Object.entries(record)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ({ name, value }));
}
