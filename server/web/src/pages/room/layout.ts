/** How many tiles fit a box, and how large they are. Pure geometry, no DOM. */

/** Width divided by height of a camera picture. */
export const TILE_ASPECT = 16 / 9;

/** The grid that a box of tiles uses. Lengths are CSS pixels. */
export interface Grid {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

/** A box to fill, in CSS pixels. */
export interface Box {
  width: number;
  height: number;
  gap: number;
}

function tileIn(box: Box, columns: number, rows: number): { width: number; height: number } {
  const width = (box.width - box.gap * (columns - 1)) / columns;
  const height = (box.height - box.gap * (rows - 1)) / rows;
  if (width <= 0 || height <= 0) {
    return { width: 0, height: 0 };
  }
  return width / height > TILE_ASPECT
    ? { width: height * TILE_ASPECT, height }
    : { width, height: width / TILE_ASPECT };
}

/** The columns and rows that show `count` pictures of 16:9 as large as the box allows. */
export function gridFor(count: number, box: Box): Grid {
  let best: Grid = { columns: 1, rows: 1, tileWidth: 0, tileHeight: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.max(1, Math.ceil(count / columns));
    const tile = tileIn(box, columns, rows);
    if (tile.width > best.tileWidth + 0.5) {
      best = { columns, rows, tileWidth: Math.floor(tile.width), tileHeight: Math.floor(tile.height) };
    }
  }
  return best;
}

/** How many tiles no narrower than `minTileWidth` a box holds. At least one, however small the box. */
export function pageSize(box: Box, minTileWidth: number): number {
  const minTileHeight = minTileWidth / TILE_ASPECT;
  const columns = Math.max(1, Math.floor((box.width + box.gap) / (minTileWidth + box.gap)));
  const rows = Math.max(1, Math.floor((box.height + box.gap) / (minTileHeight + box.gap)));
  return columns * rows;
}

/** How many pages `count` tiles need. */
export function pageCount(count: number, size: number): number {
  return Math.max(1, Math.ceil(count / Math.max(1, size)));
}

/** The tiles of one page. A page past the end is the last page: people leave while one looks at it. */
export function pageOf<T>(items: readonly T[], page: number, size: number): T[] {
  const last = pageCount(items.length, size) - 1;
  const at = Math.min(Math.max(0, page), last);
  return items.slice(at * size, (at + 1) * size);
}
