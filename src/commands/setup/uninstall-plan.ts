import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, parse, resolve } from 'node:path';
import { HeadgateError } from '../../kernel/errors.ts';
import { listRunningServers, type RunningServer } from '../running-servers.ts';
import { entryOf } from './client-file.ts';
import { RECORD, readRecord, readText, sha256, type Written } from './written-files.ts';

/** What Headgate itself makes in its data folder. Other things there are not ours to remove. */
const OURS = /^(?:headgate\.db(?:-wal|-shm|-journal)?|run|logs|cache|spool)$/;

/** Something that stays, and why. */
export interface Kept {
  readonly path: string;
  readonly reason: string;
}

/** What an uninstall removes. */
export interface Plan {
  readonly home: string;
  readonly servers: readonly RunningServer[];
  /** Entries of client files and configuration files that stand as they were written. */
  readonly written: readonly Written[];
  /** Absolute paths in the data folder. */
  readonly folders: readonly string[];
  readonly kept: readonly Kept[];
}

/** Looks at what was written and is still there. Changes nothing. `force` takes along what was changed since. */
export async function planUninstall(home: string, { force = false }: { force?: boolean } = {}): Promise<Plan> {
  refuseOtherFolders(home);
  const kept: Kept[] = [];
  const written: Written[] = [];
  for (const one of await readRecord(home)) {
    const reason = await whyKept(one);
    if (reason === null || (force && reason === CHANGED)) written.push(one);
    else if (reason !== GONE) kept.push({ path: one.file, reason });
  }
  const folders: string[] = [];
  for (const name of await namesIn(home)) {
    const path = join(home, name);
    if (OURS.test(name)) folders.push(path);
    else if (name !== RECORD && !written.some(({ file }) => file === path))
      kept.push({ path, reason: 'not written by Headgate' });
  }
  return { home, servers: await listRunningServers(home), written, folders, kept };
}

const GONE = 'gone';
const CHANGED = 'changed since it was written; --force removes it';

/** Null when it stands as it was written. */
async function whyKept(one: Written): Promise<string | null> {
  const text = await readText(one.file);
  if (text === null) return GONE;
  if (one.kind === 'configuration') return sha256(text) === one.sha256 ? null : CHANGED;
  try {
    const entry = entryOf(text, one.path, one.file);
    if (entry === undefined) return GONE;
    return sha256(JSON.stringify(entry)) === one.sha256 ? null : CHANGED;
  } catch (error) {
    if (error instanceof HeadgateError) return error.message;
    throw error;
  }
}

/** A data folder that is the home folder or the root of a disk is a slip: HEADGATE_HOME points at the wrong place. */
function refuseOtherFolders(home: string): void {
  const folder = resolve(home);
  if (folder !== parse(folder).root && folder !== homedir() && folder !== dirname(homedir())) return;
  throw new HeadgateError('failed_precondition', `The data folder is ${folder}, which holds more than Headgate.`, {
    hint: 'Set HEADGATE_HOME to the folder that Headgate used, or unset it.',
  });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
