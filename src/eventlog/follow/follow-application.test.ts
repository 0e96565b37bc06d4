import { appendFile, mkdtemp, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRecorded, recordedLogs, wholeModel } from '../fixtures/recorded.ts';
import type { LogRef } from '../open/index.ts';
import { readApplication } from '../read-application.ts';
import { type FollowedLog, followApplication } from './follow-application.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-follow-'));
});
afterEach(() => rm(folder, { recursive: true }));

const recorded = recordedLogs();

/** A recorded log that is written again, byte by byte, into the folder. */
class Writing {
  readonly #log: LogRef;
  readonly #files: Array<{ readonly path: string; readonly bytes: Buffer; written: number }>;

  private constructor(log: LogRef, files: Array<{ path: string; bytes: Buffer }>) {
    this.#log = log;
    this.#files = files.map((file) => ({ ...file, written: 0 }));
  }

  static async of(id: string): Promise<Writing> {
    const entry = recorded.find((one) => one.id === id);
    if (entry === undefined) throw new Error(`There is no recording ${id}.`);
    const log = await findRecorded(entry);
    const files = log.files.map(async ({ path }) => ({
      path: join(folder, basename(path)),
      bytes: await readFile(path),
    }));
    return new Writing(log, await Promise.all(files));
  }

  get paths(): string[] {
    return this.#files.map(({ path }) => path);
  }

  /** Everything that the first file is to hold. */
  get bytes(): Buffer {
    return this.#files[0]?.bytes ?? Buffer.alloc(0);
  }

