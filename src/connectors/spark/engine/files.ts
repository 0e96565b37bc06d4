import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { FileLocation, SqlOptions } from '../../../kernel/sql-engine.ts';
import type { SparkConnect } from '../../../spark-connect/index.ts';
import { readablePath } from '../sql/file-paths.ts';
import { countOf } from './count-of.ts';
import { formatName, optionsClause, quoteName } from './quoting.ts';

/** Makes files a temporary view. Errors: `permission_denied` outside of the folders; those of Spark. */
export async function viewFiles(
  session: SparkConnect,
  name: string,
  { format, path, options = {} }: FileLocation,
  roots: readonly string[],
  run: SqlOptions,
): Promise<void> {
  requireNoPath(options);
  const named = optionsClause({ ...options, path: readablePath(path, roots) });
  await session.run(`CREATE OR REPLACE TEMPORARY VIEW ${quoteName(name)} USING ${formatName(format)}${named}`, run);
}

/**
 * Writes a query's rows into files, and gives how many there were. Files of this machine take the place of others at once, by a
 * renamed folder. Errors: `failed_precondition` for files elsewhere that are there already and are to be replaced.
 */
export async function writeFiles(
  session: SparkConnect,
  sql: string,
  files: FileLocation,
  mode: 'append' | 'replace',
  roots: readonly string[],
  run: SqlOptions,
): Promise<number> {
  requireNoPath(files.options ?? {});
  readablePath(files.path, roots);
  const exists = await isThere(session, files, roots, run);
  if (mode === 'append' && exists) return append(session, sql, files, roots, run);
  if (!exists) return writeNew(session, sql, files, roots, run);
  const folder = localFolder(files.path);
  if (folder === null) {
    throw new HeadgateError('failed_precondition', `The files at ${files.path} cannot be replaced at once.`, {
      hint: 'Write to a new folder, or to a table.',
    });
  }
  return replaceFolder(session, sql, files, folder, roots, run);
}

async function writeNew(
  session: SparkConnect,
  sql: string,
  files: FileLocation,
  roots: readonly string[],
  run: SqlOptions,
): Promise<number> {
  const { format, path, options = {} } = files;
  const target = optionsClause({ ...options, path });
  await session.run(`INSERT OVERWRITE DIRECTORY USING ${formatName(format)}${target} ${sql}`, run);
  return countFiles(session, files, roots, run);
}

/** Rows that are added are counted before: files that others add meanwhile are theirs. */
async function append(
  session: SparkConnect,
  sql: string,
  files: FileLocation,
  roots: readonly string[],
  run: SqlOptions,
): Promise<number> {
  const [rows, view] = [temporaryName('rows'), temporaryName('files')];
  try {
    await session.run(`CACHE TABLE ${quoteName(rows)} AS ${sql}`, run);
    const count = await countOf(session, quoteName(rows), run);
    await viewFiles(session, view, files, roots, run);
    await session.run(`INSERT INTO ${quoteName(view)} SELECT * FROM ${quoteName(rows)}`, run);
    return count;
  } finally {
    await drop(session, [rows, view]);
  }
}

async function replaceFolder(
  session: SparkConnect,
  sql: string,
  files: FileLocation,
  folder: string,
  roots: readonly string[],
  run: SqlOptions,
): Promise<number> {
  const mark = randomBytes(6).toString('hex');
  const [next, before] = [`${folder}.${mark}.next`, `${folder}.${mark}.before`];
  try {
    const count = await writeNew(session, sql, { ...files, path: next }, roots, run);
    if (
      !(await stat(next).then(
        () => true,
        () => false,
      ))
    ) {
      throw new HeadgateError('failed_precondition', `The folder of ${folder} is on another machine than this one.`, {
        hint: 'Write to a storage that both see, or to a table.',
      });
    }
    await rename(folder, before);
    try {
      await rename(next, folder);
    } catch (error) {
      await rename(before, folder);
      throw error;
    }
    await rm(before, { recursive: true, force: true });
    return count;
  } finally {
    await rm(next, { recursive: true, force: true });
  }
}

async function countFiles(session: SparkConnect, files: FileLocation, roots: readonly string[], run: SqlOptions) {
  const view = temporaryName('written');
  // A folder without a single row has no schema to be read by.
  if (!(await hasData(files.path))) return 0;
  try {
    await viewFiles(session, view, files, roots, run);
    return await countOf(session, quoteName(view), run);
  } finally {
    await drop(session, [view]);
  }
}

async function hasData(path: string): Promise<boolean> {
  const folder = localFolder(path);
  const names = folder === null ? null : await readdir(folder).catch(() => null);
  return names === null || names.some((name) => !/^[._]/.test(name));
}

/** Spark says that a path does not exist when a view of it is made. */
async function isThere(session: SparkConnect, files: FileLocation, roots: readonly string[], run: SqlOptions) {
  const folder = localFolder(files.path);
  if (
    folder !== null &&
    (await readdir(folder).then(
      (names) => names.length === 0,
      () => false,
    ))
  )
    return false;
  const view = temporaryName('probe');
  try {
    await viewFiles(session, view, { ...files, format: 'text', options: {} }, roots, run);
    return true;
  } catch (error) {
    if (error instanceof HeadgateError && error.details?.error_class === 'PATH_NOT_FOUND') return false;
    throw error;
  } finally {
    await drop(session, [view]);
  }
}

/** Drops temporary views with what is kept of them; what cannot be dropped goes with the session. */
export async function drop(session: SparkConnect, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await session.run(`UNCACHE TABLE IF EXISTS ${quoteName(name)}`).catch(() => undefined);
    await session.run(`DROP VIEW IF EXISTS ${quoteName(name)}`).catch(() => undefined);
  }
}

/** A name that nobody else has. */
export function temporaryName(what: string): string {
  return `headgate_${what}_${randomBytes(6).toString('hex')}`;
}

function localFolder(path: string): string | null {
  if (path.startsWith('/')) return path.replace(/(?<=.)\/+$/, '');
  return /^file:/i.test(path) ? fileURLToPath(path.replace(/^file:\/*/i, 'file:///')).replace(/(?<=.)\/+$/, '') : null;
}

function requireNoPath(options: Readonly<Record<string, string>>): void {
  const key = Object.keys(options).find((name) => /^paths?$/i.test(name));
  if (key === undefined) return;
  throw new HeadgateError('invalid_argument', `The option ${key} is not accepted: the path has a field of its own.`);
}
