import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application, LogRef } from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { SpoolFolder } from './spool-folder.ts';
import { type Spooling, spoolLog } from './spool-log.ts';

let base: string;
let spool: SpoolFolder;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'headgate-spool-log-'));
  spool = new SpoolFolder(base);
});
afterAll(async () => {
  await spool.close();
  await rm(base, { recursive: true, force: true });
});

const CONTENT = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
const log: LogRef = {
  path: 's3://bucket/eventlog_v2_app-1',
  kind: 'rolling',
  files: [
    { path: 's3://bucket/eventlog_v2_app-1/events_1_app-1', sizeBytes: 600 },
    { path: 's3://bucket/eventlog_v2_app-1/events_2_app-1 (copy)/..', sizeBytes: 0 },
    { path: 's3://bucket/eventlog_v2_app-1/events_3_app-1.zstd', sizeBytes: 400 },
  ],
  inProgress: false,
  sizeBytes: 1000,
  modifiedMs: 0,
  missing: [],
  compacted: false,
  appIdHint: 'app-1',
  attemptIdHint: null,
};

/** Hands on each range in two pieces, the later one first. */
const fetch: Spooling['fetch'] = async (file, { start, end }, take) => {
  const from = file.path.includes('events_3') ? 600 : 0;
  const middle = Math.floor((start + end) / 2);
  await take(CONTENT.subarray(from + middle, from + end), middle);
  await take(CONTENT.subarray(from + start, from + middle), start);
};

const application = buildApplication();
const spooled = (parts: Partial<Spooling>): Promise<Application> =>
  spoolLog(log, { spool, fetch, partBytes: 128, partsAtOnce: 3, read: async () => application, ...parts });

async function leftBehind(): Promise<string[]> {
  const [own = ''] = await readdir(base);
  return readdir(join(base, own));
}

describe('a spooled log', () => {
  it('is read as it is stored, under its own address and the names of its files [sources.spool-private]', async () => {
    const seen: { local?: LogRef; bytes?: Buffer } = {};
    const read: Spooling['read'] = async (local) => {
      seen.local = local;
      seen.bytes = Buffer.concat(await Promise.all(local.files.map(({ path }) => readFile(path))));
      return application;
    };
    expect(await spooled({ read })).toBe(application);
    expect(seen.bytes?.equals(CONTENT)).toBe(true);
    expect(seen.local?.path).toBe(log.path);
    expect(seen.local?.files.every(({ path }) => path.startsWith(base))).toBe(true);
    expect(seen.local?.files.map(({ path }) => basename(path))).toEqual([
      'events_1_app-1',
      'file',
      'events_3_app-1.zstd',
    ]);
    expect(await leftBehind()).toEqual([]);
  });

  it('tells how much was fetched, then how much was read, and never less than before', async () => {
    const told: number[] = [];
    const read: Spooling['read'] = async (_, onProgress) => {
      onProgress?.(500, 1000);
      onProgress?.(1000, 1000);
      return application;
    };
    await spooled({
      read,
      onProgress: (done, total) => {
        expect(total).toBe(2000);
        told.push(done);
      },
    });
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.slice(-3)).toEqual([1000, 1500, 2000]);
  });

  it('is given up with the first part that fails, once no other part is written any more', async () => {
    let running = 0;
    const starts: number[] = [];
    const failing: Spooling['fetch'] = async (_, { start }, take) => {
      starts.push(start);
      if (start === 128) throw new HeadgateError('unavailable', 'cut');
      running += 1;
      await take(Buffer.alloc(8), start);
      running -= 1;
    };
    await expect(spooled({ fetch: failing })).rejects.toMatchObject({ message: 'cut' });
    expect(running).toBe(0);
    expect(starts.length).toBeLessThan(5);
    expect(await leftBehind()).toEqual([]);
  });
});
