import { HeadgateError } from '../kernel/errors.ts';
import { decimalText, floatNumber, realNumber, wholeNumber } from './cell-text.ts';
import { formatDate, formatTimeOfDay, formatTimestamp } from './time-text.ts';

/** Deepest nesting that is read; Spark's own JSON parser stops there too. */
const MAX_DEPTH = 1_000;

/** Where the parts of a variant are. */
interface Variant {
  readonly bytes: DataView;
  /** Names of fields by their number. */
  readonly names: readonly string[];
}

/**
 * The value of a variant, JSON and exact in the manner of `readRows`. Source: the Variant Binary Encoding of Apache Parquet,
 * version 1. Errors: `failed_precondition` when its bytes are damaged.
 */
export function decodeVariant(value: Uint8Array, metadata: Uint8Array): unknown {
  try {
    const bytes = viewOf(value);
    return decode({ bytes, names: readNames(viewOf(metadata)) }, 0, 0);
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    throw damaged(cause);
  }
}

function decode(variant: Variant, at: number, depth: number): unknown {
  if (depth > MAX_DEPTH) throw damaged();
  const head = variant.bytes.getUint8(at);
  const detail = head >> 2;
  switch (head & 3) {
    case 0:
      return decodePrimitive(variant.bytes, detail, at + 1);
    case 1:
      return text(variant.bytes, at + 1, detail);
    case 2:
      return decodeObject(variant, detail, at + 1, depth);
    default:
      return decodeArray(variant, detail, at + 1, depth);
  }
}

function decodeObject(variant: Variant, detail: number, at: number, depth: number): Record<string, unknown> {
  const { bytes, names } = variant;
  const offsetSize = (detail & 3) + 1;
  const idSize = ((detail >> 2) & 3) + 1;
  const countSize = (detail & 16) === 0 ? 1 : 4;
  const count = unsigned(bytes, at, countSize);
  const ids = at + countSize;
  const offsets = ids + count * idSize;
  const values = offsets + (count + 1) * offsetSize;
  checkRoom(bytes, values);
  const entries = Array.from({ length: count }, (_, index) => {
    const name = names[unsigned(bytes, ids + index * idSize, idSize)];
    if (name === undefined) throw damaged();
    const offset = unsigned(bytes, offsets + index * offsetSize, offsetSize);
    return [name, decode(variant, values + offset, depth + 1)] as const;
  });
  return Object.fromEntries(entries);
}

function decodeArray(variant: Variant, detail: number, at: number, depth: number): unknown[] {
  const { bytes } = variant;
  const offsetSize = (detail & 3) + 1;
  const countSize = (detail & 4) === 0 ? 1 : 4;
  const count = unsigned(bytes, at, countSize);
  const offsets = at + countSize;
  const values = offsets + (count + 1) * offsetSize;
  checkRoom(bytes, values);
  return Array.from({ length: count }, (_, index) =>
    decode(variant, values + unsigned(bytes, offsets + index * offsetSize, offsetSize), depth + 1),
  );
}

type Primitive = (bytes: DataView, at: number) => unknown;

/** By their numbers in the encoding. */
const PRIMITIVES: readonly Primitive[] = [
  () => null,
  () => true,
  () => false,
  (bytes, at) => bytes.getInt8(at),
  (bytes, at) => bytes.getInt16(at, true),
  (bytes, at) => bytes.getInt32(at, true),
  (bytes, at) => wholeNumber(bytes.getBigInt64(at, true)),
  (bytes, at) => realNumber(bytes.getFloat64(at, true)),
  (bytes, at) => decimal(BigInt(bytes.getInt32(at + 1, true)), bytes.getUint8(at)),
  (bytes, at) => decimal(bytes.getBigInt64(at + 1, true), bytes.getUint8(at)),
  (bytes, at) =>
    decimal((bytes.getBigInt64(at + 9, true) << 64n) | bytes.getBigUint64(at + 1, true), bytes.getUint8(at)),
  (bytes, at) => formatDate(bytes.getInt32(at, true)),
  (bytes, at) => formatTimestamp(bytes.getBigInt64(at, true) * 1000n, 'Z'),
  (bytes, at) => formatTimestamp(bytes.getBigInt64(at, true) * 1000n, ''),
  (bytes, at) => floatNumber(bytes.getFloat32(at, true)),
  (bytes, at) => slice(bytes, at + 4, bytes.getUint32(at, true)).toString('base64'),
  (bytes, at) => text(bytes, at + 4, bytes.getUint32(at, true)),
  (bytes, at) => formatTimeOfDay(bytes.getBigInt64(at, true) * 1000n),
  (bytes, at) => formatTimestamp(bytes.getBigInt64(at, true), 'Z'),
  (bytes, at) => formatTimestamp(bytes.getBigInt64(at, true), ''),
  (bytes, at) => uuid(slice(bytes, at, 16)),
];

function decodePrimitive(bytes: DataView, kind: number, at: number): unknown {
  const read = PRIMITIVES[kind];
  if (read === undefined) throw damaged();
  return read(bytes, at);
}

function readNames(bytes: DataView): string[] {
  const head = bytes.getUint8(0);
  if ((head & 15) !== 1) throw damaged();
  const size = (head >> 6) + 1;
  const count = unsigned(bytes, 1, size);
  const offsets = 1 + size;
  const start = offsets + (count + 1) * size;
  checkRoom(bytes, start);
  const offset = (index: number) => unsigned(bytes, offsets + index * size, size);
  return Array.from({ length: count }, (_, index) =>
    text(bytes, start + offset(index), offset(index + 1) - offset(index)),
  );
}

/** Before anything is made as long as a number in the bytes says. */
function checkRoom(bytes: DataView, end: number): void {
  if (end > bytes.byteLength) throw damaged();
}

function unsigned(bytes: DataView, at: number, size: number): number {
  let value = 0;
  for (let index = size - 1; index >= 0; index--) value = value * 256 + bytes.getUint8(at + index);
  return value;
}

function slice(bytes: DataView, at: number, length: number): Buffer {
  if (length < 0) throw damaged();
  checkRoom(bytes, at + length);
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
}

const text = (bytes: DataView, at: number, length: number) => slice(bytes, at, length).toString('utf8');

/** Whole decimals are numbers where those are exact: Spark keeps a JSON number like 1.5 as a decimal. */
function decimal(unscaled: bigint, scale: number): number | string {
  const written = decimalText(unscaled, scale);
  return String(Number(written)) === written ? Number(written) : written;
}

function uuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function damaged(cause?: unknown): HeadgateError {
  return new HeadgateError('failed_precondition', 'A variant in the result is damaged.', { cause });
}
