/** Figures as a report prints them: money in words of size, ranks, hours, a chart's scale. Pure. */

/** A number of đồng reduced to a readable size. */
export interface Amount {
  /** Up to three significant digits for a headline. */
  value: number;
  unit: 'dong' | 'million' | 'billion';
}

/** Reduces đồng to triệu (million) or tỷ (billion). Exact figures stand in the tables. */
export function amount(dong: number): Amount {
  const size = Math.abs(dong);
  if (size >= 999_500_000) {
    return { value: rounded(dong / 1e9), unit: 'billion' };
  }
  return size >= 999_500 ? { value: rounded(dong / 1e6), unit: 'million' } : { value: dong, unit: 'dong' };
}

function rounded(value: number): number {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

/** Round values from 0 to at least `max`, for the axis of a chart: four to six of them. */
export function ticks(max: number): number[] {
  if (!(max > 0)) {
    return [0, 1];
  }
  const rough = max / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= rough);
  const width = step ?? magnitude * 10;
  return Array.from({ length: Math.ceil(max / width - 1e-9) + 1 }, (_, index) => index * width);
}

/** Sorts by a figure, largest first, and gives equal figures an equal rank (1, 2, 2, 4). */
export function ranked<T>(items: readonly T[], figure: (item: T) => number): { rank: number; item: T }[] {
  const sorted = [...items].sort((left, right) => figure(right) - figure(left));
  const ranks: { rank: number; item: T }[] = [];
  for (const [index, item] of sorted.entries()) {
    const before = ranks[index - 1];
    const tied = before !== undefined && figure(before.item) === figure(item);
    ranks.push({ rank: tied ? before.rank : index + 1, item });
  }
  return ranks;
}

/** Minutes as hours with one decimal: person-hours are how the regulation's readers count time. */
export function hours(minutes: number): number {
  return Math.round(minutes / 6) / 10;
}
