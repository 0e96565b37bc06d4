import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { parseDesiredState } from '../desired-state/parse-file.ts';
import type { StateFile } from '../history/desired-state-owner.ts';
import type { EditableControlPlane } from '../history/edit.ts';
import { applyFile, type FileMark, markName } from './apply-file.ts';

/** A file is read when nothing happened to it for so long, milliseconds: editors write in several steps. */
const QUIET_MS = 200;
/** Some file systems tell of no changes: it is looked at so often besides, milliseconds. */
const LOOK_MS = 5_000;

/** What became of the file. */
export interface FileStatus {
  readonly path: string;
  /** `applied`: what it says was made the desired state; `refused`, `missing`: the last good content stays. */
  readonly state: 'applied' | 'refused' | 'missing' | 'waiting';
  /** What is wrong with it; null: nothing. */
  readonly problem: HeadgateError | null;
  /** Epoch ms of the last content that was applied by this process; null: none. */
  readonly appliedAt: number | null;
}

/** A file that is watched. */
export interface WatchedFile {
  status(): FileStatus;
  /** Reads it now. `again`: applies it also when its content was applied before. Never rejects: `status` tells. */
  load(options?: { readonly again: boolean }): Promise<FileStatus>;
  close(): Promise<void>;
}

/** What watching stands on. */
export interface WatchParts {
  readonly file: StateFile;
  readonly controlPlane: EditableControlPlane;
  readonly records: Pick<ControlPlaneRecords, 'mark' | 'setMark'>;
  /** Now, epoch ms. */
  readonly clock: () => number;
  /** Told once of each problem, and of each content that was applied. */
  readonly report: (message: string, error: unknown) => void;
}

/**
 * Applies a file of desired state, and again whenever it says something else. What is incomplete, gone or refused changes nothing:
 * the last good content stays. Content that was applied before is not applied again at the next start, so that a rollback holds
 * until somebody changes the file.
 */
export async function watchDesiredState(parts: WatchParts): Promise<WatchedFile> {
  const { file, report } = parts;
  let status: FileStatus = { path: file.path, state: 'waiting', problem: null, appliedAt: null };
  let reported: string | null = null;
  let loading: Promise<FileStatus> = Promise.resolve(status);
  let quiet: NodeJS.Timeout | undefined;
  /** Hash of the content that was dealt with last and needs no second look. */
  let done: string | null = null;

  const note = (state: FileStatus['state'], problem: HeadgateError | null): FileStatus => {
    const key = problem === null ? null : `${state} ${problem.message}`;
    if (problem !== null && key !== reported) report(problemWords(file.path, state), problem);
    reported = key;
    status = { path: file.path, state, problem, appliedAt: state === 'applied' ? parts.clock() : status.appliedAt };
    return status;
  };

  const read = async (again: boolean): Promise<FileStatus> => {
    let hash: string | null = null;
    try {
      const text = await readText(file.path);
      hash = createHash('sha256').update(text).digest('hex');
      if (hash === done && !again) return status;
      await applyText(parts, text, hash, again);
      done = hash;
      return note('applied', null);
    } catch (error) {
      if (!(error instanceof HeadgateError)) throw error;
      // What is wrong with the content stays wrong; what is wrong with the store may pass.
      done = error.retryable ? null : hash;
      return note(hash === null ? 'missing' : 'refused', error);
    }
  };

  const load = (again = false): Promise<FileStatus> => {
    loading = loading
      .then(() => read(again))
      .catch((error: unknown) => {
        report(`The file ${file.path} could not be looked at.`, error);
        return status;
      });
    return loading;
  };

  const soon = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => void load(), QUIET_MS);
  };
  const watcher = watchFolder(file.path, soon, report);
  const look = setInterval(() => void load(), LOOK_MS);
  look.unref();
  await load();

  return {
    status: () => status,
    load: ({ again } = { again: false }) => load(again),
    async close() {
      clearTimeout(quiet);
      clearInterval(look);
      watcher?.close();
      await loading;
    },
  };
}

/** Applies what the file says, unless that was done before. */
async function applyText(parts: WatchParts, text: string, hash: string, again: boolean): Promise<void> {
  const { file, controlPlane, records, report } = parts;
  const kept = JSON.parse((await records.mark(markName(file.path))) ?? 'null') as FileMark | null;
  if (kept?.hash === hash && !again) return;
  requireComplete(text, file.path, kept);
  const { objects } = parseDesiredState(text, file.path);
  const { version, changed, warnings } = await applyFile(controlPlane, file, objects, kept);
  const mark: FileMark = { hash, objects: objects.map(({ kind, name }) => `${kind}/${name}`) };
  await records.setMark(markName(file.path), JSON.stringify(mark));
  for (const { path, message } of warnings) report(`${file.path}: ${path}: ${message}`, null);
  if (changed) report(`${file.path} was applied as version ${version}.`, null);
}

/** Errors: `unavailable` for a file that is not there, or cannot be read. */
async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    throw new HeadgateError('unavailable', `The file ${path} ${why}.`, {
      hint: 'The desired state stays as it was. To remove everything, write {} into the file.',
      cause,
    });
  }
}

/** An empty file is one that is being written. Errors: `failed_precondition`. */
function requireComplete(text: string, path: string, kept: FileMark | null): void {
  if (text.trim() !== '' || kept === null || kept.objects.length === 0) return;
  throw new HeadgateError('failed_precondition', `The file ${path} is empty.`, {
    hint: 'The desired state stays as it was. To remove everything, write {} into the file.',
  });
}

/** The folder, not the file: editors put a new file in the place of the old one. */
function watchFolder(
  path: string,
  changed: () => void,
  report: (message: string, error: unknown) => void,
): FSWatcher | null {
  const name = basename(path);
  try {
    // A mounted volume of Kubernetes changes by a link beside the file: any name may mean it.
    const watcher = watch(dirname(path), { persistent: false }, (_event, which) => {
      if (which === null || which === name || which.startsWith('..')) changed();
    });
    watcher.on('error', (error) => {
      watcher.close();
      report(`Changes of ${path} are no longer told; it is looked at every ${LOOK_MS / 1000} s.`, error);
    });
    return watcher;
  } catch (error) {
    report(`Changes of ${path} are not told; it is looked at every ${LOOK_MS / 1000} s.`, error);
    return null;
  }
}

function problemWords(path: string, state: FileStatus['state']): string {
  return state === 'missing'
    ? `The desired state stays as it was: ${path} cannot be read.`
    : `The desired state stays as it was: what ${path} says was refused.`;
}
