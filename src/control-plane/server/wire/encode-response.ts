import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Dialect } from './dialect.ts';

/** What a response says besides its nonce. */
export interface ResponseContent {
  readonly typeUrl: string;
  readonly version: string;
  /** As `encodeEntry` makes them. */
  readonly entries: readonly Uint8Array[];
  /** Names that are gone; the state of the world has no field for them. */
  readonly removed: readonly string[];
}

/** A response without nonce: what streams share. A nonce can be appended, for protobuf does not care for the order of fields. */
export function encodeBody({ typeUrl, version, entries, removed }: ResponseContent, dialect: Dialect): Buffer {
  const head = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(version)
    .tag(4, WireType.LengthDelimited)
    .string(typeUrl);
  if (dialect.protocol === 'delta') for (const name of removed) head.tag(6, WireType.LengthDelimited).string(name);
  return Buffer.concat([...entries, head.finish()]);
}

/** The response with a nonce. */
export function withNonce(body: Buffer, nonce: number): Buffer {
  const field = new BinaryWriter().tag(5, WireType.LengthDelimited).string(String(nonce)).finish();
  return Buffer.concat([body, field]);
}
