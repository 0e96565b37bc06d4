import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HeadgateError } from '../../../kernel/errors.ts';

/**
 * The real path of a file under one of the folders that jobs may come from. A relative path begins in each of them.
 * Errors: `permission_denied` outside of them, also through links, and when none is configured; `not_found`; `invalid_argument`.
 */
export async function resolveInRoots(path: string, roots: readonly string[]): Promise<string> {
  const named = pathOf(path);
  if (roots.length === 0) {
    throw new HeadgateError('permission_denied', 'No folder is configured that files of jobs may come from.', {
      hint: 'Name folders at spark.roots in the configuration, or send the script as `code`.',
    });
  }
  const real = (await Promise.all(roots.map((root) => realpath(root).catch(() => null)))).filter(
    (root) => root !== null,
  );
  const candidates = isAbsolute(named) ? [resolve(named)] : real.map((root) => resolve(root, named));
  // Whether a file outside exists is nobody's business here: the folder is judged before the disk is asked.
  const inside = candidates.filter((candidate) => [...roots, ...real].some((root) => isUnder(candidate, root)));
  if (inside.length === 0) throw outside(path, roots);
  for (const candidate of inside) {
    const found = await realpath(candidate).catch(() => null);
    if (found === null) continue;
    if (!real.some((root) => isUnder(found, root))) throw outside(path, roots);
    if (!(await stat(found)).isFile()) throw new HeadgateError('invalid_argument', `${quoted(path)} is no file.`);
    return found;
  }
  throw new HeadgateError('not_found', `There is no file ${quoted(path)} in the folders that jobs may come from.`, {
    hint: `The folders are ${roots.join(', ')}.`,
  });
}

/** Whether a path is a folder or in it. Both absolute and without `..`. */
export function isUnder(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
}

function pathOf(path: string): string {
  if (path === '' || path.includes('\0') || path.length > 4096) {
    throw new HeadgateError('invalid_argument', 'The path of a file has 1 to 4096 characters, none of them zero.');
  }
  if (!path.startsWith('file:')) return path;
  try {
    return fileURLToPath(path.replace(/^file:\/*/, 'file:///'));
  } catch (cause) {
    throw new HeadgateError('invalid_argument', `${quoted(path)} is no address of a file.`, { cause });
  }
}

function outside(path: string, roots: readonly string[]): HeadgateError {
  return new HeadgateError('permission_denied', `${quoted(path)} is outside of the folders that jobs may come from.`, {
    hint: `The folders are ${roots.join(', ')}.`,
  });
}

const quoted = (path: string): string => JSON.stringify(path.slice(0, 300));
