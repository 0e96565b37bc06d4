import type { Gap } from '../../model/application.ts';
import type { ByteRange, ByteSource, ResumePoint } from '../byte-source.ts';
import { type Memory, memoryOf } from './block-copy.ts';
import type { BlockFormat, BlockHead } from './block-format.ts';
import { Damage } from './damage.ts';
import type { FileWindow } from './file-window.ts';
import { findBlock } from './find-block.ts';
import { WasteBudget } from './waste-budget.ts';

const NOTHING = Buffer.alloc(0);

/** Decoded bytes of a stream of independent blocks: lz4, snappy, lzf. */
export class BlockSource implements ByteSource {
  readonly #window: FileWindow;
  readonly #range: ByteRange;
  readonly #format: BlockFormat;
  readonly #damage: Damage;
  readonly #budget: WasteBudget;
  /** A decoded block that did not fit the caller's memory; [#carryAt, #carryEnd) is still to be delivered. */
  #carry: Memory = memoryOf(NOTHING);
  #carryAt = 0;
  #carryEnd = 0;
  /** Where the last block started when nothing proves its length: it may have taken in others. */
  #unproven: number | null = null;
  /** The block that the file ends in, and what was decoded of it. */
  #cut: { readonly offset: number; readonly skip: number } | null = null;
  #over = false;

  private constructor(window: FileWindow, range: ByteRange, format: BlockFormat) {
    this.#window = window;
    this.#range = range;
    this.#format = format;
    this.#damage = new Damage(window.path, format.blockName);
    this.#budget = new WasteBudget(window.fileSize);
  }

  static async open(window: FileWindow, range: ByteRange, format: BlockFormat): Promise<BlockSource> {
    await format.prepare?.();
    const source = new BlockSource(window, range, format);
    window.seek(range.start);
    if (range.start > 0 && range.exact !== true) source.#over = !(await source.#find());
    return source;
  }

  get position(): number {
    return this.#window.offset - this.#range.start;
  }

  get gaps(): readonly Gap[] {
    return this.#damage.gaps;
  }

