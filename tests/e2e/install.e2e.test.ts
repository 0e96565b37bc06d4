import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Finished, REPOSITORY, Sandbox } from './headgate-process.ts';

/** Stands in for npm: notes its arguments, fails when the test says so, and leaves what npm leaves. */
const NPM = `
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
const args = process.argv.slice(2).filter((argument) => !/^--(loglevel|no-)/.test(argument) || argument === '--no-save');
appendFileSync('npm-calls', args.join(' ') + '\\n');
mkdirSync('node_modules', { recursive: true });
if (existsSync(args[0] + '-fails')) {
  console.error(args[0] + ' failed');
  process.exit(1);
}
`;
const INSTALL = `
import { installDependencies } from './bin/install.mjs';
await installDependencies({ development: process.argv[2] === 'development' });
`;

let sandbox: Sandbox;
let clone: string;

beforeEach(async () => {
  sandbox = await Sandbox.create();
  clone = join(sandbox.folder, 'clone');
  await cp(join(REPOSITORY, 'bin'), join(clone, 'bin'), { recursive: true });
  await writeFile(join(clone, 'npm.mjs.js'), NPM);
  await writeFile(join(clone, 'package.json'), '{"type": "module"}');
  await writeFile(join(clone, 'install.mjs'), INSTALL);
  await lock('1.0.0');
});

afterEach(() => sandbox.remove());

const packagesOf = (version: string) => ({
  '': {},
  'node_modules/needed': { version },
  'node_modules/tool': { version, dev: true },
  'node_modules/elsewhere': { version, optional: true, os: ['aix'], cpu: ['ppc64'] },
});

async function lock(version: string): Promise<void> {
  await writeFile(join(clone, 'package-lock.json'), JSON.stringify({ packages: packagesOf(version) }));
}

/** npm's record of what it installed. */
async function installedBefore(packages: object): Promise<void> {
  await mkdir(join(clone, 'node_modules'), { recursive: true });
  await writeFile(join(clone, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
}

function runInstall(mode: string): Promise<Finished> {
  return sandbox.run([mode], {
    script: join(clone, 'install.mjs'),
    cwd: clone,
    env: { npm_execpath: join(clone, 'npm.mjs.js'), npm_node_execpath: process.execPath },
  });
}

/** Runs the installation and returns what npm has been asked for since the clone was made. */
async function install(
  mode: 'development' | 'production' = 'production',
): Promise<{ exitCode: number | null; calls: string[] }> {
  const { exitCode } = await runInstall(mode);
  const calls = await readFile(join(clone, 'npm-calls'), 'utf8').catch(() => '');
  return { exitCode, calls: calls.split('\n').filter((call) => call !== '') };
}

describe('installing dependencies', () => {
  it('happens in a fresh clone, once, without the tools of developers [house.install-only-when-lockfile-changed]', async () => {
    expect(await install()).toEqual({ exitCode: 0, calls: ['ci --omit=dev'] });
    expect(await install()).toEqual({ exitCode: 0, calls: ['ci --omit=dev'] });
  });

  it('happens again when the lockfile changed [house.install-only-when-lockfile-changed]', async () => {
    await install();
    await lock('1.0.1');
    expect((await install()).calls).toEqual(['ci --omit=dev', 'ci --omit=dev']);
  });

  it('happens again for tests, after which a start needs nothing', async () => {
    await install();
    expect((await install('development')).calls).toEqual(['ci --omit=dev', 'ci']);
    expect((await install()).calls).toEqual(['ci --omit=dev', 'ci']);
  });

  it('is left out when npm itself installed everything [house.install-only-when-lockfile-changed]', async () => {
    const { 'node_modules/elsewhere': _, ...installed } = packagesOf('1.0.0');
    await installedBefore(installed);
    expect(await install('development')).toEqual({ exitCode: 0, calls: [] });
  });

  it('happens when npm installed another version', async () => {
    await installedBefore(packagesOf('0.9.0'));
    expect((await install()).calls).toEqual(['ci --omit=dev']);
  });

  it('falls back to npm install where a registry lacks a package of the lockfile', async () => {
    await writeFile(join(clone, 'ci-fails'), '');
    const calls = ['ci --omit=dev', 'install --no-save --omit=dev'];
    expect(await install()).toEqual({ exitCode: 0, calls });
    expect(await install()).toEqual({ exitCode: 0, calls });
  });

  it('says nothing of an attempt that the next one made good, and everything when all fail', async () => {
    await writeFile(join(clone, 'ci-fails'), '');
    expect((await runInstall('production')).stderr).not.toContain('ci failed');
    await writeFile(join(clone, 'install-fails'), '');
    await lock('1.0.2');
    const { exitCode, stderr } = await runInstall('production');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('ci failed\n\ninstall failed\n\nnpm could not install the dependencies');
  });
});
