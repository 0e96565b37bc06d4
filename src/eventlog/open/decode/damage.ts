import { basename } from 'node:path';
import type { Gap } from '../../model/application.ts';

const NEWLINE = 0x0a;

/**
 * What went wrong in one file, and the line break that stands in its place.
 *
 * Damages with no intact byte between them count as one. Each kind of gap is kept once, with its count, so that a file
 * full of damage costs no memory.
 */
export class Damage {
  readonly #name: string;
  readonly #what: string;
  #damagedCount = 0;
  #lostBytes = 0;
  #first = '';
  #truncated = '';
  /** True from a damage until the next intact byte. */
  #open = false;
  #breakDue = false;

  /** `what` is a block of the format, for messages: `zstd frame`, `lz4 block`. */
  constructor(path: string, what: string) {
    this.#name = basename(path);
    this.#what = what;
  }

  /** Damage at this file offset. */
  add(offset: number, reason: string): void {
    if (this.#open) return;
    this.#open = true;
    this.#breakDue = true;
    this.#damagedCount += 1;
    if (this.#damagedCount === 1) this.#first = `the first at byte ${offset} (${reason})`;
  }

  /** Bytes of the file that were passed over. */
  lose(bytes: number): void {
    this.#lostBytes += bytes;
  }

  /** The file ends in the middle of something: what the end of a log that is being written, or was cut, looks like. */
  truncate(reason: string): void {
    this.#truncated = reason;
  }

  /** True when anything but the end of the file was wrong. */
  get met(): boolean {
    return this.#damagedCount > 0;
  }

  /** Call after intact bytes were delivered. */
  intact(): void {
    this.#open = false;
  }

  /** Writes the line break that is due into `into[at]`. Returns the place after it. `at` must be inside. */
  writeBreak(into: Uint8Array, at: number): number {
    if (!this.#breakDue) return at;
    this.#breakDue = false;
    into[at] = NEWLINE;
    return at + 1;
  }

  get gaps(): readonly Gap[] {
    const gaps: Gap[] = [];
    if (this.#damagedCount > 0) {
      const places =
        this.#damagedCount === 1 ? `a damaged ${this.#what}` : `${this.#damagedCount} damaged ${this.#what}s`;
      gaps.push({
        kind: 'damaged-block',
        message: `${this.#name} has ${places}, ${this.#first}; ${this.#lostBytes} bytes of the file could not be read.`,
        count: this.#damagedCount,
      });
    }
    if (this.#truncated !== '') {
      gaps.push({
        kind: 'truncated-file',
        message: `${this.#name} ends in the middle of ${this.#truncated}.`,
        count: 1,
      });
    }
    return gaps;
  }
}
