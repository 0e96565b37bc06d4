import { basename, dirname } from 'node:path';
import {
  type FoundFile,
  findLogs,
  followApplication,
  type LogRef,
  type NoLog,
  openLocalFile,
  readApplication,
  readDetails,
  readHeadline,
  whyNoLog,
} from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import { countNoun } from '../../../kernel/units.ts';
import type { LogReader, ReadingOptions, SourceHealth } from '../log-reader.ts';

/** Logs in a folder of this machine, or a single log file. */
export class FolderReader implements LogReader {
  readonly onThisMachine = true;
  readonly openFile = openLocalFile;
  readonly #path: string;
  /** What was found out about files that Spark did not name, by path; only of files that the last search of the folder had. */
  #judged = new Map<string, { readonly state: string; readonly why: NoLog | null }>();

  /** `path` is absolute. Opens nothing yet. */
  constructor(path: string) {
    this.#path = path;
  }

  async findLogs(options: { readonly signal?: AbortSignal }) {
    const judged = new Map<string, { readonly state: string; readonly why: NoLog | null }>();
    const whyNot = async (file: FoundFile) => {
      const state = `${file.sizeBytes} ${file.modifiedMs}`;
      const known = this.#judged.get(file.path);
      const why = known?.state === state ? known.why : await whyNoLog(file);
      // A failure to look is looked at again; what a file is stays.
      if (why?.code === undefined) judged.set(file.path, { state, why });
      return why;
    };
    const found = await findLogs(this.#path, { ...options, root: this.#path, whyNot });
    this.#judged = judged;
    return found;
  }

  async refresh(log: LogRef, options: { readonly signal?: AbortSignal }): Promise<LogRef> {
    // Where several logs were put into one folder, a log of several files is named by its first.
    const first = log.files[0]?.path;
    const place = log.kind !== 'single' && log.path === first ? dirname(log.path) : log.path;
    const { logs } = await findLogs(place, { ...options, root: this.#path });
    const same = logs.find((candidate) => candidate.path === log.path);
    if (same === undefined) throw new HeadgateError('not_found', `The log ${labelLog(basename(log.path))} is gone.`);
    return same;
  }

  readHeadline(log: LogRef, options: { readonly signal?: AbortSignal } = {}) {
    return readHeadline(log, options);
  }

  readDetails(log: LogRef, options: ReadingOptions = {}) {
    return readDetails(log, options);
  }

  readApplication(log: LogRef, options: ReadingOptions = {}) {
    return readApplication(log, options);
  }

  followApplication(log: LogRef, options: ReadingOptions = {}) {
    return followApplication(log, options);
  }

  async health(options: { readonly signal?: AbortSignal }): Promise<SourceHealth> {
    const { logs } = await this.findLogs(options);
    const message = countNoun(logs.length, 'event log');
    if (logs.length > 0) return { ok: true, message };
    const hint = `${this.#path} holds no event logs: set spark.eventLog.dir of your applications to it.`;
    return { ok: true, message, hint };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
