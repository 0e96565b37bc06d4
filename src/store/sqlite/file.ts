import { closeSync, constants, fchmodSync, openSync, statSync } from 'node:fs';
import { access, chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Migration } from '../migrations.ts';
import type { Schema } from '../schema.ts';
import { migrate, readVersion } from './migrate.ts';
import { createQueries } from './queries.ts';

/** How long SQLite waits for another process's lock before it says so: as long as this process stands still for it. */
const BUSY_TIMEOUT_MS = 50;
/** Most bytes that the write-ahead log keeps on disk once its content is in the database. */
const WAL_LIMIT_BYTES = 67_108_864;

/** A file that is open, migrated and ready for queries. */
export interface OpenFile {
  readonly database: DatabaseSync;
  /** Destroying them closes the database. */
  readonly queries: Kysely<Schema>;
  readonly schemaVersion: number;
  /** Which file it is: the path may come to name another one. */
  readonly ino: number;
  readonly dev: number;
}

/** Opens the file at `path`, and creates or migrates it when needed. Errors: SQLite's and the file system's own, besides `HeadgateError`. */
export async function openFile(path: string, migrations: readonly Migration[]): Promise<OpenFile> {
  await createFolder(dirname(path));
  if (!(await checkExisting(path, migrations.length))) createFile(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    const current = readVersion(database, path, migrations.length);
    const schemaVersion = current === migrations.length ? current : migrate(database, path, migrations);
    // WAL lets readers and one writer work at once. With it, NORMAL loses no consistency, only the last commits on power loss.
    database.exec(
      `pragma journal_mode = wal; pragma synchronous = normal; pragma journal_size_limit = ${WAL_LIMIT_BYTES}`,
    );
    const { ino, dev } = statSync(path);
    return { database, queries: createQueries(database, path), schemaVersion, ino, dev };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Only its owner may look into a folder or a file that Headgate makes, whatever the umask says. */
const OWNER_ONLY = { folder: 0o700, file: 0o600 };

async function createFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: OWNER_ONLY.folder });
  if (first !== undefined) await chmod(folder, OWNER_ONLY.folder);
}

/**
 * SQLite gives `-wal` and `-shm` the mode of the file. Another process may have created it in the meantime. Synchronous:
 * closing a file drops the locks that this process has on it (POSIX), and so far nothing here can have any.
 */
function createFile(path: string): void {
  try {
    const file = openSync(path, 'wx', OWNER_ONLY.file);
    fchmodSync(file, OWNER_ONLY.file);
    closeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Looks at an existing file without write access, so that a refused one keeps every byte. False when there is none. */
async function checkExisting(path: string, known: number): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found !== null && !found.isFile()) {
    throw new HeadgateError('invalid_argument', `The store ${path} is not a file.`, {
      hint: 'Name a file with store.path or HEADGATE_STORE_PATH.',
    });
  }
  if (found === null) return false;
  if (found.size === 0) return true;
  await access(path, constants.R_OK | constants.W_OK);
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    readVersion(database, path, known);
  } catch (error) {
    if (!needsRecovery(error)) throw error;
  } finally {
    database.close();
  }
  return true;
}

/** SQLITE_READONLY_RECOVERY, _ROLLBACK and _CANTINIT: a process died while writing. The next open with write access repairs it. */
function needsRecovery(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode === 264 || errcode === 776 || errcode === 1288;
}
