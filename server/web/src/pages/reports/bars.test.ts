import { describe, expect, it } from 'vitest';
import { layBars, type Canvas } from './bars';

const canvas: Canvas = { width: 900, height: 300, left: 60, right: 10, top: 10, bottom: 30 };

describe('a bar chart', () => {
  it('keeps every bar inside the drawing', () => {
    for (const values of [[0], [5], [3, 9, 27], Array.from({ length: 12 }, (_, month) => month * 1e7)]) {
      for (const bar of layBars(values, canvas).bars) {
        expect(bar.x).toBeGreaterThanOrEqual(canvas.left);
        expect(bar.x + bar.width).toBeLessThanOrEqual(canvas.width - canvas.right);
        expect(bar.y).toBeGreaterThanOrEqual(canvas.top);
        expect(bar.y + bar.height).toBeLessThanOrEqual(canvas.height - canvas.bottom + 0.001);
      }
    }
  });

  it('draws heights in proportion', () => {
    const [one, two] = layBars([10, 20], canvas).bars;
    expect(two?.height).toBeCloseTo((one?.height ?? 0) * 2);
  });

  it('hangs a loss below zero', () => {
    const chart = layBars([10, -5], canvas);
    expect(chart.bars[1]?.y).toBeCloseTo(chart.zero);
    expect(chart.bars[0]?.y).toBeLessThan(chart.zero);
    expect(chart.lines[0]?.value).toBeLessThan(0);
  });

  it('of nothing has an axis and no bars', () => {
    const chart = layBars([], canvas);
    expect(chart.bars).toEqual([]);
    expect(chart.lines.length).toBeGreaterThan(1);
  });
});
