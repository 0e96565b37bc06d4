import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { FileLocation } from '../../../kernel/sql-engine.ts';
import type { Connection } from '../connection.ts';
import { identifier, literal } from '../names.ts';
import { type Places, writablePath } from '../places.ts';
import { type FileFormat, formatOf, optionsOf } from './read-files.ts';

/**
 * Writes a temporary table into files. A path with an extension is one file, another a folder of files. What is written stands beside
 * until it is whole: then it takes its place by one rename. Gives the rows.
 */
export async function writeFiles(
  connection: Connection,
  table: string,
  files: FileLocation,
  mode: 'append' | 'replace',
  places: Places,
  signal: AbortSignal,
): Promise<number> {
  const format = formatOf(files.format);
  const path = writablePath(files.path, places);
  const isFile = extname(path) !== '';
  if (isFile && mode === 'append') {
    throw new HeadgateError('failed_precondition', `${path} is one file: nothing can be added to it at once.`, {
      hint: 'Name a folder to append to, or use mode replace.',
    });
  }
  await mkdir(isFile ? dirname(path) : path, { recursive: true });
  const beside = join(isFile ? dirname(path) : path, `.${basename(path)}-${randomUUID()}.tmp`);
  try {
    const copied = await copyTo(connection, { table, path: beside, format, options: files.options ?? {} }, signal);
    if (isFile) await rename(beside, path);
    else await intoFolder(beside, path, `part-${randomUUID()}.${format}`, mode);
    return copied;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

interface Copy {
  readonly table: string;
  readonly path: string;
  readonly format: FileFormat;
  readonly options: Readonly<Record<string, string>>;
}

async function copyTo(
  connection: Connection,
  { table, path, format, options }: Copy,
  signal: AbortSignal,
): Promise<number> {
  const settings = [
    `FORMAT ${format}`,
    ...(format === 'csv' && options.header === undefined ? ['HEADER'] : []),
    ...optionsOf(options, ' '),
  ];
  const [row] = await connection.script(
    `COPY temp.main.${identifier(table)} TO ${literal(path)} (${settings.join(', ')})`,
    signal,
  );
  return Number(row?.[0] ?? 0);
}

/** Adds a file to a folder; with `replace` a new folder takes the place of the old one. */
async function intoFolder(written: string, folder: string, name: string, mode: 'append' | 'replace'): Promise<void> {
  if (mode === 'append') return rename(written, join(folder, name));
  const fresh = `${folder}-${randomUUID()}.new`;
  const old = `${folder}-${randomUUID()}.old`;
  await mkdir(fresh);
  await rename(written, join(fresh, name));
  await rename(folder, old);
  try {
    await rename(fresh, folder);
  } catch (error) {
    await rename(old, folder);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