  get resume(): ResumePoint | null {
    if (this.#damage.met) return null;
    return { ...(this.#cut ?? { offset: this.#window.offset, skip: 0 }), plain: false };
  }

  async read(into: Uint8Array): Promise<number> {
    const target = memoryOf(into);
    let filled = 0;
    while (filled < into.length) {
      filled = this.#damage.writeBreak(into, filled);
      if (this.#carryAt < this.#carryEnd) filled += this.#deliverCarry(into, filled);
      else if (filled < into.length) {
        if (this.#over || this.#window.offset >= this.#range.end) break;
        filled = await this.#readBlock(target, filled);
      }
    }
    return filled;
  }

  close(): Promise<void> {
    return this.#window.close();
  }

  #deliverCarry(into: Uint8Array, at: number): number {
    const count = Math.min(into.length - at, this.#carryEnd - this.#carryAt);
    into.set(this.#carry.bytes.subarray(this.#carryAt, this.#carryAt + count), at);
    this.#carryAt += count;
    return count;
  }

  /** Decodes the next block into `target` from `at`, or into the carry when there is no room. Returns the place after it. */
  async #readBlock(target: Memory, at: number): Promise<number> {
    const window = this.#window;
    if (!window.has(this.#format.headBytes)) await window.need(this.#format.headBytes);
    if (window.left === 0) return at;
    const head = this.#format.head(window, window.at, window.end);
    if (head === null) {
      await this.#passHeadless();
      return at;
    }
    const blockBytes = head.headBytes + head.payloadBytes;
    if (!window.has(blockBytes) && !(await window.need(blockBytes))) {
      await this.#readCutBlock(head);
      return at;
    }
    const fits = head.rawBytes <= target.bytes.length - at;
    const memory = fits ? target : this.#carryOf(head.rawBytes);
    const to = fits ? at : 0;
    const wrong = this.#decode(head, memory, to);
    if (wrong !== null) {
      await this.#passDamaged(wrong, blockBytes);
      return at;
    }
    this.#unproven = head.stored && head.checksum === null && head.rawBytes > 0 ? window.offset : null;
    window.at += blockBytes;
    this.#damage.intact();
    if (fits) return at + head.rawBytes;
    this.#carryEnd = head.rawBytes;
    return at;
  }

  /** Decodes the whole block in view. Returns what is wrong with it, or null. */
  #decode(head: BlockHead, target: Memory, to: number): string | null {
    const { at, bytes } = this.#window;
    const from = at + head.headBytes;
    const end = from + head.payloadBytes;
    const limit = to + head.rawBytes;
    if (head.stored) target.bytes.set(bytes.subarray(from, end), to);
    else if (this.#format.decode(this.#window, from, end, target, to, limit) !== limit) return 'it cannot be decoded';
    if (head.checksum === null || this.#format.checksum === undefined) return null;
    return this.#format.checksum(target.bytes.subarray(to, limit)) === head.checksum ? null : 'its checksum is wrong';
  }

  #carryOf(rawBytes: number): Memory {
    if (this.#carry.bytes.length < rawBytes) this.#carry = memoryOf(Buffer.allocUnsafeSlow(rawBytes));
    this.#carryAt = 0;
    this.#carryEnd = 0;
    return this.#carry;
  }

  /** No block begins here: damage, or what is left is too short to be one. */
  async #passHeadless(): Promise<void> {
    const { offset, left } = this.#window;
    if (left < this.#format.headBytes) {
      this.#damage.truncate(`the head of a ${this.#format.blockName}`);
      this.#cut = { offset, skip: 0 };
      this.#window.seek(this.#window.fileSize);
      return;
    }
    this.#damage.add(offset, 'no block begins there');
    await this.#resync(this.#unproven ?? offset);
  }

  /** A block that is whole but wrong. Its length may be what is wrong, so the next one can begin anywhere after its start. */
  async #passDamaged(wrong: string, blockBytes: number): Promise<void> {
    this.#damage.add(this.#window.offset, wrong);
    this.#budget.spend(blockBytes);
    await this.#resync(this.#window.offset);
  }

  /** The file ends inside this block. All that is left of the file is in view. */
  async #readCutBlock(head: BlockHead): Promise<void> {
    const window = this.#window;
    const { offset } = window;
    window.at += 1;
    if (await this.#find(window.fileSize)) {
      this.#damage.add(offset, 'its length is wrong');
      this.#damage.lose(window.offset - offset);
      return;
    }
    window.seek(offset);
    this.#damage.truncate(`a ${this.#format.blockName}`);
    this.#decodePart(head);
    this.#cut = { offset, skip: this.#carryEnd };
    window.seek(window.fileSize);
  }

  /** Takes what a cut block still tells: its decoded beginning. */
  #decodePart(head: BlockHead): void {
    const window = this.#window;
    const from = window.at + head.headBytes;
    if (from >= window.end) return;
    const present = window.end - from;
    if (head.stored) {
      this.#carryOf(present).bytes.set(window.bytes.subarray(from, window.end));
      this.#carryEnd = present;
      return;
    }
    const carry = this.#carryOf(head.rawBytes);
    const place = this.#format.decode(window, from, window.end, carry, 0, head.rawBytes);
    this.#carryEnd = place < 0 ? ~place : place;
  }

  /** Goes to the next block after this file offset. */
  async #resync(after: number): Promise<void> {
    const window = this.#window;
    const { offset } = window;
    this.#budget.spend(offset - after);
    this.#unproven = null;
    window.seek(after + 1);
    if (!(await this.#find())) this.#over = true;
    this.#damage.lose(Math.max(0, window.offset - offset));
  }

  #find(limit = this.#range.end): Promise<boolean> {
    return findBlock(this.#window, this.#format, limit, this.#budget);
  }
}
