import type { LogFile, RandomAccess } from '../../../../eventlog/index.ts';
import type { ObjectStore } from './object-store.ts';

/** The first read takes a small log whole; reading on, each one doubles up to the largest. */
const FIRST_BYTES = 128 * 1024;
const LARGEST_BYTES = 8 * 1024 * 1024;
/** Stretches that are kept: the head and the tail of a log. */
const KEPT_STRETCHES = 2;

interface Stretch {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** An object read by ranges, as its reader moves through it. What was read last is kept, so that looking twice asks once. */
export class RangedObject implements RandomAccess {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #store: ObjectStore;
  readonly #file: LogFile;
  readonly #firstBytes: number;
  readonly #signal: AbortSignal | undefined;
  #stretches: readonly Stretch[] = [];
  #readAhead: number;

  constructor(store: ObjectStore, file: LogFile, signal: AbortSignal | undefined, firstBytes = FIRST_BYTES) {
    this.path = file.path;
    this.sizeBytes = file.sizeBytes;
    this.#store = store;
    this.#file = file;
    this.#firstBytes = firstBytes;
    this.#readAhead = firstBytes;
    this.#signal = signal;
  }

  async readAt(offset: number, into: Uint8Array): Promise<number> {
    if (offset >= this.sizeBytes || into.length === 0) return 0;
    const { start, bytes } = this.#kept(offset) ?? (await this.#fetch(offset, into.length));
    const part = bytes.subarray(offset - start, offset - start + into.length);
    into.set(part);
    return part.length;
  }

  /** Nothing is held open. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #kept(offset: number): Stretch | undefined {
    return this.#stretches.find(({ start, bytes }) => offset >= start && offset < start + bytes.length);
  }

  async #fetch(start: number, wanted: number): Promise<Stretch> {
    const goesOn = this.#stretches.some((one) => one.start + one.bytes.length === start);
    this.#readAhead = goesOn ? Math.min(this.#readAhead * 2, LARGEST_BYTES) : this.#firstBytes;
    const end = Math.min(start + Math.max(wanted, this.#readAhead), this.sizeBytes);
    const bytes = new Uint8Array(end - start);
    const take = (part: Uint8Array, offset: number) => bytes.set(part, offset - start);
    await this.#store.read(this.#file, { start, end }, take, this.#signal);
    const stretch = { start, bytes };
    this.#stretches = [stretch, ...this.#stretches].slice(0, KEPT_STRETCHES);
    return stretch;
  }
}
