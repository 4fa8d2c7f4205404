import { describe, expect, it } from 'vitest';
import { gridFor, pageCount, pageOf, pageSize, TILE_ASPECT } from './layout';

const wall = { width: 1900, height: 900, gap: 8 };

describe('the grid of tiles', () => {
  it('gives one endpoint the whole box', () => {
    const grid = gridFor(1, wall);
    expect([grid.columns, grid.rows]).toEqual([1, 1]);
    expect(grid.tileHeight).toBe(900);
  });

  it('never lets tiles overflow the box, for any count up to a large province', () => {
    for (let count = 1; count <= 200; count += 1) {
      const grid = gridFor(count, wall);
      expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(count);
      expect(grid.columns * grid.tileWidth + (grid.columns - 1) * wall.gap).toBeLessThanOrEqual(wall.width);
      expect(grid.rows * grid.tileHeight + (grid.rows - 1) * wall.gap).toBeLessThanOrEqual(wall.height);
    }
  });

  it('keeps the pictures at 16 to 9', () => {
    const grid = gridFor(11, wall);
    expect(grid.tileWidth / grid.tileHeight).toBeCloseTo(TILE_ASPECT, 1);
  });

  it('stacks tiles in a tall, narrow box', () => {
    expect(gridFor(3, { width: 300, height: 900, gap: 8 }).columns).toBe(1);
  });
});

describe('pages of tiles', () => {
  it('hold as many tiles as stay readable', () => {
    expect(pageSize({ width: 1000, height: 600, gap: 0 }, 250)).toBe(16);
  });

  it('hold one tile at least, even before the box has a size', () => {
    expect(pageSize({ width: 0, height: 0, gap: 8 }, 250)).toBe(1);
    expect(pageCount(0, 1)).toBe(1);
  });

  it('show the last page when the asked one has gone', () => {
    expect(pageOf([1, 2, 3, 4, 5], 9, 2)).toEqual([5]);
  });

  it('together show every endpoint exactly once', () => {
    const all = Array.from({ length: 46 }, (_, index) => index);
    const pages = Array.from({ length: pageCount(46, 12) }, (_, page) => pageOf(all, page, 12));
    expect(pages.flat()).toEqual(all);
  });
});
