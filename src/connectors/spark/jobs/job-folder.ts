import { chmod, copyFile, mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadgateError } from '../../../kernel/errors.ts';

/** Files of one job: its script, properties, logs and exit code. Nobody but the gateway's user reads them. */
export interface JobFolder {
  readonly path: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: string;
}

/**
 * Runs a command with its output in files and leaves its exit code, also when the gateway is gone by then. A signal to the group ends
 * the command alone, so that the code is written.
 */
const WRAPPER = `#!/bin/sh
trap : TERM INT HUP
folder="$1"
shift
"$@" </dev/null >>"$folder/stdout" 2>>"$folder/stderr"
code=$?
echo "$code" >"$folder/exit.part" && mv "$folder/exit.part" "$folder/exit"
`;

/** The files of a job below the connector's folder. */
export function folderOf(root: string, jobId: string): JobFolder {
  const path = join(root, jobId);
  return { path, stdout: join(path, 'stdout'), stderr: join(path, 'stderr'), exit: join(path, 'exit') };
}

/**
 * Makes the folder with its wrapper and the given files, and removes it again when that fails.
 * Errors: `resource_exhausted` when the disk is full, `permission_denied`.
 */
export async function createFolder(folder: JobFolder, files: Readonly<Record<string, string>>): Promise<void> {
  try {
    await mkdir(folder.path, { recursive: true, mode: 0o700 });
    await chmod(folder.path, 0o700);
    const all = { 'run.sh': WRAPPER, stdout: '', stderr: '', ...files };
    for (const [name, text] of Object.entries(all)) await writeFile(join(folder.path, name), text, { mode: 0o600 });
  } catch (error) {
    await rm(folder.path, { recursive: true, force: true }).catch(() => {});
    throw diskError(error, folder.path);
  }
}

/** What a disk says, as an error of Headgate; anything else as it is. */
export function diskError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException)?.code;
  const details = { errno: code };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HeadgateError('resource_exhausted', `The disk of ${path} is full.`, {
      hint: 'Free some space, then call again.',
      details,
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new HeadgateError('permission_denied', `${path} cannot be written.`, { details, cause: error });
  }
  return error;
}

/** The exit code that a job left; null while there is none. */
export async function exitCodeOf({ exit }: JobFolder): Promise<number | null> {
  const text = await readFile(exit, 'utf8').catch(() => '');
  return /^\d+\s*$/.test(text) ? Number(text) : null;
}

/** Longest log of a job that is kept, bytes; twice as much is on disk while it is written. */
export const MAX_LOG_BYTES = 32 * 1024 * 1024;

/**
 * Keeps a log of a running job bounded: what is longer goes to `FILE.1`, in the place of what was there. The job writes to the
 * end of the same file, so lines that it writes in that very moment may be lost. True when it was done.
 */
export async function rotate(log: string, maxBytes: number = MAX_LOG_BYTES): Promise<boolean> {
  const size = await stat(log).then(
    ({ size }) => size,
    () => 0,
  );
  if (size <= maxBytes) return false;
  await copyFile(log, `${log}.1.part`);
  await rename(`${log}.1.part`, `${log}.1`);
  await truncate(log, 0);
  return true;
}
