import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveInRoots } from './script-roots.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-roots-'));
  await mkdir(join(folder, 'root', 'sub'), { recursive: true });
  await writeFile(join(folder, 'root', 'sub', 'a.py'), '');
  await writeFile(join(folder, 'secret.py'), '');
  await symlink(join(folder, 'secret.py'), join(folder, 'root', 'link.py'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('files that jobs come from', () => {
  it('are under a configured folder, named from it or in full [spark.roots]', async () => {
    const roots = [join(folder, 'root')];
    const real = await resolveInRoots(join(folder, 'root/sub/a.py'), roots);
    expect(await resolveInRoots('sub/a.py', roots)).toBe(real);
    expect(await resolveInRoots(`file://${folder}/root/sub/a.py`, roots)).toBe(real);
  });

  it.each([
    ['../secret.py', 'permission_denied'],
    ['link.py', 'permission_denied'],
    ['/etc/passwd', 'permission_denied'],
    ['/no/such/file', 'permission_denied'],
    ['sub', 'invalid_argument'],
    ['none.py', 'not_found'],
    ['a\0b', 'invalid_argument'],
  ])('are nowhere else: %s is %s [spark.roots]', async (path, code) => {
    await expect(resolveInRoots(path, [join(folder, 'root')])).rejects.toMatchObject({ code });
  });

  it('are none when no folder is configured [spark.roots]', async () => {
    await expect(resolveInRoots('a.py', [])).rejects.toMatchObject({
      code: 'permission_denied',
      hint: expect.stringContaining('code'),
    });
  });
});
