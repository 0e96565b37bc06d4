import { ScalarType } from '@bufbuild/protobuf';
import type { Scalar } from './json-scalars.ts';
import type { WireWriter } from './wire-writer.ts';

type Write = (writer: WireWriter, value: Scalar) => void;

const signed: Write = (writer, value) => writer.signedVarint(value as number);
const big: Write = (writer, value) => writer.bigVarint(value as bigint);
const fixed32: Write = (writer, value) => writer.fixed32(value as number);
const fixed64: Write = (writer, value) => writer.fixed64(value as bigint);

const WRITERS: ReadonlyMap<ScalarType, Write> = new Map<ScalarType, Write>([
  [ScalarType.STRING, (writer, value) => writer.text(value as string)],
  [ScalarType.BYTES, (writer, value) => writer.bytes(value as Uint8Array)],
  [ScalarType.BOOL, (writer, value) => writer.varint(value === true ? 1 : 0)],
  [ScalarType.DOUBLE, (writer, value) => writer.double(value as number)],
  [ScalarType.FLOAT, (writer, value) => writer.float(value as number)],
  [ScalarType.INT32, signed],
  [ScalarType.UINT32, signed],
  [ScalarType.INT64, big],
  [ScalarType.UINT64, big],
  [ScalarType.SINT32, (writer, value) => writer.varint(zigzag32(value as number))],
  [ScalarType.SINT64, (writer, value) => writer.bigVarint(((value as bigint) << 1n) ^ ((value as bigint) >> 63n))],
  [ScalarType.FIXED32, fixed32],
  [ScalarType.SFIXED32, fixed32],
  [ScalarType.FIXED64, fixed64],
  [ScalarType.SFIXED64, fixed64],
]);

/** Writes values of a scalar type, as {@link parseScalar} gives them, without their tag. */
export function scalarWriter(scalar: ScalarType): Write {
  return WRITERS.get(scalar) as Write;
}

function zigzag32(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}
