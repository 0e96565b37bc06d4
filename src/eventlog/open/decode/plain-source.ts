import type { Gap } from '../../model/application.ts';
import type { ByteRange, ByteSource, ResumePoint } from '../byte-source.ts';
import { Damage } from './damage.ts';
import type { FileWindow } from './file-window.ts';

/** Uncompressed bytes, read straight into the caller's memory. */
export class PlainSource implements ByteSource {
  readonly #window: FileWindow;
  readonly #range: ByteRange;
  readonly #damage: Damage;
  #offset: number;

  constructor(window: FileWindow, range: ByteRange) {
    this.#window = window;
    this.#range = range;
    this.#offset = range.start;
    this.#damage = new Damage(window.path, 'line');
  }

  get position(): number {
    return this.#offset - this.#range.start;
  }

  get gaps(): readonly Gap[] {
    return this.#damage.gaps;
  }

  get resume(): ResumePoint | null {
    return this.#damage.gaps.length > 0 ? null : { offset: this.#offset, skip: 0, plain: true };
  }

  async read(into: Uint8Array): Promise<number> {
    const wanted = Math.min(into.length, this.#range.end - this.#offset);
    let filled = 0;
    while (filled < wanted) {
      const got = await this.#window.readAt(this.#offset, into.subarray(filled, wanted));
      if (got === 0) {
        this.#damage.truncate('what it held when it was opened: it became shorter meanwhile');
        break;
      }
      filled += got;
      this.#offset += got;
    }
    return filled;
  }

  close(): Promise<void> {
    return this.#window.close();
  }
}
