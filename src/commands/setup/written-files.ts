import { createHash } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HeadgateError } from '../../kernel/errors.ts';
import type { EntryPath } from './client-file.ts';

/** One thing outside the data folder that Headgate wrote. Paths are absolute; hashes are SHA-256 in hex. */
export type Written =
  | { readonly kind: 'configuration'; readonly file: string; readonly sha256: string }
  | {
      readonly kind: 'client';
      /** Id of the client. */
      readonly client: string;
      readonly file: string;
      readonly path: EntryPath;
      /** Of the entry as JSON. */
      readonly sha256: string;
      /** The file did not exist before. */
      readonly created: boolean;
      /** The list of servers did not exist before; absent in records of older versions. */
      readonly madeList?: boolean;
      /** The file as it was before the last change; null when there was none. */
      readonly backup: string | null;
    };

/** Name of the record, in the data folder. */
export const RECORD = 'written.json';

/** SHA-256 of a text, in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What was written, in order. Errors: `failed_precondition` when the record is damaged. */
export async function readRecord(home: string): Promise<Written[]> {
  const file = join(home, RECORD);
  const text = await readText(file);
  if (text === null) return [];
  try {
    const { written } = JSON.parse(text) as { written?: unknown };
    if (Array.isArray(written)) return written as Written[];
  } catch {
    // Told below.
  }
  throw new HeadgateError('failed_precondition', `${file}, the record of what was written, is damaged.`, {
    hint: 'Remove it; entries in client files then have to be removed by hand.',
  });
}

/** Adds to the record; what was noted of the same file before is replaced. */
export async function noteWritten(home: string, added: Written): Promise<void> {
  const before = await readRecord(home);
  await saveRecord(home, [...before.filter((written) => !isSame(written, added)), added]);
}

/** Takes something out of the record. */
export async function forgetWritten(home: string, gone: Written): Promise<void> {
  await saveRecord(
    home,
    (await readRecord(home)).filter((written) => !isSame(written, gone)),
  );
}

function isSame(one: Written, other: Written): boolean {
  return one.kind === other.kind && one.file === other.file;
}

async function saveRecord(home: string, written: readonly Written[]): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await replaceFile(join(home, RECORD), `${JSON.stringify({ written }, null, 2)}\n`, 0o600);
}

/** The text of a file; null when there is none. Errors: `permission_denied`. */
export async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new HeadgateError('permission_denied', `${file} cannot be read.`, { hint: 'Check its permissions.', cause });
  }
}

/**
 * Writes a file in one step: whoever reads it sees the old text or the new one. A link stays a link, permissions stay
 * as they are; a new file gets `mode`. Errors: `permission_denied`.
 */
export async function replaceFile(file: string, text: string, mode = 0o644): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    const target = await realpath(file).catch(() => refuseBrokenLink(file));
    const before = await stat(target).catch(() => null);
    const draft = `${target}.${process.pid}.new`;
    try {
      await writeFile(draft, text, { mode });
      if (before !== null) await chmod(draft, before.mode & 0o777);
      await rename(draft, target);
    } finally {
      await rm(draft, { force: true });
    }
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    throw new HeadgateError('permission_denied', `${file} cannot be written.`, {
      hint: 'Check the permissions of the file and of its folder.',
      cause,
    });
  }
}

/** A link that leads nowhere would be replaced by a file. */
async function refuseBrokenLink(file: string): Promise<string> {
  const isLink = await lstat(file).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
  if (!isLink) return file;
  throw new HeadgateError('failed_precondition', `${file} is a link to a file that does not exist.`, {
    hint: 'Make the file that it leads to, or remove the link.',
  });
}

/** Keeps a copy beside the file, in place of an earlier one. Returns its path. */
export async function backUp(file: string): Promise<string> {
  const backup = `${file}.headgate-backup`;
  await copyFile(file, backup);
  return backup;
}
