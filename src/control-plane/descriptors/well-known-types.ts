import { ScalarType } from '@bufbuild/protobuf';
import type { Scalar } from './json-scalars.ts';
import { nanosecondsOf, splitNanoseconds, timestampOf } from './time-values.ts';
import type { WireWriter } from './wire-writer.ts';

/** What wrappers of scalars wrap. */
export const WRAPPED: ReadonlyMap<string, ScalarType> = new Map([
  ['google.protobuf.BoolValue', ScalarType.BOOL],
  ['google.protobuf.BytesValue', ScalarType.BYTES],
  ['google.protobuf.DoubleValue', ScalarType.DOUBLE],
  ['google.protobuf.FloatValue', ScalarType.FLOAT],
  ['google.protobuf.Int32Value', ScalarType.INT32],
  ['google.protobuf.Int64Value', ScalarType.INT64],
  ['google.protobuf.StringValue', ScalarType.STRING],
  ['google.protobuf.UInt32Value', ScalarType.UINT32],
  ['google.protobuf.UInt64Value', ScalarType.UINT64],
]);

/** A message whose JSON is not an object of its fields: writes its content, or says what it must look like. */
export interface WellKnownType {
  /** For messages: `must be …`. */
  readonly expected: string;
  /** Writes the content. Undefined: the JSON is not of the type. What is returned is for constraints; null: there are none. */
  write(writer: WireWriter, json: unknown): { readonly constrained: Scalar | null } | undefined;
}

/** JSON deeper than this is not written: protobuf's own limit on messages within messages. */
export const MAX_DEPTH = 100;

const SECONDS_TAG = 0x08;
const NANOSECONDS_TAG = 0x10;

/** `google.protobuf.Any` is not here: what it holds is a message like others. */
export const WELL_KNOWN_TYPES: ReadonlyMap<string, WellKnownType> = new Map<string, WellKnownType>([
  ['google.protobuf.Duration', { expected: 'a duration like "1.5s"', write: writeDuration }],
  ['google.protobuf.Timestamp', { expected: 'a time like "2026-01-31T12:00:00Z"', write: writeTimestamp }],
  ['google.protobuf.FieldMask', { expected: 'names of fields like "a,b.c"', write: writeFieldMask }],
  ['google.protobuf.Struct', { expected: `an object, at most ${MAX_DEPTH} deep`, write: unconstrained(writeStruct) }],
  ['google.protobuf.Value', { expected: `a JSON value, at most ${MAX_DEPTH} deep`, write: unconstrained(writeValue) }],
  ['google.protobuf.ListValue', { expected: `a list, at most ${MAX_DEPTH} deep`, write: unconstrained(writeList) }],
]);

function unconstrained(write: (writer: WireWriter, json: unknown, depth: number) => boolean): WellKnownType['write'] {
  return (writer, json) => (write(writer, json, 0) ? { constrained: null } : undefined);
}

function writeDuration(writer: WireWriter, json: unknown): { constrained: Scalar } | undefined {
  const nanoseconds = nanosecondsOf(json);
  if (nanoseconds === undefined) return undefined;
  const { seconds, rest } = splitNanoseconds(nanoseconds);
  writeSeconds(writer, seconds, rest);
  return { constrained: nanoseconds };
}

function writeTimestamp(writer: WireWriter, json: unknown): { constrained: null } | undefined {
  const timestamp = timestampOf(json);
  if (timestamp === undefined) return undefined;
  writeSeconds(writer, timestamp.seconds, timestamp.nanoseconds);
  return { constrained: null };
}

function writeSeconds(writer: WireWriter, seconds: bigint, nanoseconds: number): void {
  if (seconds !== 0n) {
    writer.varint(SECONDS_TAG);
    writer.bigVarint(seconds);
  }
  if (nanoseconds !== 0) {
    writer.varint(NANOSECONDS_TAG);
    writer.signedVarint(nanoseconds);
  }
}

function writeFieldMask(writer: WireWriter, json: unknown): { constrained: null } | undefined {
  if (typeof json !== 'string') return undefined;
  for (const path of json === '' ? [] : json.split(',')) {
    writer.varint(0x0a);
    writer.text(path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  }
  return { constrained: null };
}

function writeStruct(writer: WireWriter, json: unknown, depth: number): boolean {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false;
  // Sorted: the bytes, and with them the version, do not depend on the order in which keys were given.
  const keys = Object.keys(json).sort();
  return keys.every((key) => {
    const value = (json as Record<string, unknown>)[key];
    if (value === undefined) return true;
    writer.varint(0x0a);
    const entry = writer.open();
    writer.varint(0x0a);
    writer.text(key);
    writer.varint(0x12);
    const content = writer.open();
    const written = writeValue(writer, value, depth + 1);
    writer.close(content);
    writer.close(entry);
    return written;
  });
}

function writeList(writer: WireWriter, json: unknown, depth: number): boolean {
  if (!Array.isArray(json)) return false;
  return json.every((item) => {
    writer.varint(0x0a);
    const content = writer.open();
    const written = writeValue(writer, item, depth + 1);
    writer.close(content);
    return written;
  });
}

function writeValue(writer: WireWriter, json: unknown, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  if (json === null) {
    writer.varint(0x08);
    writer.varint(0);
    return true;
  }
  switch (typeof json) {
    case 'number':
      writer.varint(0x11);
      writer.double(json);
      return Number.isFinite(json);
    case 'string':
      writer.varint(0x1a);
      writer.text(json);
      return true;
    case 'boolean':
      writer.varint(0x20);
      writer.varint(json ? 1 : 0);
      return true;
    case 'object':
      return writeNested(writer, json, depth);
    default:
      return false;
  }
}

function writeNested(writer: WireWriter, json: object, depth: number): boolean {
  const isList = Array.isArray(json);
  writer.varint(isList ? 0x32 : 0x2a);
  const content = writer.open();
  const written = isList ? writeList(writer, json, depth) : writeStruct(writer, json, depth);
  writer.close(content);
  return written;
}
