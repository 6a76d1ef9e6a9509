import { along, findAll } from '../lib/dom.ts';

/** Moves the focus in the grid by columns and rows. */
export function moveInGrid(columns: number, rows: number): void {
  const tiles = findAll<HTMLAnchorElement>('.enlarge');
  const here = tiles.findIndex((tile) => tile === document.activeElement);
  if (here === -1) return tiles[0]?.focus();
  const firstTop = tiles[0]?.getBoundingClientRect().top ?? 0;
  const perRow = Math.max(1, tiles.filter((tile) => Math.abs(tile.getBoundingClientRect().top - firstTop) < 4).length);
  tiles[here + along(columns) + rows * perRow]?.focus();
}
