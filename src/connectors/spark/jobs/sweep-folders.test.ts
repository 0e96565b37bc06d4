import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KEPT_MS, sweepFolders } from './sweep-folders.ts';

describe('folders of jobs', () => {
  it('go when their job ended long ago, and results with them [spark.files-kept]', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-sweep-'));
    const now = Date.now();
    const old = new Date(now - KEPT_MS - 1000);
    for (const name of ['job-old', 'job-runs', 'job-new', 'results']) await mkdir(join(folder, name));
    for (const name of ['job-old/exit', 'job-new/exit', 'results/old.arrow', 'results/new.arrow']) {
      await writeFile(join(folder, name), '0');
    }
    for (const name of ['job-old/exit', 'job-old', 'job-runs', 'results/old.arrow'])
      await utimes(join(folder, name), old, old);
    await sweepFolders(folder, now);
    expect([(await readdir(folder)).sort(), await readdir(join(folder, 'results'))]).toEqual([
      ['job-new', 'job-runs', 'results'],
      ['new.arrow'],
    ]);
    await rm(folder, { recursive: true, force: true });
  });
});