  get size(): number {
    return this.#files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Writes until the log has so many bytes. */
  async writeTo(size: number): Promise<void> {
    let before = 0;
    for (const file of this.#files) {
      const wanted = Math.max(0, Math.min(file.bytes.length, size - before));
      if (wanted > file.written) await appendFile(file.path, file.bytes.subarray(file.written, wanted));
      file.written = Math.max(file.written, wanted);
      before += file.bytes.length;
    }
  }

  get log(): LogRef {
    const files = this.#files
      .filter(({ written }) => written > 0)
      .map(({ path, written }) => ({ path, sizeBytes: written }));
    return {
      ...this.#log,
      path: folder,
      files,
      inProgress: true,
      sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    };
  }
}

async function readAnew(log: LogRef): Promise<Record<string, unknown> | null> {
  return readApplication(log, { threads: 0 }).then(wholeModel, () => null);
}

/** Lets the log grow to each of these sizes; every state must read as it does anew. Returns how often it was read on. */
async function growThrough(writing: Writing, sizes: readonly number[]): Promise<number> {
  let followed: FollowedLog | null = null;
  let advanced = 0;
  for (const size of sizes) {
    await writing.writeTo(size);
    const { log } = writing;
    const anew = await readAnew(log);
    if (anew === null) continue;
    const goesOn: boolean = followed !== null && (await followed.advance(log, { threads: 0 }));
    if (followed === null || !goesOn) followed = await followApplication(log, { threads: 0 });
    else advanced += 1;
    expect(wholeModel(followed.application)).toEqual(anew);
  }
  return advanced;
}

const GROWING = [
  '3.5/first-look-none',
  '4.3/cached',
  '4.3/dynamic-allocation',
  '4.3/first-look-lz4',
  '4.3/first-look-lzf',
  '4.3/first-look-rolling-none',
  '4.3/first-look-rolling-zstd',
  '4.3/first-look-snappy',
  '4.3/in-progress-zstd',
  '4.3/lost-executor',
  '4.3/resubmitted-tasks',
  '4.3/speculation',
];
/** How often a log grows in a test. */
const STEPS = 5;

describe('a log that grows', () => {
  it.each(GROWING)('is read on as it is read anew: %s [warm.grows-as-read-anew]', async (id) => {
    const share = fc.double({ min: 0.02, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(share, { minLength: STEPS, maxLength: STEPS }), async (shares) => {
        const writing = await Writing.of(id);
        const sizes = [...shares.map((part) => Math.round(part * writing.size)), writing.size];
        await growThrough(
          writing,
          sizes.sort((a, b) => a - b),
        );
      }),
      { numRuns: 1 },
    );
  });

  it('is read on byte by byte where a line ends [warm.grows-as-read-anew]', async () => {
    const writing = await Writing.of('4.3/first-look-none');
    const newline = writing.bytes.indexOf(0x0a, writing.size / 2);
    const sizes = [-2, -1, 0, 1, 2, 3].map((off) => newline + off);
    expect(await growThrough(writing, sizes)).toBe(sizes.length - 1);
  });

  it.each(['4.3/first-look-none', '4.3/first-look-lz4', '4.3/first-look-zstd', '4.3/first-look-rolling-none'])(
    'is not read from its start: %s [warm.grows-as-read-anew]',
    async (id) => {
      const writing = await Writing.of(id);
      expect(
        await growThrough(
          writing,
          [0.5, 0.6, 0.7, 1].map((part) => Math.round(part * writing.size)),
        ),
      ).toBe(3);
    },
  );

  it('is read on over many threads too [warm.grows-as-read-anew]', async () => {
    const writing = await Writing.of('4.3/first-look-none');
    await writing.writeTo(writing.size / 2);
    const followed = await followApplication(writing.log, { threads: 1 });
    await writing.writeTo(writing.size);
    expect(await followed.advance(writing.log, { threads: 1 })).toBe(true);
    expect(wholeModel(followed.application)).toEqual(await readAnew(writing.log));
  });

  it('leaves what it told before as it was [warm.older-answer-stands]', async () => {
    const writing = await Writing.of('4.3/orders-sql');
    await writing.writeTo(Math.round(writing.size * 0.6));
    const followed = await followApplication(writing.log, { threads: 0 });
    const { application } = followed;
    const before = await readAnew(writing.log);
    for (const part of [0.7, 0.8, 0.9, 1]) {
      await writing.writeTo(Math.round(writing.size * part));
      expect(await followed.advance(writing.log, { threads: 0 })).toBe(true);
    }
    expect(followed.application.status).not.toBe(application.status);
    expect(wholeModel(application)).toEqual(before);
  });

  it('is read on under the name that it gets at its end', async () => {
    const writing = await Writing.of('4.3/first-look-none');
    const [file] = writing.log.files;
    await writing.writeTo(writing.size - 100);
    const running = join(folder, 'local-1.inprogress');
    const ended = join(folder, 'local-1');
    await rename(join(folder, basename(writing.paths[0] as string)), running);
    const stateOf = async (path: string): Promise<LogRef> => {
      const { size } = await stat(path);
      return {
        ...writing.log,
        path,
        files: [{ path, sizeBytes: size }],
        sizeBytes: size,
        inProgress: path === running,
      };
    };
    expect(file).toBeUndefined();
    const followed = await followApplication(await stateOf(running), { threads: 0 });
    expect(followed.application.status).toBe('RUNNING');
    await appendFile(running, writing.bytes.subarray(-100));
    await rename(running, ended);
    expect(await followed.advance(await stateOf(ended), { threads: 0 })).toBe(true);
    expect(wholeModel(followed.application)).toEqual(await readAnew(await stateOf(ended)));
    expect(followed.heldBytes).toBeGreaterThan(0);
  });
});

describe('a log that is not what it was', () => {
  let writing: Writing;
  let path: string;
  let followed: FollowedLog;
  beforeEach(async () => {
    writing = await Writing.of('4.3/first-look-none');
    await writing.writeTo(Math.round(writing.size / 2));
    path = writing.paths[0] as string;
    followed = await followApplication(writing.log, { threads: 0 });
  });

  const now = async (change: Partial<LogRef> = {}): Promise<LogRef> => {
    const { size } = await stat(path);
    return { ...writing.log, files: [{ path, sizeBytes: size }], sizeBytes: size, ...change };
  };

  it('is read anew when it became shorter [warm.replaced-read-anew]', async () => {
    await truncate(path, 1000);
    expect(await followed.advance(await now())).toBe(false);
  });

  it('is read anew when another file took its place [warm.replaced-read-anew]', async () => {
    await writeFile(`${path}.new`, writing.bytes);
    await rename(`${path}.new`, path);
    expect(await followed.advance(await now())).toBe(false);
  });

  it.each([0, 500, -10])('is read anew when it was written over at byte %i [warm.replaced-read-anew]', async (at) => {
    const bytes = Buffer.from(writing.bytes);
    const place = at >= 0 ? at : Math.round(writing.size / 2) + at;
    bytes[place] = 0x20;
    await writeFile(path, bytes);
    expect(await followed.advance(await now())).toBe(false);
  });

  it('is read anew when it was compacted, or lost a file [warm.replaced-read-anew]', async () => {
    expect(await followed.advance(await now({ compacted: true }))).toBe(false);
    expect(await followed.advance(await now({ files: [] }))).toBe(false);
  });

  it('is read anew when a line that was whole goes on [warm.replaced-read-anew]', async () => {
    await truncate(path, writing.bytes.indexOf(0x0a, writing.size / 4));
    const whole = await followApplication(await now(), { threads: 0 });
    await appendFile(path, 'and more\n');
    expect(await whole.advance(await now(), { threads: 0 })).toBe(false);
  });

  it('is read anew when a further file is no longer its last one [warm.replaced-read-anew]', async () => {
    const other = join(folder, 'other');
    await writeFile(other, '');
    const files = [{ path: other, sizeBytes: 0 }, ...(await now()).files];
    expect(await followed.advance(await now({ files }))).toBe(false);
  });
});
