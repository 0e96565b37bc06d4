/** A buffer is sent when it has about this size; a larger row gets one of its own. Bytes. */
export const BUFFER_BYTES = 512 * 1024;

/**
 * Memory for the bytes of one COPY. Buffers that were sent are used again: fresh ones for every 512 KB keep the garbage collector busier
 * than the encoder. A buffer is written to the stream before the next one is taken.
 */
export class CopyBuffers {
  readonly #areSent: () => boolean;
  readonly #free: Buffer[] = [];
  readonly #lent: Buffer[] = [];

  /** `areSent` tells that nothing of what was written so far is still read. */
  constructor(areSent: () => boolean) {
    this.#areSent = areSent;
  }

  /** Memory of exactly so many bytes, with anything in it. */
  take(bytes: number): Buffer {
    if (bytes > BUFFER_BYTES) return Buffer.allocUnsafeSlow(bytes);
    if (this.#areSent()) this.#free.push(...this.#lent.splice(0));
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#lent.push(buffer);
    return buffer.subarray(0, bytes);
  }
}
