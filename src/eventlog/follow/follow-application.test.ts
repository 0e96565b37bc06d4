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
    const files = log.files.map(async ({ path }) => ({ path: join(folder, basename(path)), bytes: await readFile(path) }));
    return new Writing(log, await Promise.all(files));
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
    const files = this.#files.filter(({ written }) => written > 0).map(({ path, written }) => ({ path, sizeBytes: written }));
    return { ...this.#log, path: folder, files, inProgress: true, sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0) };
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

const STEPS = Number(process.env.FOLLOW_STEPS ?? 5);
const IDS = process.env.FOLLOW_ALL === undefined ? [
  '3.5/first-look-none',
  '3.5/streaming',
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
  'databricks/retried-tasks',
] : recorded.map(({id}) => id);

describe('a log that grows', () => {
  it.each(IDS)('reads on as anew: %s [warm.grows-as-read-anew]', async (id) => {
    const cuts = fc.array(fc.double({ min: 0.02, max: 1, noNaN: true }), { minLength: STEPS, maxLength: STEPS });
    await fc.assert(
      fc.asyncProperty(cuts, async (parts) => {
        const writing = await Writing.of(id);
        const sizes = [...parts.map((share) => Math.round(share * writing.size)), writing.size].sort((a, b) => a - b);
        await growThrough(writing, sizes);
        await rm(folder, { recursive: true });
        folder = await mkdtemp(join(tmpdir(), 'headgate-follow-'));
      }),
      { numRuns: Number(process.env.FOLLOW_RUNS ?? 1) },
    );
  });
});
