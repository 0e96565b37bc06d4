import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { HeadgateError } from '../../../kernel/errors.ts';

/** `<host>-<pid>-<random>`: whose leftovers these are. */
const OWNER = /^(?<host>.+)-(?<pid>\d+)-[0-9a-f]{8}$/;

/**
 * A folder for the logs of remote sources while they are read: readable by its owner alone, removed when it is closed.
 * What a process that was killed left there is removed by the next one on the same machine.
 */
export class SpoolFolder {
  readonly #base: string;
  #own: Promise<string> | null = null;

  /** `base` is absolute; it is created when it is first needed. */
  constructor(base: string) {
    this.#base = base;
  }

  /**
   * Runs `work` with an empty folder of its own, which is removed afterwards, whatever comes of the work.
   * Errors: `unavailable` when the folder cannot be made; what `work` throws, a full disk as `resource_exhausted`.
   */
  async use<T>(work: (folder: string) => Promise<T>): Promise<T> {
    this.#own ??= this.#open();
    const own = await this.#own.catch((cause) => {
      this.#own = null;
      throw spoolError(this.#base, cause);
    });
    const folder = await mkdtemp(join(own, 'log-')).catch((cause) => {
      this.#own = null;
      throw spoolError(own, cause);
    });
    try {
      return await work(folder);
    } catch (error) {
      throw systemCode(error) === undefined ? error : spoolError(folder, error);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Removes what killed processes left; does nothing where there is no folder yet. Errors: those of the file system. */
  async sweep(): Promise<void> {
    try {
      await this.#removeLeftovers();
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }

  /** Removes everything of this process. */
  async close(): Promise<void> {
    const own = await this.#own?.catch(() => null);
    this.#own = null;
    if (own !== null && own !== undefined) await rm(own, { recursive: true, force: true });
  }

  async #open(): Promise<string> {
    await mkdir(this.#base, { recursive: true, mode: 0o700 });
    await this.#removeLeftovers();
    const own = join(this.#base, `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`);
    await mkdir(own, { mode: 0o700 });
    return own;
  }

  async #removeLeftovers(): Promise<void> {
    const names = await readdir(this.#base);
    const left = names.filter((name) => {
      const owner = OWNER.exec(name)?.groups;
      return owner?.host === hostname() && !isRunning(Number(owner.pid));
    });
    await Promise.all(left.map((name) => rm(join(this.#base, name), { recursive: true, force: true })));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function systemCode(error: unknown): string | undefined {
  if (error instanceof HeadgateError || !(error instanceof Error)) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof syscall === 'string' ? code : undefined;
}

function spoolError(folder: string, cause: unknown): HeadgateError {
  const code = systemCode(cause) ?? String(cause);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new HeadgateError(
    full ? 'resource_exhausted' : 'unavailable',
    `A remote log could not be put down under ${folder} (${code}).`,
    {
      hint: 'Remote logs are spooled there while they are read: make room on that disk and let this user write there, or set HEADGATE_HOME to a folder on another disk.',
      cause,
    },
  );
}
