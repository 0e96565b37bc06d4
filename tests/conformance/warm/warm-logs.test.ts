import { appendFile, copyFile, mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderSource } from '../../../src/connectors/spark-history/fixtures/fake-logs.ts';
import { EventLogHistory, type HistoryParts } from '../../../src/connectors/spark-history/history.ts';
import { FolderReader } from '../../../src/connectors/spark-history/sources/folder-reader.ts';
import { findRecorded, recordedLogs, wholeModel } from '../../../src/eventlog/fixtures/recorded.ts';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import type { LogSummaryPort, SummaryKey } from '../../../src/kernel/log-summaries.ts';

const APP_ID = 'local-1795244441242';
const { signal } = new AbortController();

/** A store in memory, which can be made to fail. */
class MemorySummaries implements LogSummaryPort {
  readonly kept = new Map<string, Uint8Array>();
  readonly keys: SummaryKey[] = [];
  failing: HeadgateError | null = null;

  async read(key: SummaryKey): Promise<Uint8Array | null> {
    if (this.failing !== null) throw this.failing;
    return this.kept.get(JSON.stringify(key)) ?? null;
  }

  async write(key: SummaryKey, summary: Uint8Array): Promise<void> {
    if (this.failing !== null) throw this.failing;
    this.keys.push(key);
    this.kept.set(JSON.stringify(key), summary);
  }

  async headlines() {
    return [];
  }

  async keepHeadlines(): Promise<void> {}
}

/** A folder that counts what is read of it. */
class CountingReader extends FolderReader {
  reads = 0;
  follows = 0;

  override readApplication(...asked: Parameters<FolderReader['readApplication']>) {
    this.reads += 1;
    return super.readApplication(...asked);
  }

  override followApplication(...asked: Parameters<FolderReader['followApplication']>) {
    this.follows += 1;
    return super.followApplication(...asked);
  }
}

let folder: string;
let log: string;
let store: MemorySummaries;
let open: EventLogHistory[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-warm-'));
  log = join(folder, APP_ID);
  const recorded = recordedLogs().find(({ id }) => id === '4.3/first-look-none');
  if (recorded === undefined) throw new Error('The recording is gone.');
  const [file] = (await findRecorded(recorded)).files;
  await copyFile(file?.path ?? '', log);
  store = new MemorySummaries();
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((history) => history.close()));
  await rm(folder, { recursive: true });
});

function openHistory(parts: Partial<HistoryParts> & { tenant?: string; engine?: string } = {}) {
  const { tenant = 'local', engine = '1 secrets', ...rest } = parts;
  const reader = new CountingReader(folder);
  const source = { ...folderSource('logs', folder), tenants: tenant === 'local' ? null : [tenant] };
  const history = new EventLogHistory({
    sources: [source],
    readerOf: () => reader,
    clock: Date.now,
    summaries: { port: store, engine },
    ...rest,
  });
  open.push(history);
  const ask = () => history.seenBy({ tenant }).application(APP_ID, { signal });
  return { history, reader, ask };
}

/** Reads the log once and lets its summary be stored. */
async function warm(parts?: Parameters<typeof openHistory>[0]) {
  const first = openHistory(parts);
  const { application } = await first.ask();
  await first.history.close();
  return application;
}

