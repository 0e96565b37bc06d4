import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { part } from './number-block.ts';

/** What a summary begins with, and the version of its layout. The model that it holds has a version of its own: `ENGINE_VERSION`. */
const MAGIC = 0x4853_4d31;
const FORMAT_VERSION = 1;
/** Magic, format version, bytes of the directory, checksum of all but itself: 32-bit numbers in the machine's order, so that another order is another magic. */
const HEAD_BYTES = 16;
/** Position of the checksum among the numbers of the head: the last. */
const CHECKSUM_PLACE = 3;
const ALIGNMENT = 8;
/** Shorter sections are not worth compressing. */
const MIN_COMPRESSED_BYTES = 256;
/** A section that claims to hold more is not one of ours. */
const MAX_SECTION_BYTES = 2 ** 31 - 1;

interface SectionPlace {
  readonly at: number;
  readonly length: number;
  /** Bytes when decompressed; absent when it is stored as it is. */
  readonly raw?: number;
}

/** Named runs of bytes with a directory that says how they are to be read, under one checksum. */
export class SectionWriter {
  readonly #chunks: Uint8Array[] = [];
  readonly #places: Record<string, SectionPlace> = {};
  #length = 0;

  add(name: string, bytes: Uint8Array): void {
    const compressed = bytes.length < MIN_COMPRESSED_BYTES ? bytes : zstdCompressSync(bytes);
    const smaller = compressed.length < bytes.length;
    const stored = smaller ? compressed : new Uint8Array(bytes);
    this.#places[name] = { at: this.#length, length: stored.length, ...(smaller ? { raw: bytes.length } : {}) };
    const padding = (ALIGNMENT - (stored.length % ALIGNMENT)) % ALIGNMENT;
    this.#chunks.push(stored, new Uint8Array(padding));
    this.#length += stored.length + padding;
  }

  /** Everything as one run of bytes. `plan` is JSON: what the sections hold. */
  finish(plan: unknown): Uint8Array {
    const json = Buffer.from(JSON.stringify({ places: this.#places, plan }));
    const directory = Buffer.concat([json, Buffer.alloc((ALIGNMENT - (json.length % ALIGNMENT)) % ALIGNMENT, ' ')]);
    const body = Buffer.concat([directory, ...this.#chunks]);
    const whole = new Uint8Array(HEAD_BYTES + body.length);
    whole.set(body, HEAD_BYTES);
    const head = new Uint32Array(whole.buffer, 0, HEAD_BYTES / 4);
    head.set([MAGIC, FORMAT_VERSION, directory.length]);
    head[CHECKSUM_PLACE] = checksumOf(whole);
    return whole;
  }
}

const checksumOf = (whole: Uint8Array): number =>
  crc32(whole.subarray(HEAD_BYTES), crc32(whole.subarray(0, CHECKSUM_PLACE * 4)));

/** Sections that are decompressed when they are asked for. */
export interface Sections {
  readonly plan: unknown;
  /** Throws when there is no such section, or its bytes are not what the directory says. */
  section(name: string): Uint8Array;
}

/** Opens what a `SectionWriter` made; null for every other run of bytes: damaged, cut, of another version, of another machine. */
export function openSections(bytes: Uint8Array): Sections | null {
  if (bytes.length < HEAD_BYTES) return null;
  const head = new Uint32Array(new Uint8Array(bytes.subarray(0, HEAD_BYTES)).buffer);
  const [magic, version, directoryBytes, checksum] = head as unknown as [number, number, number, number];
  if (magic !== MAGIC || version !== FORMAT_VERSION || directoryBytes > bytes.length - HEAD_BYTES) return null;
  if (checksumOf(bytes) !== checksum) return null;
  const bodyAt = HEAD_BYTES + directoryBytes;
  const { places, plan } = JSON.parse(Buffer.from(bytes.subarray(HEAD_BYTES, bodyAt)).toString()) as {
    places: Record<string, SectionPlace>;
    plan: unknown;
  };
  return {
    plan,
    section(name) {
      const place = Object.hasOwn(places, name) ? places[name] : undefined;
      if (place === undefined) throw new RangeError(`a summary has no section ${name}`);
      const stored = part(bytes, bodyAt + place.at, place.length);
      if (place.raw === undefined) return stored;
      if (!(place.raw >= 0 && place.raw <= MAX_SECTION_BYTES)) throw new RangeError('a section claims too much');
      const raw = zstdDecompressSync(stored, { maxOutputLength: Math.max(1, place.raw) });
      if (raw.length !== place.raw) throw new RangeError('a section has another length than its directory says');
      return raw;
    },
  };
}
