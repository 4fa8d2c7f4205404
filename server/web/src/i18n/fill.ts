export type Params = Record<string, string | number>;

/**
 * Fills a message: `{name}` takes a value, `{n|session|sessions}` the word for one or for any other number (for
 * English; Vietnamese nouns have one form).
 */
export function fill(message: string, params: Params = {}): string {
  return message.replace(
    /\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g,
    (whole, name: string, one?: string, other?: string) => {
      const value = params[name];
      if (value === undefined) return whole;
      if (one === undefined) return String(value);
      return (Number(value) === 1 ? one : other) ?? '';
    },
  );
}
