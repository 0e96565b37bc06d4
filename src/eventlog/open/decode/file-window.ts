import type { RandomAccess } from '../random-access.ts';

/** First and largest read, bytes. It grows by doubling, so that a look at a file's head stays cheap. */
const FIRST_READ = 64 * 1024;
const LARGEST_READ = 1024 * 1024;

/**
 * A forward-moving view of a file: `bytes[at, end)` are its next unread bytes, contiguous.
 *
 * Holds at most what a single `need` asks for, or 1 MB. The file's size is taken when it is opened: what a running
 * application appends later is not read.
 */
export class FileWindow {
  bytes: Buffer = Buffer.alloc(0);
  /** The same bytes, for 32-bit loads. */
  view: DataView = new DataView(this.bytes.buffer);
  at = 0;
  end = 0;

  readonly path: string;
  readonly #file: RandomAccess;
  #fileSize: number;
  /** File offset of `bytes[end]`. */
  #nextRead = 0;
  #readLength = FIRST_READ;

  /** Takes over the file: closing the window closes it. */
  constructor(file: RandomAccess) {
    this.path = file.path;
    this.#file = file;
    this.#fileSize = file.sizeBytes;
  }

  get fileSize(): number {
    return this.#fileSize;
  }

  /** File offset of the next unread byte. */
  get offset(): number {
    return this.#nextRead - (this.end - this.at);
  }

  /** Bytes between the next unread byte and the end of the file. */
  get left(): number {
    return this.#fileSize - this.offset;
  }

  /** True when `n` bytes are in view already. */
  has(n: number): boolean {
    return this.end - this.at >= n;
  }

  /** Brings `n` bytes into view. False only when the file ends before: then all that is left of it is in view. */
  async need(n: number): Promise<boolean> {
    while (this.end - this.at < n) {
      if (this.#nextRead >= this.#fileSize) return false;
      this.#makeRoom(n);
      const got = await this.readAt(this.#nextRead, this.bytes.subarray(this.end, this.bytes.length));
      // The file became shorter since it was opened.
      if (got === 0) this.#fileSize = this.#nextRead;
      this.#nextRead += got;
      this.end += got;
    }
    return true;
  }

  /** Passes over `n` bytes, in view or not. */
  skip(n: number): void {
    if (this.has(n)) this.at += n;
    else this.seek(this.offset + n);
  }

  /** Goes to a file offset; beyond the end means to the end. */
  seek(offset: number): void {
    const target = Math.min(offset, this.#fileSize);
    const begin = this.#nextRead - this.end;
    if (target >= begin && target <= this.#nextRead) {
      this.at = target - begin;
      return;
    }
    this.at = 0;
    this.end = 0;
    this.#nextRead = target;
  }

  /** Reads at a file offset straight into `into`, past the window. Resolves with how many bytes, 0 at the end of the file. */
  async readAt(offset: number, into: Uint8Array): Promise<number> {
    const length = Math.min(into.length, this.#fileSize - offset);
    if (length <= 0) return 0;
    return this.#file.readAt(offset, into.subarray(0, length));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Moves the unread bytes to the front and leaves room for the next read; asks for no more than the file still has. */
  #makeRoom(n: number): void {
    const unread = this.end - this.at;
    const wanted = Math.min(Math.max(n, this.#readLength), unread + this.#fileSize - this.#nextRead);
    this.#readLength = Math.min(this.#readLength * 2, LARGEST_READ);
    if (wanted <= this.bytes.length) {
      this.bytes.copyWithin(0, this.at, this.end);
    } else {
      const larger = Buffer.allocUnsafeSlow(wanted);
      larger.set(this.bytes.subarray(this.at, this.end));
      this.bytes = larger;
      this.view = new DataView(larger.buffer, larger.byteOffset, larger.length);
    }
    this.at = 0;
    this.end = unread;
  }
}