describe('a log that was read once', () => {
  it('is not read again by another process on the same store [warm.reopened]', async () => {
    const application = await warm();
    const { reader, ask } = openHistory();
    const again = await ask();
    expect(wholeModel(again.application)).toEqual(wholeModel(application));
    expect(again.notes).toEqual([]);
    expect(reader.reads).toBe(0);
  });

  it('is read again when its summary is damaged [warm.summary-damaged-absent]', async () => {
    const application = await warm();
    for (const [key, bytes] of store.kept) store.kept.set(key, bytes.subarray(0, -1));
    const { reader, ask } = openHistory();
    expect(wholeModel((await ask()).application)).toEqual(wholeModel(application));
    expect(reader.reads).toBe(1);
  });

  it.each([
    ['another tenant', { tenant: 'other' }],
    ['another engine or level of redaction', { engine: '1 identities' }],
  ])('is read again for %s [warm.key]', async (_, parts) => {
    await warm();
    const { reader, ask } = openHistory(parts);
    await ask();
    expect(reader.reads).toBe(1);
  });

  it('is read again when it changed [warm.key]', async () => {
    await warm();
    const { reader, ask } = openHistory();
    await utimes(log, new Date(0), new Date(0));
    await ask();
    expect(reader.reads).toBe(1);
    expect(store.keys[0]).toMatchObject({ tenant: 'local', path: log, engine: '1 secrets' });
  });

  it('is stored as what it was prepared to [warm.reopened]', async () => {
    await warm({ prepare: (application) => ({ ...application, user: 'somebody' }) });
    const { ask } = openHistory();
    expect((await ask()).application.user).toBe('somebody');
  });
});

describe('a store that fails', () => {
  it('lets logs be read, and the answers say what was not stored [warm.store-gone]', async () => {
    store.failing = new HeadgateError('resource_exhausted', 'The disk of the store is full.');
    const { history, reader, ask } = openHistory();
    expect((await ask()).application.appId).toBe(APP_ID);
    await history.settled();
    expect((await ask()).notes).toEqual(['The summary was not stored: The disk of the store is full.']);
    store.failing = null;
    await utimes(log, new Date(0), new Date(0));
    await ask();
    await history.settled();
    expect((await ask()).notes).toEqual([]);
    expect(reader.reads).toBe(2);
    expect(store.kept.size).toBe(1);
  });
});

describe('a log in progress', () => {
  let running: string;
  let bytes: Buffer;
  beforeEach(async () => {
    running = `${log}.inprogress`;
    bytes = await readFile(log);
    await rm(log);
    await writeFile(running, bytes.subarray(0, bytes.length / 2));
  });

  it('is read on where it ended until its end, and stored then [warm.grows-as-read-anew]', async () => {
    const { history, reader, ask } = openHistory();
    expect((await ask()).application.status).toBe('RUNNING');
    await appendFile(running, bytes.subarray(bytes.length / 2, -2000));
    const later = (await ask()).application;
    await history.settled();
    expect({ follows: reader.follows, reads: reader.reads, stored: store.kept.size }).toEqual({
      follows: 1,
      reads: 0,
      stored: 0,
    });
    await appendFile(running, bytes.subarray(-2000));
    await rename(running, log);
    const { application } = await ask();
    expect(application.log.eventCount).toBeGreaterThan(later.log.eventCount);
    expect(application.status).toBe('SUCCEEDED');
    await history.settled();
    expect({ follows: reader.follows, reads: reader.reads, stored: store.kept.size }).toEqual({
      follows: 1,
      reads: 0,
      stored: 1,
    });
    const anew = openHistory({ summaries: undefined });
    expect(wholeModel((await anew.ask()).application)).toEqual(wholeModel(application));
  });

  it('that nobody writes any more is read and stored like any other', async () => {
    await utimes(running, new Date(0), new Date(0));
    const { history, reader, ask } = openHistory();
    expect((await ask()).application.status).toBe('RUNNING');
    await history.settled();
    expect({ follows: reader.follows, reads: reader.reads, stored: store.kept.size }).toEqual({
      follows: 0,
      reads: 1,
      stored: 1,
    });
  });

  it('is asked for at once and read on in turn', async () => {
    const { reader, ask } = openHistory();
    await ask();
    const asked: Array<ReturnType<typeof ask>> = [];
    for (let from = bytes.length / 2; from < bytes.length; from += 20_000) {
      await appendFile(running, bytes.subarray(from, from + 20_000));
      asked.push(ask());
    }
    const counts = (await Promise.all(asked)).map(({ application }) => application.log.eventCount);
    const { size } = await stat(running);
    expect(size).toBe(bytes.length);
    expect((await ask()).application.log.eventCount).toBe(Math.max(...counts));
    expect(reader.reads).toBe(0);
  });
});
