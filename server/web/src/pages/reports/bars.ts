import { ticks } from './figures';

/** One bar, in the units of the drawing. */
export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Middle, for the label below. */
  centre: number;
}

/** A drawn bar chart: its bars and the lines of its axis. */
export interface Bars {
  bars: Bar[];
  lines: { y: number; value: number }[];
  /** Where zero is. */
  zero: number;
}

/** The space of the drawing, in its own units. */
export interface Canvas {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Widest bar: a single month is no slab. */
const WIDEST = 64;

/** Lays out one bar per value; negative values hang below the line of zero. */
export function layBars(values: readonly number[], canvas: Canvas): Bars {
  const above = ticks(Math.max(0, ...values));
  const lowest = Math.min(0, ...values);
  const top = above.at(-1) ?? 1;
  const below =
    lowest < 0
      ? ticks(-lowest)
          .slice(1)
          .map((value) => -value)
      : [];
  const bottom = below.at(-1) ?? 0;
  const high = canvas.height - canvas.top - canvas.bottom;
  const wide = canvas.width - canvas.left - canvas.right;
  const at = (value: number): number => canvas.top + ((top - value) / (top - bottom)) * high;
  const step = wide / Math.max(1, values.length);
  const width = Math.min(WIDEST, step * 0.62);
  return {
    zero: at(0),
    lines: [...below.reverse(), ...above].map((value) => ({ y: at(value), value })),
    bars: values.map((value, index) => {
      const centre = canvas.left + step * (index + 0.5);
      return {
        x: centre - width / 2,
        y: Math.min(at(value), at(0)),
        width,
        height: Math.abs(at(value) - at(0)),
        centre,
      };
    }),
  };
}
