import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../kernel/errors.ts';
import { SpoolFolder } from './spool-folder.ts';

/** No process has such a number: Linux ends at 4,194,304. */
const NOBODY = 99_999_999;
let base: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'headgate-spool-test-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('the spool folder', () => {
  it('is readable by its owner alone, and leaves nothing behind [sources.spool-private]', async () => {
    const home = join(base, 'private');
    const spool = new SpoolFolder(home);
    const modes = await spool.use(async (folder) => {
      await writeFile(join(folder, 'part'), 'secret');
      const own = join(home, (await readdir(home))[0] ?? '');
      return Promise.all([home, own, folder].map(modeOf));
    });
    expect(modes).toEqual([0o700, 0o700, 0o700]);
    const [own = ''] = await readdir(home);
    expect(await readdir(join(home, own))).toEqual([]);
    await spool.close();
    expect(await readdir(home)).toEqual([]);
  });

  it('leaves nothing behind when the work fails [sources.spool-private]', async () => {
    const home = join(base, 'failing');
    const spool = new SpoolFolder(home);
    const work = spool.use(async (folder) => {
      await writeFile(join(folder, 'part'), 'secret');
      throw new HeadgateError('unavailable', 'the store went away');
    });
    await expect(work).rejects.toMatchObject({ message: 'the store went away' });
    const [own = ''] = await readdir(home);
    expect(await readdir(join(home, own))).toEqual([]);
    await spool.close();
  });

  it('removes what a killed process of this machine left, and nothing of others [sources.spool-leftovers]', async () => {
    const home = join(base, 'leftovers');
    const left = `${hostname()}-${NOBODY}-00000000`;
    const running = `${hostname()}-${process.ppid}-00000000`;
    const elsewhere = `another-machine-${NOBODY}-00000000`;
    for (const name of [left, running, elsewhere, 'notes']) await mkdir(join(home, name, 'log-1'), { recursive: true });
    await new SpoolFolder(home).sweep();
    expect((await readdir(home)).toSorted()).toEqual([running, elsewhere, 'notes'].toSorted());
    await mkdir(join(home, left));
    const spool = new SpoolFolder(home);
    expect(await spool.use(() => readdir(home))).not.toContain(left);
    await spool.close();
    await new SpoolFolder(join(home, 'not-there-yet')).sweep();
  });

  it('says so when the disk is full or cannot be written', async () => {
    const spool = new SpoolFolder(join(base, 'full'));
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC', syscall: 'write' });
    await expect(spool.use(() => Promise.reject(full))).rejects.toMatchObject({ code: 'resource_exhausted' });
    await writeFile(join(base, 'a-file'), '');
    await expect(new SpoolFolder(join(base, 'a-file', 'spool')).use(() => Promise.resolve())).rejects.toMatchObject({
      code: 'unavailable',
      hint: expect.stringContaining('HEADGATE_HOME'),
    });
    await spool.close();
  });
});
