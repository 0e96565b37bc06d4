import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FolderReader } from './folder-reader.ts';

const EVENT = '{"Event":"SparkListenerLogStart","Spark Version":"4.3.0"}\n';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-folder-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('sees all files of a rolling log that lies in one folder with others [sources.folder-as-it-is]', async () => {
  for (const name of ['events_1_local-1', 'events_2_local-1', 'events_1_local-2', 'local-3']) {
    writeFileSync(join(folder, name), EVENT);
  }
  const reader = new FolderReader(folder);
  const { logs } = await reader.findLogs({});
  expect(logs.map(({ files }) => files.length)).toEqual([2, 1, 1]);
  expect(await Promise.all(logs.map((log) => reader.refresh(log, {})))).toEqual(logs);
  writeFileSync(join(folder, 'events_3_local-1'), EVENT);
  expect((await reader.refresh(logs[0] as never, {})).files).toHaveLength(3);
  rmSync(join(folder, 'events_1_local-2'));
  await expect(reader.refresh(logs[1] as never, {})).rejects.toMatchObject({ code: 'not_found' });
});

/** Whole seconds, which `utimes` sets exactly. */
const WHEN = 1_790_000_000;

it('looks into a file that Spark did not name once for each state of it [sources.folder-judged-once]', async () => {
  const place = mkdtempSync(join(folder, 'unnamed-'));
  const file = join(place, 'copy of a log');
  writeFileSync(file, EVENT);
  utimesSync(file, WHEN, WHEN);
  const reader = new FolderReader(place);
  const count = async () => (await reader.findLogs({})).logs.length;
  expect(await count()).toBe(1);
  // As large, and of the same time: it is not looked into again.
  writeFileSync(file, 'x'.repeat(EVENT.length));
  utimesSync(file, WHEN, WHEN);
  const [kept, again] = [await count(), await new FolderReader(place).findLogs({})];
  expect([kept, again.logs.length]).toEqual([1, 0]);
  writeFileSync(file, `${EVENT}${EVENT}`);
  expect(await count()).toBe(1);
  writeFileSync(file, 'no log any more');
  expect(await count()).toBe(0);
});
