/** Bytes looked at in vain that a file may cost, as a multiple of its size, and what is always allowed. */
const RATIO = 8;
const ALWAYS = 64 * 1024 * 1024;

/**
 * Work that may be spent on a file's damage. Searching for the next intact block tries places that only look like one;
 * a file made for it would cost hours. Real damage stays far below.
 */
export class WasteBudget {
  #left: number;

  constructor(fileSize: number) {
    this.#left = ALWAYS + RATIO * fileSize;
  }

  get spent(): boolean {
    return this.#left < 0;
  }

  /** Counts work that led to nothing, in bytes looked at. */
  spend(bytes: number): void {
    this.#left -= bytes;
  }
}
