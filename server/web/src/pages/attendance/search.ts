/** Searching as the office searches: without accents and capitals, "muong nhe" finds Mường Nhé. */

function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/đ/giu, 'd')
    .toLowerCase();
}

/** Whether a text contains every word that is looked for. */
export function matches(wanted: string, text: string): boolean {
  const inside = plain(text);
  return plain(wanted)
    .split(/\s+/u)
    .every((word) => inside.includes(word));
}
