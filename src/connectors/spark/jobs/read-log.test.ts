import { appendFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rotate } from './job-folder.ts';
import { readLog } from './read-log.ts';

let folder: string;
let log: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-log-'));
  log = join(folder, 'stderr');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the log of a job', () => {
  it('is read on from where one read before, whole lines only [spark.logs]', async () => {
    expect(await readLog(log, null)).toEqual({ lines: [], bytes: 0, end: 0, cut: false });
    await writeFile(log, 'one\ntwo\nthr');
    expect(await readLog(log, null)).toMatchObject({ lines: ['one', 'two', 'thr'], bytes: 11 });
    const first = await readLog(log, 0);
    expect(first).toMatchObject({ lines: ['one', 'two'], end: 8, cut: false });
    await appendFile(log, 'ee\n');
    expect(await readLog(log, first.end)).toMatchObject({ lines: ['three'], end: 14 });
  });

  it('is bounded: what is longer makes room, and the log goes on [spark.log-bounded]', async () => {
    await writeFile(log, 'x'.repeat(2000));
    expect(await rotate(log, 4000)).toBe(false);
    expect(await rotate(log, 1000)).toBe(true);
    expect([(await stat(log)).size, (await stat(`${log}.1`)).size]).toEqual([0, 2000]);
    await appendFile(log, 'after\n');
    expect((await readLog(log, 1500)).lines).toEqual(['after']);
  });
});
