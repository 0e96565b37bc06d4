import { HeadgateError } from '../../../kernel/errors.ts';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** A varint of 64 bits. */
const LONGEST_VARINT = 10;

/** The error of a message that is not protobuf. */
export function garbage(why: string): HeadgateError {
  return new HeadgateError('invalid_argument', `The request is not a protobuf message of this method: ${why}.`, {
    hint: 'Send DiscoveryRequest on Stream methods and DeltaDiscoveryRequest on Delta methods, of the v3 API.',
  });
}

/**
 * Walks the fields of a protobuf message without copying. Fields that nobody asks for cost their header only, which makes
 * requests with ten thousand names and versions cheap. Errors: `invalid_argument` where the bytes are no message.
 */
export class FieldReader {
  /** Number of the current field. */
  field = 0;
  /** Where the content of the current field lies, when it is length-delimited; else both are 0. */
  start = 0;
  end = 0;
  /** Value of the current field when it is a varint, modulo 2^53; else 0. */
  number = 0;
  readonly #bytes: Buffer;
  readonly #limit: number;
  #at: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#limit = end;
  }

  /** To the next field; false: there is none. */
  next(): boolean {
    if (this.#at >= this.#limit) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    if (this.field === 0) throw garbage('a field has number 0');
    this.start = 0;
    this.end = 0;
    this.number = 0;
    this.#skip(tag % 8);
    return true;
  }

  /** The current field as text. */
  text(): string {
    return this.#bytes.toString('utf8', this.start, this.end);
  }

  /** The current field as a message. */
  message(): FieldReader {
    return new FieldReader(this.#bytes, this.start, this.end);
  }

  bytes(): Buffer {
    return this.#bytes.subarray(this.start, this.end);
  }

  #skip(wireType: number): void {
    if (wireType === BYTES) {
      const length = this.#varint();
      this.start = this.#at;
      this.end = this.#at + length;
      this.#at = this.end;
    } else if (wireType === VARINT) this.number = this.#varint();
    else if (wireType === FIXED64) this.#at += 8;
    else if (wireType === FIXED32) this.#at += 4;
    else throw garbage(`field ${this.field} has wire type ${wireType}`);
    if (this.#at > this.#limit) throw garbage(`field ${this.field} ends after the message`);
  }

  #varint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < LONGEST_VARINT; count++) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || this.#at >= this.#limit) throw garbage('it ends in the middle of a number');
      this.#at++;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw garbage('a number is longer than 64 bits');
  }
}
