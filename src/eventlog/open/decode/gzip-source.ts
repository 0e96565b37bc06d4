import { crc32 } from 'node:zlib';
import type { Gap } from '../../model/application.ts';
import type { ByteRange, ByteSource, ResumePoint } from '../byte-source.ts';
import { Damage } from './damage.ts';
import type { FileWindow } from './file-window.ts';
import { findMember, LONGEST_HEAD_BYTES, memberHeadBytes, TRAILER_BYTES } from './gzip-member.ts';
import { NativeDecoder } from './native-decoder.ts';
import { WasteBudget } from './waste-budget.ts';

/** Input of one step. */
const SLICE_BYTES = 16 * 1024;
/** Output of one step that is decoded again and passed over. */
const DISCARD_BYTES = 64 * 1024;
/** What a step that is fed a single byte costs of the budget: about the time of as many bytes of ordinary decoding. */
const SINGLE_BYTE_COST = 512;

/**
 * Decoded bytes of a gz file of any number of members. It cannot be split: a range that does not start at 0 is empty.
 *
 * A step that fails does not tell how much it had decoded. So the member is decoded once more, what was delivered is passed
 * over, and the slice that failed is fed byte by byte: everything before the damage is delivered.
 */
export class GzipSource implements ByteSource {
  readonly #window: FileWindow;
  readonly #range: ByteRange;
  readonly #decoder = NativeDecoder.deflate();
  readonly #damage: Damage;
  readonly #budget: WasteBudget;
  #inMember = false;
  /** File offset of the member, and what was delivered of it. */
  #memberStart = 0;
  #delivered = 0;
  #checksum = 0;
  /** For a second look at a member: bytes to decode and pass over, and the file offset from which single bytes are fed. */
  #discard = 0;
  #carefulFrom = Number.POSITIVE_INFINITY;
  /** The last step filled its output: the decoder may hold more. */
  #pending = false;
  #over: boolean;
  /** The file ends inside a member. */
  #cut = false;

