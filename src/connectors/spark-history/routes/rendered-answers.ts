import type { Application, Json, TextMask } from '../../../eventlog/index.ts';
import type { HttpAnswer } from '../../../kernel/http-route.ts';
import { JSON_TYPE, jsonAnswer } from './answers.ts';

/** Shorter answers are made again: that takes a millisecond. Bytes. */
const SHORTEST_KEPT = 256 * 1024;
/** Bytes of all answers kept. */
const KEPT_BYTES = 32 * 1024 * 1024;
/** Longer answers are only streamed. Bytes. */
const LONGEST_KEPT = KEPT_BYTES / 2;

interface Kept {
  readonly owner: number;
  readonly bytes: Buffer;
}

/**
 * Large answers as they were sent, least recently used out first, for as long as their application is in memory: clients
 * ask for the same list of stages over and over. An application that was read again is another one.
 */
export class RenderedAnswers {
  readonly #mask: TextMask;
  readonly #kept = new Map<string, Kept>();
  readonly #owners = new WeakMap<Application, number>();
  readonly #forgotten = new FinalizationRegistry<number>((owner) => this.#dropOf(owner));
  #lastOwner = 0;
  #bytes = 0;

  constructor(mask: TextMask) {
    this.#mask = mask;
  }

  /** Bytes of all answers kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The answer with this value, which is the same for every request of `name` to this application. */
  answer(application: Application, name: string, value: Json): HttpAnswer {
    const owner = this.#ownerOf(application);
    const key = `${owner} ${name}`;
    const kept = this.#kept.get(key);
    if (kept === undefined) {
      const answer = jsonAnswer(value, this.#mask);
      const { body } = answer;
      const isStreamed = typeof body === 'object' && Symbol.asyncIterator in body;
      return isStreamed ? { ...answer, body: this.#keeping(owner, key, body) } : answer;
    }
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return { status: 200, contentType: JSON_TYPE, headers: {}, body: kept.bytes };
  }
  /** Hands on what is made, and keeps it when all of it was made and is not too long. */
  async *#keeping(owner: number, key: string, chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
    const made: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of chunks) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      length += bytes.length;
      if (length <= LONGEST_KEPT) made.push(bytes);
      else made.length = 0;
      yield bytes;
    }
    if (length >= SHORTEST_KEPT && length <= LONGEST_KEPT) this.#keep(key, { owner, bytes: Buffer.concat(made) });
  }

  #keep(key: string, kept: Kept): void {
    this.#drop(key);
    this.#kept.set(key, kept);
    this.#bytes += kept.bytes.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= KEPT_BYTES) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes.length ?? 0;
    this.#kept.delete(key);
  }

  #dropOf(owner: number): void {
    for (const [key, kept] of this.#kept) if (kept.owner === owner) this.#drop(key);
  }

  #ownerOf(application: Application): number {
    const known = this.#owners.get(application);
    if (known !== undefined) return known;
    const owner = ++this.#lastOwner;
    this.#owners.set(application, owner);
    this.#forgotten.register(application, owner);
    return owner;
  }
}
