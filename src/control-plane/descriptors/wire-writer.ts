const FIRST_BYTES = 64 * 1024;
/** A buffer that grew beyond this for one message is not kept for the next ones. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** Below this a loop beats the call into Node's encoder. */
const SHORT_TEXT = 24;
const MAX_VARINT = 10;

/** Bytes of protobuf, appended one after the other to a buffer that grows. */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Forgets what was written. */
  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafe(FIRST_BYTES);
  }

  /** A copy of what was written from `start` on. */
  copy(start = 0): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(start, this.#length));
  }

  /** An unsigned number below 2^53. */
  varint(value: number): void {
    this.#reserve(MAX_VARINT);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  /** A signed number below 2^53: a negative one takes ten bytes. */
  signedVarint(value: number): void {
    if (value < 0) this.bigVarint(BigInt(value));
    else this.varint(value);
  }

  /** 64 bits, of a negative number its two's complement. */
  bigVarint(value: bigint): void {
    this.#reserve(MAX_VARINT);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeInt32LE(value | 0, this.#length);
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeFloatLE(value, this.#length);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  text(text: string): void {
    const mark = this.open();
    this.#reserve(text.length * 3);
    if (!this.#shortAscii(text)) this.#length += this.#buffer.write(text, this.#length, 'utf8');
    this.close(mark);
  }

  /** Begins something whose length stands before it; what is returned is for {@link close}. */
  open(): number {
    this.#reserve(1);
    this.#length += 1;
    return this.#length;
  }

  close(mark: number): void {
    const size = this.#length - mark;
    if (size <= 0x7f) {
      this.#buffer[mark - 1] = size;
      return;
    }
    // One byte was left for the length; what was written moves up to make room for the others.
    const more = size < 0x4000 ? 1 : size < 0x200000 ? 2 : size < 0x10000000 ? 3 : 4;
    this.#reserve(more);
    this.#buffer.copyWithin(mark + more, mark, this.#length);
    this.#length = mark - 1;
    this.varint(size);
    this.#length += size;
  }

  #shortAscii(text: string): boolean {
    if (text.length > SHORT_TEXT) return false;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      this.#buffer[this.#length + index] = unit;
    }
    this.#length += text.length;
    return true;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
