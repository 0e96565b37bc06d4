import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { HeadgateError } from '../../kernel/errors.ts';

/** Where the local database keeps its things. Paths are absolute. */
export interface Places {
  /** The database file. */
  readonly file: string;
  /** Folder beside the file, for its owner alone: the socket, spilled rows and outputs. */
  readonly folder: string;
  /** Folder that SQL and pipelines may write to besides the roots. */
  readonly outputs: string;
  /** Unix domain socket or named pipe of the process that owns the file. */
  readonly socket: string;
  /** Folders whose files SQL may read and write, as configured and as they really are. */
  readonly roots: readonly string[];
}

/** Longest path of a Unix domain socket that every system takes, in bytes. */
const SOCKET_PATH_BYTES = 100;

/** Where things are for a database file. */
export function placesOf(file: string, roots: readonly string[], platform: NodeJS.Platform = process.platform): Places {
  const folder = `${file}.d`;
  const absolute = roots.flatMap((root) => [resolve(root), realPath(root)]);
  const outputs = join(folder, 'files');
  return { file, folder, outputs, socket: socketOf(file, folder, platform), roots: [...new Set(absolute)] };
}

function socketOf(file: string, folder: string, platform: NodeJS.Platform): string {
  const name = createHash('sha256')
    .update(realPath(dirname(file)))
    .update('\0')
    .update(basename(file))
    .digest('hex')
    .slice(0, 24);
  if (platform === 'win32') return `\\\\.\\pipe\\headgate-${name}`;
  const beside = join(folder, 'socket');
  if (Buffer.byteLength(beside) <= SOCKET_PATH_BYTES) return beside;
  return join(tmpdir(), `headgate-${userInfo().uid}-${name}`, 'socket');
}

/**
 * Refuses roots through which SQL would reach what Headgate keeps: its data folder, store, configuration. Errors:
 * `failed_precondition` naming both.
 */
export function requireSafeRoots(places: Places, kept: readonly string[]): void {
  const own = [places.file, places.folder, ...kept].flatMap((path) => [resolve(path), realPath(path)]);
  for (const root of places.roots) {
    const reached = own.find((path) => isWithin(path, root) || isWithin(root, path));
    if (reached === undefined) continue;
    throw new HeadgateError(
      'failed_precondition',
      `local.roots names ${root}, through which SQL would reach ${reached}.`,
      {
        hint: 'Put the files into a folder of their own, away from what Headgate keeps, and name that.',
        details: { root, reached },
      },
    );
  }
}

/** The path that is really meant, links followed as far as there is something. */
export function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(realPath(parent), basename(absolute));
  }
}

/** True for a path that is `folder` or in it. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${'/'}`) && !way.startsWith('..\\') && !isAbsolute(way));
}

/** A path to write to, checked against roots and outputs. A relative one is in the outputs. Errors: `permission_denied`. */
export function writablePath(path: string, places: Places): string {
  const absolute = isAbsolute(path) ? resolve(path) : resolve(places.outputs, path);
  const real = realPath(absolute);
  const allowed = [...places.roots, places.outputs].some(
    (folder) => isWithin(real, realPath(folder)) && real !== realPath(folder),
  );
  if (allowed) return real;
  throw new HeadgateError('permission_denied', `${absolute} is outside of the folders that local SQL may write to.`, {
    hint: `Write under ${[places.outputs, ...places.roots].join(' or ')}, or add its folder to local.roots.`,
  });
}
