import { CODECS, encodeLog } from '../../../src/eventlog/open/fixtures/encode.ts';
import type { Random } from '../random.ts';
import { fuzzLines, someLines } from './fuzz-lines.ts';
import type { RecordedLines } from './recorded-lines.ts';

/** A file of a fuzzed log, named below its folder. */
export interface FuzzedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

type Codec = (typeof CODECS)[number];

const EXTENSIONS: Readonly<Record<Codec, string>> = {
  none: '',
  zstd: '.zstd',
  lz4: '.lz4',
  snappy: '.snappy',
  lzf: '.lzf',
  gz: '.gz',
};
/** Bytes of a block before compression. */
const BLOCK_BYTES = [700, 5_000, 60_000] as const;

/** The files of one damaged log: lines of a recording, damaged as events, encoded, damaged as bytes and as files. */
export function fuzzLog(recordings: readonly RecordedLines[], random: Random): FuzzedFile[] {
  const recording = random.pick(recordings);
  const lines = someLines(recording, random);
  const fuzzed = random.chance(0.9) ? fuzzLines(lines, random) : lines;
  const files = layOut(fuzzed, recording.kind, random);
  return random.chance(0.15) ? damageFolder(files, random) : files;
}

function layOut(lines: readonly string[], kind: RecordedLines['kind'], random: Random): FuzzedFile[] {
  const id = random.pick(['local-1795244441242', 'app-20261121073504-0000', 'application_1795244441242_0007']);
  const codec = random.pick(CODECS);
  const encode = (part: readonly string[], with_: Codec = codec) => encoded(part, with_, random);
  switch (kind) {
    case 'single': {
      const attempt = random.chance(0.1) ? `_${random.below(3)}` : '';
      const progress = random.chance(0.1) ? '.inprogress' : '';
      const extension = random.chance(0.95) ? EXTENSIONS[codec] : EXTENSIONS[random.pick(CODECS)];
      return [{ name: `${id}${attempt}${extension}${progress}`, bytes: encode(lines) }];
    }
    case 'rolling': {
      const parts = cut(lines, 1 + random.below(4));
      const folder = `eventlog_v2_${id}`;
      const status = `${folder}/appstatus_${id}${random.chance(0.2) ? '.inprogress' : ''}`;
      const events = parts.map((part, index) => ({
        name: `${folder}/events_${index + 1}_${id}${EXTENSIONS[codec]}${index === 0 && random.chance(0.1) ? '.compact' : ''}`,
        bytes: encode(part),
      }));
      return [{ name: status, bytes: Buffer.alloc(0) }, ...events];
    }
    case 'databricks': {
      const parts = cut(lines, 1 + random.below(3));
      return parts.map((part, index) =>
        index === parts.length - 1
          ? { name: 'eventlog', bytes: encode(part, 'none') }
          : { name: `eventlog-2026-11-21--07-${10 + index}.gz`, bytes: encode(part, 'gz') },
      );
    }
  }
}

function cut(lines: readonly string[], parts: number): string[][] {
  const size = Math.max(1, Math.ceil(lines.length / parts));
  return Array.from({ length: parts }, (_, index) => lines.slice(index * size, (index + 1) * size));
}

function encoded(lines: readonly string[], codec: Codec, random: Random): Buffer {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const whole = random.chance(0.1) ? damageBytes(text, random) : text;
  const size = random.pick(BLOCK_BYTES);
  const pieces: Buffer[] = [];
  for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size));
  const { bytes, starts } = encodeLog(codec, pieces);
  if (!random.chance(0.4)) return bytes;
  return random.chance(0.5) ? damageBytes(bytes, random) : damageBlocks(bytes, starts, random);
}

/** Bytes changed, cut out, doubled, put in or zeroed. */
function damageBytes(bytes: Buffer, random: Random): Buffer {
  let damaged: Buffer = Buffer.from(bytes);
  for (let left = 1 + random.below(6); left > 0 && damaged.length > 0; left--) {
    const at = random.chance(0.2) ? random.below(Math.min(64, damaged.length)) : random.below(damaged.length);
    const length = random.below(Math.min(400, damaged.length - at) + 1);
    const [before, part, after] = [
      damaged.subarray(0, at),
      damaged.subarray(at, at + length),
      damaged.subarray(at + length),
    ];
    damaged = random.pick<() => Buffer>([
      () => {
        damaged[at] = (damaged[at] as number) ^ (1 << random.below(8));
        return damaged;
      },
      () => {
        damaged[at] = random.below(256);
        return damaged;
      },
      () => Buffer.concat([before, after]),
      () => Buffer.concat([before, part, part, after]),
      () => Buffer.concat([before, random.bytes(length), after]),
      () => Buffer.concat([before, Buffer.alloc(length), after]),
      () => Buffer.concat([before, random.bytes(random.below(64)), part, after]),
      () => before,
    ])();
  }
  return damaged;
}

/** Blocks, frames or members left out, doubled, swapped or cut. */
function damageBlocks(bytes: Buffer, starts: readonly number[], random: Random): Buffer {
  const blocks = starts.map((start, index) => bytes.subarray(start, starts[index + 1] ?? bytes.length));
  const head = bytes.subarray(0, starts[0] ?? bytes.length);
  const damaged = random.pick<() => Buffer[]>([
    () => random.shuffle(blocks),
    () => blocks.filter(() => random.chance(0.7)),
    () => blocks.flatMap((block) => (random.chance(0.3) ? [block, block] : [block])),
    () => blocks.map((block) => (random.chance(0.2) ? block.subarray(0, random.below(block.length)) : block)),
    () => blocks.map((block) => (random.chance(0.2) ? damageBytes(block, random) : block)),
    () => blocks.flatMap((block) => (random.chance(0.1) ? [head, block] : [block])),
  ])();
  return Buffer.concat(random.chance(0.9) ? [head, ...damaged] : damaged);
}

/** Files left out, emptied, doubled under another number, or named as nothing is. */
function damageFolder(files: readonly FuzzedFile[], random: Random): FuzzedFile[] {
  return random.pick<() => FuzzedFile[]>([
    () => files.filter(() => random.chance(0.6)),
    () => files.map((file) => (random.chance(0.4) ? { ...file, bytes: Buffer.alloc(0) } : file)),
    () =>
      files.flatMap((file) => [
        file,
        { ...file, name: file.name.replace(/events_\d+/, 'events_99999999999999999999') },
      ]),
    () => files.flatMap((file) => [file, { ...file, name: file.name.replace(/events_(\d+)/, 'events_0$1') }]),
    () => files.map((file) => ({ ...file, name: file.name.replace(/[^/]*$/, (name) => `${name}.compact`) })),
    () => files.map((file) => ({ ...file, name: file.name.replace(/^[^/.]*/, 'eventlog_v2_x\u202e y') })),
    () => [...files, { name: 'README.md', bytes: Buffer.from('# logs') }],
    () => [...files, { name: 'garbage.zstd', bytes: random.bytes(300) }],
  ])();
}
