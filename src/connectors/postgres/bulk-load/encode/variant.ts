import { type Data, DataType, type Field } from 'apache-arrow';
import { doesNotFit } from './cells.ts';
import { binariesOf } from './text.ts';

/** Spark's `variant` travels as a structure of two binaries, the second one marked. */
export function isVariant(data: Data): boolean {
  return isVariantType(data.type);
}

/** As `isVariant`, of a type. */
export function isVariantType(type: DataType): boolean {
  if (!DataType.isStruct(type) || type.children.length !== 2) return false;
  const metadata = type.children.find(({ name }: Field) => name === 'metadata');
  return metadata?.metadata.get('variant') === 'true';
}

/** Variants as JSON text. Source: Variant Binary Encoding, version 1, of the Parquet format. */
export function variantsOf(data: Data): (row: number) => string {
  const childOf = (wanted: string) => {
    const at = data.type.children.findIndex(({ name }: Field) => name === wanted);
    return binariesOf(data.children[at] as Data);
  };
  const bytesOf = childOf('value');
  const metadataOf = childOf('metadata');
  return (row) => {
    try {
      return variantText({ bytes: viewOf(bytesOf(row)), names: namesOf(viewOf(metadataOf(row))) }, 0, 0);
    } catch (error) {
      if (error instanceof RangeError) throw doesNotFit({ column: 'variant', rowsBefore: 0 }, row, 'damaged variant');
      throw error;
    }
  };
}

/** A variant with the names that its objects refer to. */
interface Variant {
  readonly bytes: DataView;
  readonly names: readonly string[];
}

/** Deeper values are refused: Spark itself stops at 1,000. */
const MAX_DEPTH = 1000;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function unsigned(view: DataView, at: number, width: number): number {
  let value = 0;
  for (let k = width - 1; k >= 0; k--) value = value * 256 + view.getUint8(at + k);
  return value;
}

function textAt(view: DataView, at: number, length: number): string {
  if (at + length > view.byteLength) throw new RangeError('beyond the end');
  return Buffer.from(view.buffer, view.byteOffset + at, length).toString('utf8');
}

function namesOf(view: DataView): string[] {
  const width = (view.getUint8(0) >> 6) + 1;
  const count = unsigned(view, 1, width);
  const offset = (k: number) => unsigned(view, 1 + width * (1 + k), width);
  const start = 1 + width * (count + 2);
  if (start > view.byteLength) throw new RangeError('beyond the end');
  return Array.from({ length: count }, (_, k) => textAt(view, start + offset(k), offset(k + 1) - offset(k)));
}

function variantText(variant: Variant, at: number, depth: number): string {
  if (depth > MAX_DEPTH) throw new RangeError('too deep');
  const first = variant.bytes.getUint8(at);
  const header = first >> 2;
  switch (first & 3) {
    case 0:
      return primitiveText(variant.bytes, at + 1, header);
    case 1:
      return JSON.stringify(textAt(variant.bytes, at + 1, header));
    case 2:
      return objectText(variant, at + 1, header, depth);
    default:
      return arrayText(variant, at + 1, header, depth);
  }
}

function objectText(variant: Variant, at: number, header: number, depth: number): string {
  const { bytes, names } = variant;
  const offsetWidth = (header & 3) + 1;
  const idWidth = ((header >> 2) & 3) + 1;
  const countWidth = (header & 16) === 0 ? 1 : 4;
  const count = unsigned(bytes, at, countWidth);
  const ids = at + countWidth;
  const offsets = ids + count * idWidth;
  const values = offsets + (count + 1) * offsetWidth;
  const parts = Array.from({ length: count }, (_, k) => {
    const name = names[unsigned(bytes, ids + k * idWidth, idWidth)] ?? '';
    const value = variantText(variant, values + unsigned(bytes, offsets + k * offsetWidth, offsetWidth), depth + 1);
    return `${JSON.stringify(name)}:${value}`;
  });
  return `{${parts.join(',')}}`;
}

function arrayText(variant: Variant, at: number, header: number, depth: number): string {
  const { bytes } = variant;
  const offsetWidth = (header & 3) + 1;
  const countWidth = (header & 4) === 0 ? 1 : 4;
  const count = unsigned(bytes, at, countWidth);
  const offsets = at + countWidth;
  const values = offsets + (count + 1) * offsetWidth;
  const parts = Array.from({ length: count }, (_, k) =>
    variantText(variant, values + unsigned(bytes, offsets + k * offsetWidth, offsetWidth), depth + 1),
  );
  return `[${parts.join(',')}]`;
}

/** Writers by the type's number in the format. */
const PRIMITIVES: Readonly<Record<number, (view: DataView, at: number) => string>> = {
  0: () => 'null',
  1: () => 'true',
  2: () => 'false',
  3: (view, at) => String(view.getInt8(at)),
  4: (view, at) => String(view.getInt16(at, true)),
  5: (view, at) => String(view.getInt32(at, true)),
  6: (view, at) => String(view.getBigInt64(at, true)),
  7: (view, at) => floatText(view.getFloat64(at, true)),
  8: (view, at) => pointed(BigInt(view.getInt32(at + 1, true)), view.getUint8(at)),
  9: (view, at) => pointed(view.getBigInt64(at + 1, true), view.getUint8(at)),
  10: (view, at) => {
    const unscaled = (view.getBigInt64(at + 9, true) << 64n) | view.getBigUint64(at + 1, true);
    return pointed(unscaled, view.getUint8(at));
  },
  11: (view, at) => JSON.stringify(new Date(view.getInt32(at, true) * 86_400_000).toISOString().slice(0, 10)),
  12: (view, at) => JSON.stringify(`${instantText(view.getBigInt64(at, true))}Z`),
  13: (view, at) => JSON.stringify(instantText(view.getBigInt64(at, true))),
  14: (view, at) => floatText(view.getFloat32(at, true)),
  15: (view, at) => {
    const length = view.getUint32(at, true);
    if (at + 4 + length > view.byteLength) throw new RangeError('beyond the end');
    return JSON.stringify(Buffer.from(view.buffer, view.byteOffset + at + 4, length).toString('base64'));
  },
  16: (view, at) => JSON.stringify(textAt(view, at + 4, view.getUint32(at, true))),
  17: (view, at) => JSON.stringify(instantText(view.getBigInt64(at, true)).slice('1970-01-01T'.length)),
  20: (view, at) => {
    const hex = Buffer.from(view.buffer, view.byteOffset + at, 16).toString('hex');
    return JSON.stringify(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  },
};

function primitiveText(view: DataView, at: number, type: number): string {
  const write = PRIMITIVES[type];
  if (write === undefined) throw new RangeError(`type ${type}`);
  return write(view, at);
}

const floatText = (value: number) => (Number.isFinite(value) ? String(value) : JSON.stringify(String(value)));

function pointed(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return unscaled < 0n ? `-${text}` : text;
}

function instantText(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const text = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, -'.000Z'.length);
  return `${text}.${fraction.toString().padStart(6, '0')}`;
}
