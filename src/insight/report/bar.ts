import type { TimeShare } from './time-shares.ts';

/** A bar cut into parts: cells of each part, adding up to the width. Largest remainder, so that a small part keeps its place fairly. */
export function cellsOf(shares: readonly TimeShare[], width: number): number[] {
  const total = shares.reduce((sum, part) => sum + part.share, 0);
  if (total <= 0) return shares.map(() => 0);
  const exact = shares.map((part) => (part.share / total) * width);
  const cells = exact.map(Math.floor);
  const missing = width - cells.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, missing)) cells[index] = (cells[index] ?? 0) + 1;
  return cells;
}
