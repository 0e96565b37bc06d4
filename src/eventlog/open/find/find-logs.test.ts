import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../kernel/errors.ts';
import { CODECS, encodeLog } from '../fixtures/encode.ts';
import { useScratch } from '../fixtures/scratch.ts';
import type { LogRef } from '../log-ref.ts';
import { findLogs } from './find-logs.ts';

const scratch = useScratch();
const EVENTS = Buffer.from('{"Event":"SparkListenerLogStart","Spark Version":"4.3.0"}\n');

/** Makes a folder of its own with these files; a value is the content, `EVENTS` when null. */
async function folderOf(name: string, files: Record<string, Buffer | string | null>): Promise<string> {
  const folder = join(scratch.path, name);
  await mkdir(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content ?? EVENTS);
  }
  return folder;
}

const shape = (folder: string, log: LogRef) => ({
  path: relative(folder, log.path),
  kind: log.kind,
  files: log.files.map((file) => relative(folder, file.path)),
});

describe('findLogs', () => {
  it('finds single files, and what their names say of them [eventlog-open.finds-logs]', async () => {
    const folder = await folderOf('single', {
      'application_1700000000000_0042_2.zstd': null,
      'local-17.inprogress': null,
      'app-20261121070448-0000.lz4': null,
    });
    await utimes(join(folder, 'local-17.inprogress'), 1000, 1234.5);
    const { logs, ignored } = await findLogs(folder);
    expect(ignored).toEqual([]);
    expect(
      logs.map(({ path, appIdHint, attemptIdHint, inProgress }) => [
        relative(folder, path),
        appIdHint,
        attemptIdHint,
        inProgress,
      ]),
    ).toEqual([
      ['app-20261121070448-0000.lz4', 'app-20261121070448-0000', null, false],
      ['application_1700000000000_0042_2.zstd', 'application_1700000000000_0042', '2', false],
      ['local-17.inprogress', 'local-17', null, true],
    ]);
    expect(logs[2]).toEqual({
      path: join(folder, 'local-17.inprogress'),
      kind: 'single',
      files: [{ path: join(folder, 'local-17.inprogress'), sizeBytes: EVENTS.length }],
      inProgress: true,
      sizeBytes: EVENTS.length,
      modifiedMs: 1_234_500,
      missing: [],
      compacted: false,
      appIdHint: 'local-17',
      attemptIdHint: null,
    });
  });

  it('judges files that Spark did not name by their first bytes, of every codec [eventlog-open.sniffs-logs]', async () => {
    const logs = Object.fromEntries(CODECS.map((codec) => [`copy of ${codec}`, encodeLog(codec, [EVENTS]).bytes]));
    const folder = await folderOf('sniffed', {
      ...logs,
      'notes.txt': 'some notes',
      'data.json': '{"key": 1}',
      'data.json.gz': encodeLog('gz', [Buffer.from('[1, 2]')]).bytes,
      'logs.zip': Buffer.from('504b030400', 'hex'),
      'late-event.txt': 'x{"Event":"SparkListenerLogStart"}',
      'nothing.log': '',
      'local-9': '',
    });
    const found = await findLogs(folder);
    expect(found.logs.map(({ path }) => relative(folder, path))).toEqual(Object.keys(logs).sort());
    expect(found.ignored.map(({ path, reason }) => [relative(folder, path), reason])).toEqual([
      ['data.json', 'not an event log: it does not begin with {"Event":'],
      ['data.json.gz', 'not an event log: it does not begin with {"Event":'],
      ['late-event.txt', 'not an event log: it does not begin with {"Event":'],
      ['local-9', 'empty'],
      ['logs.zip', `${join(folder, 'logs.zip')} is a zip archive, not a Spark event log.`],
      ['notes.txt', 'not an event log: it does not begin with {"Event":'],
      ['nothing.log', 'empty'],
    ]);
  });

  it('passes over checksums, hidden files and markers', async () => {
    const folder = await folderOf('markers', {
      'local-1': null,
      '.local-1.crc': 'crc',
      'local-1.crc': 'crc',
      '.hidden': null,
      _SUCCESS: '',
      '.git/local-2': null,
      '_temporary/local-3': null,
    });
    const { logs, ignored } = await findLogs(folder);
    expect([logs.map(({ path }) => relative(folder, path)), ignored]).toEqual([['local-1'], []]);
  });

  it('finds rolling logs in the order of their numbers [eventlog-open.rolling]', async () => {
    const folder = await folderOf('rolling', {
      'eventlog_v2_local-5_1/appstatus_local-5_1': '',
      'eventlog_v2_local-5_1/events_10_local-5_1.zstd': null,
      'eventlog_v2_local-5_1/events_9_local-5_1.zstd': null,
      ...Object.fromEntries(
        [1, 2, 3, 4, 5, 6, 7, 8].map((i) => [`eventlog_v2_local-5_1/events_${i}_local-5_1.zstd`, null]),
      ),
    });
    const { logs } = await findLogs(folder);
    const names = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((i) => `eventlog_v2_local-5_1/events_${i}_local-5_1.zstd`);
    expect(logs.map((log) => shape(folder, log))).toEqual([
      { path: 'eventlog_v2_local-5_1', kind: 'rolling', files: names },
    ]);
    expect(logs[0]).toMatchObject({
      inProgress: false,
      sizeBytes: EVENTS.length * 10,
      missing: [],
      compacted: false,
      appIdHint: 'local-5',
      attemptIdHint: '1',
    });
  });

  it('reads a rolling log that was renamed, or is named itself [eventlog-open.rolling]', async () => {
    const folder = await folderOf('renamed/my incident', {
      'events_1_local-6': null,
      'events_2_local-6': null,
      'appstatus_local-6.inprogress': '',
    });
    const { logs, ignored } = await findLogs(folder);
    expect(logs.map((log) => shape(folder, log))).toEqual([
      { path: '', kind: 'rolling', files: ['events_1_local-6', 'events_2_local-6'] },
    ]);
    expect([logs[0]?.inProgress, logs[0]?.appIdHint, ignored]).toEqual([true, 'local-6', []]);
  });

  it('lets the last compacted file stand for all before it [eventlog-open.rolling]', async () => {
    const folder = await folderOf('compacted', {
      'events_1_local-7.zstd': null,
      'events_2_local-7.zstd.compact': null,
      'events_3_local-7.zstd': null,
      'events_4_local-7.zstd': null,
      'events_4_local-7.zstd.compact': null,
      'events_5_local-7.zstd': null,
    });
    const { logs } = await findLogs(folder);
    expect(logs.map((log) => shape(folder, log).files)).toEqual([
      ['events_4_local-7.zstd.compact', 'events_5_local-7.zstd'],
    ]);
    expect(logs[0]).toMatchObject({ compacted: true, missing: [] });
  });

  it('names event files that are missing [eventlog-open.rolling]', async () => {
    const folder = await folderOf('missing', {
      'events_2_local-8': null,
      'events_5_local-8': null,
      'events_999999999_local-8': null,
    });
    const { logs } = await findLogs(folder);
    expect(logs[0]?.missing).toEqual([
      'events_1_local-8',
      'events_3_local-8',
      'events_4_local-8',
      'events_6_local-8 … events_999999998_local-8 (999999993 files)',
    ]);
  });

  it('reads one of two copies of an event file', async () => {
    const folder = await folderOf('copies', {
      'events_1_local-1': 'x'.repeat(500),
      'events_1_local-1.zstd': null,
      'events_2_local-1.zstd': null,
    });
    const { logs, ignored } = await findLogs(folder);
    expect(logs.map((log) => shape(folder, log).files)).toEqual([['events_1_local-1', 'events_2_local-1.zstd']]);
    expect(ignored).toEqual([{ path: join(folder, 'events_1_local-1.zstd'), reason: 'a second copy of event file 1' }]);
  });

  it('keeps rolling logs apart that were put into one folder', async () => {
    const folder = await folderOf('mixed', {
      'events_1_local-1': null,
      'events_2_local-1': null,
      'events_1_local-2': null,
      'local-3': null,
    });
    const { logs } = await findLogs(folder);
    expect(logs.map((log) => shape(folder, log))).toEqual([
      { path: 'events_1_local-1', kind: 'rolling', files: ['events_1_local-1', 'events_2_local-1'] },
      { path: 'events_1_local-2', kind: 'rolling', files: ['events_1_local-2'] },
      { path: 'local-3', kind: 'single', files: ['local-3'] },
    ]);
  });

  it('tells a rolling log that has no event files yet', async () => {
    const folder = await folderOf('begun', {
      'eventlog_v2_local-1/appstatus_local-1.inprogress': '',
      'eventlog_v2_local-2/.keep': '',
    });
    const { logs, ignored } = await findLogs(folder);
    expect(logs).toEqual([]);
    expect(ignored.map(({ reason }) => reason)).toEqual([
      'the rolling log of local-1 has no event files',
      'a rolling log without event files',
    ]);
  });

  it('reads a Databricks folder as one log, by date and the undated part last [eventlog-open.databricks]', async () => {
    const folder = await folderOf('databricks', {
      'cluster/context/eventlog': null,
      'cluster/context/eventlog-2026-11-21--08-00.gz': null,
      'cluster/context/eventlog-2026-11-21--07-00.gz': null,
      'cluster/context/eventlog-2026-11-20--23-00.gz': null,
    });
    const { logs, ignored } = await findLogs(folder);
    expect(ignored).toEqual([]);
    expect(logs.map((log) => shape(join(folder, 'cluster/context'), log))).toEqual([
      {
        path: '',
        kind: 'databricks',
        files: [
          'eventlog-2026-11-20--23-00.gz',
          'eventlog-2026-11-21--07-00.gz',
          'eventlog-2026-11-21--08-00.gz',
          'eventlog',
        ],
      },
    ]);
    expect(logs[0]).toMatchObject({ appIdHint: null, inProgress: false, sizeBytes: 4 * EVENTS.length });
  });

  it('reads a lone Databricks part as a single log', async () => {
    const folder = await folderOf('lone', { eventlog: null });
    const { logs } = await findLogs(folder);
    expect(logs.map((log) => shape(folder, log))).toEqual([{ path: 'eventlog', kind: 'single', files: ['eventlog'] }]);
  });

  it('searches nested folders, and states where it stops [eventlog-open.finds-logs]', async () => {
    const folder = await folderOf('nested', {
      '2026/11/21/local-1': null,
      '2026/12/local-2': null,
      'a/b/c/d/e/f/local-3': null,
      'a/b/c/d/e/f/g/local-4': null,
    });
    const { logs, ignored } = await findLogs(folder);
    expect(logs.map(({ path }) => relative(folder, path))).toEqual([
      '2026/11/21/local-1',
      '2026/12/local-2',
      'a/b/c/d/e/f/local-3',
    ]);
    expect(ignored).toEqual([{ path: join(folder, 'a/b/c/d/e/f/g'), reason: 'deeper than 6 levels of folders' }]);
  });

  it('follows links, and comes to an end when they lead back [eventlog-open.link-loops]', async () => {
    const folder = await folderOf('links', { 'real/local-1': null });
    await symlink(folder, join(folder, 'real', 'up'));
    await symlink(join(folder, 'real'), join(folder, 'again'));
    await symlink(join(folder, 'real', 'local-1'), join(folder, 'local-2'));
    await symlink(join(folder, 'nowhere'), join(folder, 'broken'));
    await symlink(join(folder, 'itself'), join(folder, 'itself'));
    const { logs, ignored } = await findLogs(folder);
    expect(logs.map(({ appIdHint }) => appIdHint).sort()).toEqual(['local-1', 'local-2']);
    expect(ignored.map(({ path }) => relative(folder, path))).toEqual(['broken', 'itself']);
  });

  it('returns a file that is named itself, whatever is in it', async () => {
    const folder = await folderOf('named', { 'notes.txt': 'some notes', 'empty.log': '' });
    for (const name of ['notes.txt', 'empty.log']) {
      const { logs, ignored } = await findLogs(join(folder, name));
      expect(logs.map((log) => shape(folder, log))).toEqual([{ path: name, kind: 'single', files: [name] }]);
      expect(ignored).toEqual([]);
    }
  });

  it('throws not_found for a path that is not there [eventlog-open.path-errors]', async () => {
    await expect(findLogs(join(scratch.path, 'nowhere'))).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('nowhere'),
    });
  });

  it('refuses what is neither a file nor a folder', async () => {
    const path = join(scratch.path, 'socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const folder = await findLogs(scratch.path);
    await expect(findLogs(path)).rejects.toMatchObject({ code: 'invalid_argument' });
    await new Promise((resolve) => server.close(resolve));
    expect(folder.ignored).toContainEqual({ path, reason: 'neither a file nor a folder' });
  });

  it('refuses paths outside the root, by dots and by links, there or not [eventlog-open.root]', async () => {
    const folder = await folderOf('rooted', { 'inside/local-1': null, 'outside/local-2': null });
    const root = join(folder, 'inside');
    await symlink(join(folder, 'outside'), join(root, 'way-out'));
    await symlink(join(folder, 'outside', 'local-2'), join(root, 'local-3'));
    const refused = {
      code: 'permission_denied',
      message: expect.stringContaining(`outside the configured root ${root}`),
    };
    for (const path of [
      join(folder, 'outside'),
      join(root, '..', 'outside', 'local-2'),
      join(root, 'way-out', 'local-2'),
      join(folder, 'not-there'),
      `${root}-beside`,
      '/',
    ]) {
      await expect(findLogs(path, { root }), path).rejects.toMatchObject(refused);
    }
    await expect(findLogs(join(root, 'not-there'), { root })).rejects.toMatchObject({ code: 'not_found' });
    const { logs, ignored } = await findLogs(root, { root });
    expect(logs.map(({ path }) => relative(root, path))).toEqual(['local-1']);
    expect(ignored.map(({ path, reason }) => [relative(root, path), reason])).toEqual([
      ['local-3', `a link out of the configured root ${root}`],
      ['way-out', `a link out of the configured root ${root}`],
    ]);
  });

  it('takes a root that is itself a link', async () => {
    const folder = await folderOf('linked-root', { 'real/local-1': null });
    const root = join(folder, 'link');
    await symlink(join(folder, 'real'), root);
    const { logs } = await findLogs(join(root, 'local-1'), { root });
    expect(logs.map(({ path }) => path)).toEqual([join(root, 'local-1')]);
    expect((await findLogs(join(folder, 'real'), { root })).logs.length).toBe(1);
  });

  it('stops when it is cancelled', async () => {
    const folder = await folderOf(
      'cancelled',
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`copy ${i}`, null])),
    );
    const controller = new AbortController();
    const search = findLogs(folder, { signal: controller.signal });
    controller.abort();
    await expect(search).rejects.toMatchObject({ code: 'cancelled' });
    await expect(search).rejects.toBeInstanceOf(HeadgateError);
  });

  it('lists 10,000 logs [eventlog-open.many-logs]', async () => {
    const folder = join(scratch.path, 'many');
    await mkdir(folder);
    for (let i = 0; i < 10_000; i += 500) {
      const names = Array.from(
        { length: 500 },
        (_, k) => `application_1700000000000_${String(i + k).padStart(5, '0')}`,
      );
      await Promise.all(names.map((name) => writeFile(join(folder, name), EVENTS)));
    }
    const { logs, ignored } = await findLogs(folder);
    expect([logs.length, ignored.length]).toEqual([10_000, 0]);
    expect(logs[9999]?.appIdHint).toBe('application_1700000000000_09999');
  });
});
