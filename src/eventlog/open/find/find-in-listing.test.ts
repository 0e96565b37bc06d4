import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FoundFile } from '../log-ref.ts';
import { findInListing } from './find-in-listing.ts';
import { findLogs } from './find-logs.ts';
import { whyNoLog } from './sniff-log.ts';

const EVENT = '{"Event":"SparkListenerLogStart","Spark Version":"4.3.0"}\n';
const FILES: Readonly<Record<string, string>> = {
  'app-20260101000000-0000': EVENT,
  'app-20260101000000-0001.inprogress': EVENT,
  'app-20260101000000-0002_1.zstd': EVENT,
  'empty-log': '',
  'a log of ours': EVENT,
  'notes.txt': 'hello\n',
  _SUCCESS: '',
  '.hidden/app-20260101000000-0003': EVENT,
  '_temporary/app-20260101000000-0004': EVENT,
  '.app-20260101000000-0000.crc': 'x',
  'eventlog_v2_app-5/appstatus_app-5.inprogress': '',
  'eventlog_v2_app-5/events_1_app-5': EVENT,
  'eventlog_v2_app-5/events_2_app-5': EVENT,
  'eventlog_v2_app-6/events_2_app-6.compact': EVENT,
  'eventlog_v2_app-6/events_1_app-6': EVENT,
  'eventlog_v2_app-6/events_4_app-6': EVENT,
  'eventlog_v2_app-7/.crc': '',
  'two/events_1_app-8': EVENT,
  'two/events_1_app-9': EVENT,
  '2026/11/21/cluster/eventlog': EVENT,
  '2026/11/21/cluster/eventlog-2026-11-21--07-00.gz': EVENT,
  '2026/11/21/cluster/eventlog-2026-11-21--06-00.gz': EVENT,
  '1/2/3/4/5/6/app-20260101000000-0005': EVENT,
  '1/2/3/4/5/6/7/app-20260101000000-0006': EVENT,
};
let folder: string;
let objects: FoundFile[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-listing-'));
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const names = await readdir(folder, { recursive: true });
  objects = [];
  for (const name of names) {
    const stats = await stat(join(folder, name));
    const path = `s3://bucket/logs/${name}`;
    if (stats.isFile())
      objects.push({ path, sizeBytes: stats.size, modifiedMs: Math.trunc(stats.mtimeMs), version: 'e' });
    // Stores that play at being file systems put such a mark for each folder.
    else objects.push({ path: `${path}/`, sizeBytes: 0, modifiedMs: 0 });
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const onDisk = (path: string) => join(folder, path.slice('s3://bucket/logs/'.length));
const find = (listed: readonly FoundFile[]) =>
  findInListing('s3://bucket/logs', listed, { whyNot: (file) => whyNoLog({ ...file, path: onDisk(file.path) }) });

describe('finding logs in a listing', () => {
  it('finds what is found in the folder with the same files [sources.s3-same-as-folder]', async () => {
    const expected = await findLogs(folder);
    const found = await find(objects);
    const moved = JSON.parse(
      JSON.stringify(found).replaceAll('s3://bucket/logs', folder).replaceAll(',"version":"e"', ''),
    );
    expect(expected.logs.map(({ path }) => relative(folder, path))).toContain('eventlog_v2_app-6');
    expect(expected.ignored.map(({ path }) => relative(folder, path))).toContain('eventlog_v2_app-7');
    expect(moved).toEqual(expected);
  });

  it('does not depend on the order of the listing', async () => {
    expect(await find(objects.toReversed())).toEqual(await find(objects));
  });

  it('keeps the version of every file', async () => {
    const { logs } = await find(objects);
    expect(logs.flatMap(({ files }) => files).every(({ version }) => version === 'e')).toBe(true);
  });

  it('groups 100,000 objects without looking into those that Spark named [sources.s3-listing-pages]', async () => {
    const looked: string[] = [];
    const many = Array.from({ length: 100_000 }, (_, i) => ({
      path:
        i % 10 === 0
          ? `s3://bucket/logs/eventlog_v2_app-${Math.floor(i / 100)}/events_${(i % 100) / 10 + 1}_app-${Math.floor(i / 100)}`
          : `s3://bucket/logs/app-20260101000000-${i}`,
      sizeBytes: 10,
      modifiedMs: i,
    }));
    const { logs, ignored } = await findInListing('s3://bucket/logs', many, {
      whyNot: async ({ path }) => {
        looked.push(path);
        return { reason: 'no log' };
      },
    });
    const named = logs.filter(({ kind }) => kind === 'single').length;
    expect([logs.length - named, logs[0]?.files.length]).toEqual([1000, 1]);
    expect(named + looked.length).toBe(90_000);
    expect(ignored.length).toBe(looked.length);
    expect(looked.every((path) => !/app-\d{14}-\d{4}$/.test(path))).toBe(true);
  });
});
