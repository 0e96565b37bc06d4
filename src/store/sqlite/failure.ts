import { HeadgateError } from '../../kernel/errors.ts';

/** Primary result codes of SQLite: https://www.sqlite.org/rescode.html */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** SQLite's primary result code of an error; null when SQLite did not raise it. */
function resultCode(error: unknown): number | null {
  const { errcode } = (error ?? {}) as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : null;
}

/** True when another process holds the lock: the same act can succeed in a moment. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === LOCKED;
}

/** What SQLite or the file system says of the store's file, as an error that names the file and the next step. */
export function storeFailure(error: unknown, path: string): unknown {
  if (error instanceof HeadgateError) return error;
  if (isBusy(error)) {
    return new HeadgateError('unavailable', `The store ${path} is locked by another process.`, {
      hint: 'Try again. When it persists, find the process that holds the file open.',
      cause: error,
    });
  }
  switch (resultCode(error) ?? (error as NodeJS.ErrnoException).code) {
    case CORRUPT:
    case NOTADB:
      return new HeadgateError('failed_precondition', `The store ${path} is damaged or is no SQLite database.`, {
        hint: 'Move the file away to start with an empty store, or restore it from a copy. It was not changed.',
        cause: error,
      });
    case FULL:
    case 'ENOSPC':
      return new HeadgateError('resource_exhausted', `There is no space left for the store ${path}.`, {
        hint: 'Free space on its disk, or name another place with store.path.',
        cause: error,
      });
    case READONLY:
    case CANTOPEN:
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EEXIST':
      return new HeadgateError('permission_denied', `The store ${path} cannot be opened for writing.`, {
        hint: 'Make the file and its folder writable, or name another place with store.path or HEADGATE_HOME.',
        cause: error,
      });
    case IOERR:
      return new HeadgateError('unavailable', `The disk under the store ${path} failed.`, {
        hint: 'Check the disk and the file system, then try again.',
        cause: error,
      });
    default:
      return error;
  }
}