  constructor(window: FileWindow, range: ByteRange) {
    this.#window = window;
    this.#range = range;
    this.#damage = new Damage(window.path, 'gzip member');
    this.#budget = new WasteBudget(window.fileSize);
    this.#over = range.start > 0 && range.exact !== true;
    window.seek(this.#over ? range.end : range.start);
  }

  get position(): number {
    return Math.max(0, this.#window.offset - this.#range.start);
  }

  get gaps(): readonly Gap[] {
    return this.#damage.gaps;
  }

  get resume(): ResumePoint | null {
    if (this.#damage.met) return null;
    return this.#cut
      ? { offset: this.#memberStart, skip: this.#delivered, plain: false }
      : { offset: this.#window.offset, skip: 0, plain: false };
  }

  async read(into: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      filled = this.#damage.writeBreak(into, filled);
      if (this.#over) break;
      if (filled === into.length) break;
      if (this.#inMember) filled = await this.#decodeSlice(into, filled);
      else await this.#beginMember();
    }
    return filled;
  }

  close(): Promise<void> {
    this.#decoder.close();
    return this.#window.close();
  }

  async #beginMember(): Promise<void> {
    const window = this.#window;
    await this.#passPadding();
    if (window.left === 0) {
      this.#over = true;
      return;
    }
    const headBytes = await this.#memberHead();
    if (headBytes > 0) {
      this.#memberStart = window.offset;
      this.#delivered = 0;
      this.#checksum = 0;
      this.#startDecoder(headBytes);
    } else if (headBytes === 0 && window.left <= LONGEST_HEAD_BYTES) {
      this.#memberStart = window.offset;
      this.#delivered = 0;
      await this.#passCut();
    } else {
      this.#damage.add(window.offset, 'no gzip member begins there');
      await this.#resync(window.offset);
    }
  }

  /** Zeros after a member are padding. */
  async #passPadding(): Promise<void> {
    const window = this.#window;
    if (window.offset === 0) return;
    while (await window.need(1)) {
      while (window.at < window.end && window.bytes[window.at] === 0) window.at += 1;
      if (window.at < window.end) return;
    }
  }

  async #memberHead(): Promise<number> {
    const window = this.#window;
    for (let view = 1024; ; view *= 4) {
      const more = await window.need(Math.min(view, LONGEST_HEAD_BYTES));
      const headBytes = memberHeadBytes(window.bytes.subarray(window.at, window.end));
      if (headBytes !== 0 || !more || view >= LONGEST_HEAD_BYTES) return headBytes;
    }
  }

  #startDecoder(headBytes: number): void {
    this.#decoder.reset();
    this.#window.skip(headBytes);
    this.#inMember = true;
    this.#pending = false;
  }

  async #decodeSlice(into: Uint8Array, at: number): Promise<number> {
    const window = this.#window;
    const decoder = this.#decoder;
    const sliceBytes = await this.#sliceBytes();
    if (sliceBytes === 0 && !this.#pending) {
      await this.#passCut();
      return at;
    }
    const discarding = this.#discard > 0;
    const output = discarding ? new Uint8Array(Math.min(DISCARD_BYTES, this.#discard)) : into;
    decoder.step(window.bytes, window.at, window.at + sliceBytes, output, discarding ? 0 : at);
    if (decoder.error !== null) {
      await this.#passDamage(decoder.error);
      return at;
    }
    window.at += decoder.consumed;
    const { produced } = decoder;
    this.#pending = produced === output.length - (discarding ? 0 : at);
    if (sliceBytes > 0 && decoder.consumed + produced === 0) await this.#endMember();
    if (!discarding) return this.#deliver(into, at, produced);
    this.#discard -= produced;
    return at;
  }

  #deliver(into: Uint8Array, at: number, produced: number): number {
    if (produced === 0) return at;
    this.#damage.intact();
    this.#delivered += produced;
    this.#checksum = crc32(into.subarray(at, at + produced), this.#checksum);
    return at + produced;
  }

  /** How many bytes of input the next step gets; 0 at the end of the file. */
  async #sliceBytes(): Promise<number> {
    const window = this.#window;
    const careful = window.offset >= this.#carefulFrom;
    const wanted = careful ? 1 : Math.min(SLICE_BYTES, this.#carefulFrom - window.offset);
    if (careful) this.#budget.spend(SINGLE_BYTE_COST);
    if (!window.has(wanted)) await window.need(wanted);
    return Math.min(wanted, window.end - window.at);
  }

  /** The member's data is over: its checksum and size follow. */
  async #endMember(): Promise<void> {
    const window = this.#window;
    if (!(await window.need(TRAILER_BYTES))) {
      await this.#passCut();
      return;
    }
    const checksum = window.view.getUint32(window.at, true);
    const size = window.view.getUint32(window.at + 4, true);
    window.skip(TRAILER_BYTES);
    this.#beginAfresh();
    if (checksum === this.#checksum && size === this.#delivered % 2 ** 32) return;
    this.#damage.add(this.#memberStart, 'its checksum is wrong');
    await this.#resync(this.#memberStart);
  }

  /** The file ends inside this member, or the member is damaged in such a way that it took in those after it. */
  async #passCut(): Promise<void> {
    const window = this.#window;
    window.seek(this.#memberStart + 1);
    if (await findMember(window, this.#budget)) {
      this.#damage.add(this.#memberStart, 'it does not end before the next one');
      this.#beginAfresh();
      return;
    }
    window.seek(window.fileSize);
    this.#damage.truncate('a gzip member');
    this.#cut = true;
    this.#over = true;
  }

  async #passDamage(wrong: string): Promise<void> {
    const window = this.#window;
    const careful = window.offset >= this.#carefulFrom;
    if (!careful && !this.#budget.spent) {
      this.#carefulFrom = window.offset;
      this.#discard = this.#delivered;
      window.seek(this.#memberStart);
      this.#startDecoder(await this.#memberHead());
      return;
    }
    this.#damage.add(window.offset, wrong);
    await this.#resync(this.#memberStart);
  }

  /** Goes to the next member after this file offset: another one may begin inside the damaged one. */
  async #resync(after: number): Promise<void> {
    const window = this.#window;
    const { offset } = window;
    this.#budget.spend(offset - after);
    window.seek(after + 1);
    this.#over = !(await findMember(window, this.#budget));
    this.#damage.lose(Math.max(0, window.offset - offset));
    this.#beginAfresh();
  }

  #beginAfresh(): void {
    this.#inMember = false;
    this.#discard = 0;
    this.#carefulFrom = Number.POSITIVE_INFINITY;
  }
}
