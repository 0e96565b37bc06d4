import type { Gap } from '../model/application.ts';
import type { ByteRange, ByteSource } from './byte-source.ts';
import { Damage } from './damage.ts';
import type { FileWindow } from './file-window.ts';
import { NativeDecoder } from './native-decoder.ts';
import { WasteBudget } from './waste-budget.ts';

/** Input of one step. */
const SLICE_BYTES = 16 * 1024;
/** Output that is decoded again and thrown away, a step. */
const DISCARD_BYTES = 64 * 1024;
/** What a step that is fed a single byte costs of the budget: about the time of as many bytes of ordinary decoding. */
const SINGLE_BYTE_COST = 512;
/** RFC 1952: ID1, ID2, deflate. */
const MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);
const HEAD_BYTES = 10;

/**
 * Decoded bytes of a gz file of any number of members. It cannot be split: a range that does not start at 0 is empty.
 *
 * A step that fails does not tell how much it had decoded. So the members since the last break are decoded once more, what
 * was delivered is passed over, and the slice that failed is fed byte by byte: everything before the damage is delivered.
 */
export class GzipSource implements ByteSource {
  readonly #window: FileWindow;
  readonly #range: ByteRange;
  readonly #decoder = NativeDecoder.gunzip();
  readonly #damage: Damage;
  readonly #budget: WasteBudget;
  /** File offset where the present run of members began, and what was delivered of it. */
  #runStart = 0;
  #delivered = 0;
  /** Bytes to decode and pass over, and the file offset from which single bytes are fed; for a second look at a run. */
  #discard = 0;
  #carefulFrom = Number.POSITIVE_INFINITY;
  /** The last step filled its output: the decoder may hold more. */
  #pending = false;
  #over: boolean;

  constructor(window: FileWindow, range: ByteRange) {
    this.#window = window;
    this.#range = range;
    this.#damage = new Damage(window.path, 'gzip member');
    this.#budget = new WasteBudget(window.fileSize);
    this.#over = range.start > 0;
    if (this.#over) window.seek(range.end);
  }

  get position(): number {
    return this.#window.offset - this.#range.start;
  }

  get gaps(): readonly Gap[] {
    return this.#damage.gaps;
  }

  async read(into: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      filled = this.#damage.writeBreak(into, filled);
      if (this.#over) break;
      if (filled < into.length) filled = await this.#decodeSlice(into, filled);
    }
    return filled;
  }

  close(): Promise<void> {
    this.#decoder.close();
    return this.#window.close();
  }

  async #decodeSlice(into: Uint8Array, at: number): Promise<number> {
    const window = this.#window;
    const sliceBytes = await this.#sliceBytes();
    if (sliceBytes === 0 && !this.#pending) {
      this.#end();
      return at;
    }
    const discarding = this.#discard > 0;
    const output = discarding ? new Uint8Array(Math.min(DISCARD_BYTES, this.#discard)) : into;
    const outputAt = discarding ? 0 : at;
    this.#decoder.step(window.bytes, window.at, window.at + sliceBytes, output, outputAt);
    if (this.#decoder.error !== null) {
      await this.#passDamage(this.#decoder.error);
      return at;
    }
    window.at += this.#decoder.consumed;
    return this.#take(at, outputAt, output.length, discarding);
  }

  /** Books what the last step produced. Returns the place after what was delivered. */
  #take(at: number, outputAt: number, outputLength: number, discarding: boolean): number {
    const { produced } = this.#decoder;
    this.#pending = outputAt + produced === outputLength;
    if (discarding) {
      this.#discard -= produced;
      return at;
    }
    if (produced > 0) this.#damage.intact();
    this.#delivered += produced;
    return at + produced;
  }

  /** How many bytes of input the next step gets; 0 at the end of the file. */
  async #sliceBytes(): Promise<number> {
    const window = this.#window;
    const careful = window.offset >= this.#carefulFrom;
    const wanted = careful ? 1 : Math.min(SLICE_BYTES, this.#carefulFrom - window.offset);
    if (careful) this.#budget.spend(SINGLE_BYTE_COST);
    if (window.has(wanted)) return wanted;
    await window.need(wanted);
    return Math.min(wanted, window.end - window.at);
  }

  #end(): void {
    this.#over = true;
    if (!this.#decoder.endsHere()) this.#damage.truncate('a gzip member');
  }

  async #passDamage(wrong: string): Promise<void> {
    const window = this.#window;
    const careful = window.offset >= this.#carefulFrom;
    this.#decoder.reset();
    this.#pending = false;
    if (!careful && !this.#budget.spent) {
      this.#carefulFrom = window.offset;
      this.#discard = this.#delivered;
      window.seek(this.#runStart);
      return;
    }
    const { offset } = window;
    this.#damage.add(offset, wrong);
    window.skip(1);
    this.#over = !(await this.#findMember());
    this.#damage.lose(window.offset - offset);
    this.#runStart = window.offset;
    this.#delivered = 0;
    this.#discard = 0;
    this.#carefulFrom = Number.POSITIVE_INFINITY;
  }

  /** Moves the window to the next place that looks like a member's head. False when there is none. */
  async #findMember(): Promise<boolean> {
    const window = this.#window;
    while (!this.#budget.spent) {
      await window.need(SLICE_BYTES);
      const found = window.bytes.subarray(window.at, window.end).indexOf(MAGIC);
      if (found < 0) {
        if (window.left <= window.end - window.at) break;
        window.at = window.end - MAGIC.length + 1;
        continue;
      }
      window.at += found;
      await window.need(HEAD_BYTES);
      if (looksLikeMember(window.bytes.subarray(window.at, window.end))) return true;
      window.at += 1;
    }
    window.seek(window.fileSize);
    return false;
  }
}

/** RFC 1952: no reserved flags, XFL 0, 2 or 4, a known operating system. */
function looksLikeMember(head: Uint8Array): boolean {
  const [, , , flags = 0xff, , , , , level = 1, system = 0x7f] = head;
  return (flags & 0xe0) === 0 && (level === 0 || level === 2 || level === 4) && (system <= 13 || system === 255);
}
