import { type Dirent, type Stats, stat as statByCallback } from 'node:fs';
import { access, constants, readdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type ErrorCode, HeadgateError, throwIfCancelled } from '../../../kernel/errors.ts';
import { ioError } from '../io-error.ts';
import type { FoundFile, IgnoredPath, LogRef } from '../log-ref.ts';
import { readLogName } from './log-name.ts';
import { LogRoot } from './log-root.ts';
import { createLimit } from './parallel-limit.ts';
import { type NoLog, whyNoLog } from './sniff-log.ts';
import { DEEPEST_LEVEL, type FoundLogs, inOrder, LOOKS_AT_ONCE, sortOutFolder, toSingleLog } from './sort-out.ts';

/**
 * Finds event logs: `path` is a log file, a rolling or Databricks folder, or a folder of logs, searched 6 levels deep.
 *
 * A file that is named itself is always returned as a log. In folders, files that Spark did not name are judged by their
 * first bytes, or by `whyNot`. Hidden files, `.crc` and `_SUCCESS`-like markers are passed over; everything else that is no log is in `ignored`.
 * Errors: `not_found`; `permission_denied` when unreadable or outside `root`; `invalid_argument` for pipes and devices; `cancelled`.
 */
export async function findLogs(
  path: string,
  options: { signal?: AbortSignal; root?: string; whyNot?: WhyNot } = {},
): Promise<FoundLogs> {
  throwIfCancelled(options.signal);
  const target = resolve(path);
  const root = options.root === undefined ? null : await LogRoot.open(options.root);
  await root?.check(target);
  const stats = await stat(target).catch((cause) => {
    throw ioError(target, cause);
  });
  await access(target, constants.R_OK).catch((cause) => {
    throw ioError(target, cause);
  });
  if (stats.isFile()) return { logs: [toSingleLog(toFound(target, stats))], ignored: [] };
  if (!stats.isDirectory()) {
    throw new HeadgateError('invalid_argument', `${target} is neither a file nor a folder.`, {
      hint: 'Name a Spark event log or a folder that holds some.',
    });
  }
  const search = new LogSearch(root, options.signal, options.whyNot ?? whyNoLog);
  const real = await realpath(target).catch((cause) => {
    throw ioError(target, cause);
  });
  await search.searchFolder({ path: target, real }, 0);
  return inOrder(search);
}

/** Judges a file that Spark did not name: null for a log. */
type WhyNot = (file: FoundFile) => Promise<NoLog | null>;

/** A third cheaper than that of fs/promises: of 10,000 logs it is most of the work. */
const stat = promisify(statByCallback);

/** A folder as it was reached, and with links resolved. */
interface Folder {
  readonly path: string;
  readonly real: string;
}

/** One search through a folder. */
class LogSearch {
  readonly logs: LogRef[] = [];
  readonly ignored: IgnoredPath[] = [];
  readonly #root: LogRoot | null;
  readonly #signal: AbortSignal | undefined;
  readonly #whyNot: WhyNot;
  readonly #limit = createLimit(LOOKS_AT_ONCE);
  /** Folders reached, links resolved: a link that leads back is not followed twice. */
  readonly #seen = new Set<string>();

  constructor(root: LogRoot | null, signal: AbortSignal | undefined, whyNot: WhyNot) {
    this.#root = root;
    this.#signal = signal;
    this.#whyNot = whyNot;
  }

  async searchFolder(folder: Folder, level: number): Promise<void> {
    const entries = await this.#limit(() => this.#list(folder, level));
    const found = await Promise.all(entries.map((entry) => this.#look(folder, entry, level)));
    const files = found.filter((file) => file !== null);
    throwIfCancelled(this.#signal);
    await this.#sortOut(folder.path, files);
  }

  /** Entries that may be logs or hold some. Empty when the folder was listed already or may not be. */
  async #list({ path, real }: Folder, level: number): Promise<Dirent[]> {
    throwIfCancelled(this.#signal);
    try {
      if (this.#seen.has(real)) return [];
      this.#seen.add(real);
      const entries = await readdir(path, { withFileTypes: true });
      return entries.filter((entry) => readLogName(entry.name).role !== 'skipped');
    } catch (cause) {
      // The folder that was asked for must be readable; one further down is stated.
      const error = ioError(path, cause);
      if (level === 0) throw error;
      this.#ignore(path, error.message, error.code);
      return [];
    }
  }

  /** Looks at one entry: goes into folders, returns files. */
  async #look(folder: Folder, entry: Dirent, level: number): Promise<FoundFile | null> {
    const path = join(folder.path, entry.name);
    if (entry.isDirectory()) return this.#enter({ path, real: join(folder.real, entry.name) }, level);
    const looked = await this.#limit(() => this.#stat(path, entry));
    if (looked === null) return null;
    const { stats, real } = looked;
    if (stats.isDirectory()) return this.#enter({ path, real: real ?? join(folder.real, entry.name) }, level);
    if (stats.isFile()) return toFound(path, stats);
    this.#ignore(path, 'neither a file nor a folder');
    return null;
  }

  async #enter(folder: Folder, level: number): Promise<null> {
    if (level === DEEPEST_LEVEL) this.#ignore(folder.path, `deeper than ${DEEPEST_LEVEL} levels of folders`);
    else await this.searchFolder(folder, level + 1);
    return null;
  }

  /** Also where a link leads: for the others that is known, and asking costs as much as `stat`. */
  async #stat(path: string, entry: Dirent): Promise<{ stats: Stats; real: string | null } | null> {
    throwIfCancelled(this.#signal);
    try {
      const real = entry.isSymbolicLink() ? await realpath(path) : null;
      if (this.#root !== null && real !== null && !this.#root.holds(real)) {
        this.#ignore(path, `a link out of the configured root ${this.#root.configured}`, 'permission_denied');
        return null;
      }
      return { stats: await stat(path), real };
    } catch (cause) {
      const error = ioError(path, cause);
      this.#ignore(path, error.message, error.code);
      return null;
    }
  }

  /** Makes logs of the files of one folder. */
  async #sortOut(folder: string, files: readonly FoundFile[]): Promise<void> {
    const { logs, ignored } = await sortOutFolder(folder, files, (file) =>
      this.#limit(() => {
        throwIfCancelled(this.#signal);
        return this.#whyNot(file);
      }),
    );
    this.logs.push(...logs);
    this.ignored.push(...ignored);
  }

  #ignore(path: string, reason: string, code?: ErrorCode): void {
    this.ignored.push({ path, reason, ...(code === undefined ? {} : { code }) });
  }
}

function toFound(path: string, stats: Stats): FoundFile {
  return { path, sizeBytes: stats.size, modifiedMs: Math.trunc(stats.mtimeMs) };
}
