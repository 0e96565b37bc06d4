import type { Gap } from '../../model/application.ts';
import type { ByteRange, ByteSource, ResumePoint } from '../byte-source.ts';
import { Damage } from './damage.ts';
import type { FileWindow } from './file-window.ts';
import { NativeDecoder } from './native-decoder.ts';
import { WasteBudget } from './waste-budget.ts';
import {
  BLOCK_HEAD_BYTES,
  CHECKSUM_BYTES,
  findFrame,
  frameKindAt,
  LARGEST_BLOCK_BYTES,
  LONGEST_HEAD_BYTES,
  readBlockHead,
  readFrameHead,
  SKIPPABLE_HEAD_BYTES,
} from './zstd-frames.ts';

/** Bytes that hold any frame head with the first block, or any block. */
const PIECE_BYTES = LONGEST_HEAD_BYTES + BLOCK_HEAD_BYTES + LARGEST_BLOCK_BYTES + CHECKSUM_BYTES;

/** Why decoding stopped, other than for lack of room. */
type Stop = 'input' | 'end' | 'skippable' | 'cut' | 'damage';

/**
 * Decoded bytes of a run of zstd frames.
 *
 * The decoder is fed one block at a time (with the frame's head before the first, the checksum by itself), because a step
 * that fails does not tell what it had decoded before: so only the damaged block and the rest of its frame are lost.
 */
export class ZstdSource implements ByteSource {
  readonly #window: FileWindow;
  readonly #range: ByteRange;
  readonly #decoder: NativeDecoder;
  readonly #damage: Damage;
  readonly #budget: WasteBudget;
  /** Bytes from the window's place that the decoder gets next, and what it may still hold of the block before. */
  #pieceBytes = 0;
  #pieceOpen = false;
  #inFrame = false;
  /** File offset of the frame: another one may begin anywhere after it, when this one is wrong. */
  #frameStart = 0;
  /** Decoded bytes of the frame that were delivered. */
  #frameBytes = 0;
  #lastBlock = false;
  #checksumDue = false;
  /** The last piece of a file that ends inside a frame is being fed. */
  #cutting = false;
  #stop: Stop = 'input';
  #wrong = '';
  #over = false;

  private constructor(window: FileWindow, range: ByteRange) {
    this.#window = window;
    this.#range = range;
    this.#decoder = NativeDecoder.zstd();
    this.#damage = new Damage(window.path, 'zstd frame');
    this.#budget = new WasteBudget(window.fileSize);
  }

