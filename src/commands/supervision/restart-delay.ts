/** A child that dies at once is started again after so long, then after twice as long each time. Milliseconds. */
const FIRST_MS = 200;
/** What is wrong for longer is mended by somebody, who should not have to wait. Milliseconds. */
const LONGEST_MS = 10_000;

/** Whoever ran so long was well: the next end is the first again. Milliseconds. */
export const WELL_AFTER_MS = 30_000;

/** How long to wait before a child is started again that ended `ends` times in a row, from 1. Milliseconds. */
export function restartDelayMs(ends: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (ends - 1));
}
