import { closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { access, chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditPort } from '../kernel/audit.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { createAuditLog } from './audit-log.ts';
import { MIGRATIONS, type Migration, migrate, readVersion } from './migrations.ts';
import { createQueries } from './sqlite.ts';
import { isBusy, storeFailure } from './store-failure.ts';

/** How long one statement waits for another process's lock: far above what a write or a migration takes. */
const BUSY_TIMEOUT_MS = 5_000;
/** How long opening goes on trying where SQLite does not wait by itself, such as on the change to WAL. */
const OPEN_TIMEOUT_MS = 15_000;
const RETRY_PAUSE_MS = 25;

/** An open store. Several processes may have the same file open. */
export interface Store {
  readonly audit: AuditPort;
  readonly schemaVersion: number;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** Absolute path of the file; created with its folder when absent. */
  readonly path: string;
  /** Steps of the schema: Headgate's own unless a test says otherwise. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the store, and creates or migrates it when needed.
 * Errors: `invalid_argument` (not a file), `failed_precondition` (damaged, of another program, or of a newer Headgate: the file stays untouched),
 * `permission_denied`, `resource_exhausted` (disk full), `unavailable` (locked), `internal` (a migration failed: the file is as before).
 */
export async function openStore({ path, migrations = MIGRATIONS }: StoreOptions): Promise<Store> {
  const deadline = Date.now() + OPEN_TIMEOUT_MS;
  for (;;) {
    try {
      return await open(path, migrations);
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw storeFailure(error, path);
      await pause(RETRY_PAUSE_MS);
    }
  }
}

async function open(path: string, migrations: readonly Migration[]): Promise<Store> {
  await createFolder(dirname(path));
  if (!(await checkExisting(path, migrations.length))) createFile(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    const current = readVersion(database, path, migrations.length);
    const schemaVersion = current === migrations.length ? current : migrate(database, path, migrations);
    // WAL lets readers and one writer work at once. With it, NORMAL loses no consistency, only the last commits on power loss.
    database.exec('pragma journal_mode = wal; pragma synchronous = normal');
    const queries = createQueries(database, path);
    return { audit: createAuditLog(queries), schemaVersion, close: () => queries.destroy() };
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