  static async open(window: FileWindow, range: ByteRange): Promise<ZstdSource> {
    const source = new ZstdSource(window, range);
    window.seek(range.start);
    if (range.start === 0 || range.exact === true) return source;
    await window.need(LONGEST_HEAD_BYTES);
    const kind = frameKindAt(window);
    if (kind === 'none' || kind === 'short') source.#over = !(await findFrame(window, range.end, source.#budget));
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
    const inside = this.#cutting || this.#inFrame;
    return inside
      ? { offset: this.#frameStart, skip: this.#frameBytes, plain: false }
      : { offset: this.#window.offset, skip: 0, plain: false };
  }

  async read(into: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      filled = this.#damage.writeBreak(into, filled);
      if (this.#over) break;
      if (filled < into.length) filled = this.#decodeView(into, filled);
      if (filled < into.length) await this.#goOn();
    }
    return filled;
  }

  close(): Promise<void> {
    this.#decoder.close();
    return this.#window.close();
  }

  /** Decodes what is in view until `into` is full or something else has to happen first: `#stop` says what. */
  #decodeView(into: Uint8Array, at: number): number {
    let filled = at;
    for (;;) {
      if (this.#pieceOpen) {
        filled = this.#decodePiece(into, filled);
        if (this.#pieceOpen) return filled;
      }
      const stop = this.#nextPiece();
      if (stop !== null) {
        this.#stop = stop;
        return filled;
      }
      this.#pieceOpen = true;
    }
  }

  /** Feeds the open piece. It stays open while the decoder may hold more of it than there was room for, and on damage. */
  #decodePiece(into: Uint8Array, at: number): number {
    const window = this.#window;
    const decoder = this.#decoder;
    let filled = at;
    while (filled < into.length) {
      decoder.step(window.bytes, window.at, window.at + this.#pieceBytes, into, filled);
      const stuck = decoder.consumed + decoder.produced === 0 && this.#pieceBytes > 0;
      if (decoder.error !== null || stuck) {
        this.#wrong = decoder.error ?? 'the frame ends before its last block';
        this.#stop = this.#cutting ? 'end' : 'damage';
        return filled;
      }
      window.at += decoder.consumed;
      this.#pieceBytes -= decoder.consumed;
      filled += decoder.produced;
      this.#frameBytes += decoder.produced;
      if (decoder.produced > 0) this.#damage.intact();
      if (this.#pieceBytes === 0 && filled < into.length) {
        this.#pieceOpen = false;
        return filled;
      }
    }
    return filled;
  }

  /** Measures the next piece. Null when it is ready to be fed. */
  #nextPiece(): Stop | null {
    const window = this.#window;
    if (this.#cutting) return 'end';
    if (!window.has(PIECE_BYTES) && window.left > window.end - window.at) return 'input';
    if (!this.#inFrame) return this.#firstPiece();
    if (this.#lastBlock) {
      this.#inFrame = false;
      if (!this.#checksumDue) return this.#firstPiece();
      return this.#setPiece(CHECKSUM_BYTES);
    }
    return this.#blockPiece(0);
  }

  #firstPiece(): Stop | null {
    const window = this.#window;
    if (window.left === 0 || window.offset >= this.#range.end) return 'end';
    this.#frameStart = window.offset;
    this.#frameBytes = 0;
    const kind = frameKindAt(window);
    if (kind === 'skippable') return window.has(SKIPPABLE_HEAD_BYTES) ? 'skippable' : 'cut';
    if (kind === 'short') return 'cut';
    const head = kind === 'frame' ? readFrameHead(window) : null;
    if (head === null) return this.#damaged('no frame begins there');
    this.#inFrame = true;
    this.#checksumDue = head.checksum;
    return this.#blockPiece(head.headBytes);
  }

  /** A piece of `before` bytes and the block after them. */
  #blockPiece(before: number): Stop | null {
    const window = this.#window;
    if (!window.has(before + BLOCK_HEAD_BYTES)) return 'cut';
    const block = readBlockHead(window.bytes, window.at + before);
    if (block === null) return this.#damaged('a block has an impossible head');
    this.#lastBlock = block.last;
    return this.#setPiece(before + BLOCK_HEAD_BYTES + block.payloadBytes);
  }

  #setPiece(bytes: number): Stop | null {
    if (!this.#window.has(bytes)) return 'cut';
    this.#pieceBytes = bytes;
    return null;
  }

  #damaged(wrong: string): Stop {
    this.#wrong = wrong;
    return 'damage';
  }

  async #goOn(): Promise<void> {
    const window = this.#window;
    switch (this.#stop) {
      case 'input':
        await window.need(PIECE_BYTES);
        return;
      case 'skippable':
        window.skip(SKIPPABLE_HEAD_BYTES + window.view.getUint32(window.at + 4, true));
        return;
      case 'end':
        this.#over = true;
        return;
      case 'cut':
        await this.#passCut();
        return;
      case 'damage':
        await this.#passDamage();
        return;
    }
  }

  async #passDamage(): Promise<void> {
    const { offset } = this.#window;
    this.#damage.add(offset, this.#wrong);
    this.#budget.spend(offset - this.#frameStart + this.#pieceBytes);
    this.#window.seek(this.#frameStart + 1);
    this.#over = !(await findFrame(this.#window, this.#range.end, this.#budget));
    this.#damage.lose(Math.max(0, this.#window.offset - offset));
    this.#startAfresh();
  }

  /** The file ends inside a frame, or a block's length is wrong and another frame follows. What is left is in view. */
  async #passCut(): Promise<void> {
    const window = this.#window;
    const { offset } = window;
    window.seek(this.#frameStart + 1);
    if (await findFrame(window, window.fileSize, this.#budget)) {
      this.#damage.add(offset, 'a block is longer than what follows');
      this.#damage.lose(Math.max(0, window.offset - offset));
      this.#startAfresh();
      return;
    }
    window.seek(offset);
    this.#damage.truncate('a zstd frame');
    this.#cutting = true;
    this.#pieceBytes = window.end - window.at;
    this.#pieceOpen = true;
  }

  #startAfresh(): void {
    this.#decoder.reset();
    this.#inFrame = false;
    this.#pieceOpen = false;
    this.#pieceBytes = 0;
  }
}
