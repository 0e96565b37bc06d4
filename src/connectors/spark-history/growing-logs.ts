import type { Application, FollowedLog, LogRef } from '../../eventlog/index.ts';
import type { LogReader, ReadingOptions } from './log-reader.ts';

/**
 * How long after its last change a log that is marked in progress is taken for growing, ms. A driver that died leaves the
 * mark for ever; one that lives writes at least at the end of every job.
 */
const GROWS_FOR_MS = 60 * 60_000;
/** Spark renames a log at its end. */
const MARK = /\.inprogress$/;

interface Followed {
  readonly log: FollowedLog;
  /** Readings of one log follow each other: each goes on where the one before ended. */
  turn: Promise<unknown>;
}

/** True for a log that may still be written, as far as the time of its last change tells. `now` is epoch ms. */
export function changedLately(log: LogRef, now: number): boolean {
  return now - log.modifiedMs < GROWS_FOR_MS;
}

/** Logs that are still written, each with what it takes to go on reading where the last reading ended. */
export class GrowingLogs {
  readonly #followed = new Map<string, Followed>();

  /** Bytes held beside the applications themselves. */
  bytesOf(log: LogRef): number {
    return this.#followed.get(nameOf(log))?.log.heldBytes ?? 0;
  }

  /** True when this log, or the same one before its end, was followed so far. */
  follows(log: LogRef): boolean {
    return this.#followed.has(nameOf(log));
  }

  /**
   * Reads a log on from where it ended, or anew when it is not the log that it was. Null when its reader cannot follow.
   * `goesOn` says whether it is worth being able to go on again.
   */
  async read(
    log: LogRef,
    reader: LogReader,
    options: ReadingOptions,
    goesOn: (application: Application) => boolean,
  ): Promise<Application | null> {
    const follow = reader.followApplication;
    if (follow === undefined) return null;
    const name = nameOf(log);
    const known = this.#followed.get(name);
    const advanced = known === undefined ? null : await this.#advance(name, known, log, options);
    if (advanced !== null && known !== undefined) {
      if (!goesOn(advanced)) this.drop(log);
      return advanced;
    }
    const followed = await follow.call(reader, log, options);
    if (goesOn(followed.application)) this.#followed.set(name, { log: followed, turn: Promise.resolve() });
    return followed.application;
  }

  /** Forgets how to go on with a log. */
  drop(log: Pick<LogRef, 'path'>): void {
    this.#followed.delete(nameOf(log));
  }

  clear(): void {
    this.#followed.clear();
  }

  async #advance(name: string, known: Followed, log: LogRef, options: ReadingOptions): Promise<Application | null> {
    const turn = known.turn.then(() => known.log.advance(log, options));
    known.turn = turn.catch(() => undefined);
    try {
      if (await turn) return known.log.application;
    } catch (error) {
      if (this.#followed.get(name) === known) this.#followed.delete(name);
      throw error;
    }
    if (this.#followed.get(name) === known) this.#followed.delete(name);
    return null;
  }
}

const nameOf = ({ path }: Pick<LogRef, 'path'>): string => path.replace(MARK, '');
