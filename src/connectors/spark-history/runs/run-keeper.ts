import { setImmediate } from 'node:timers/promises';
import { type Application, ENGINE_VERSION, type LogRef } from '../../../eventlog/index.ts';
import { type RunRecord, toRunRecord } from '../../../insight/index.ts';
import type { SparkHistorySource } from '../../../kernel/config.ts';
import type { RedactLevel } from '../../../kernel/config-file.ts';
import type { KeptRun, RunHistoryPort, RunScope } from '../../../kernel/run-history.ts';
import type { SqlEngine } from '../../../kernel/sql-engine.ts';
import { changedLately } from '../growing-logs.ts';
import { keeperOf } from '../kept-headlines.ts';
import { stateOf } from '../log-state.ts';
import { keptRun } from './kept-run.ts';
import { createMemoryRuns } from './memory-runs.ts';
import { RecordThreads } from './record-threads.ts';
import { summariseOnSpark } from './summarise-on-spark.ts';

/** Form of the records: a change of it makes records anew, as long as their logs are there. */
const RECORD_FORMAT = 1;

/** Where runs are remembered, and how. */
export interface RunStore {
  /** Absent: they are remembered as long as this process lasts. */
  readonly port?: RunHistoryPort | undefined;
  /** Spark properties that tell runs of one name apart. */
  readonly keys: readonly string[];
  /** What was masked when the logs were read. */
  readonly redaction: RedactLevel;
}

/** An application that was read, and where its log is. */
export interface ReadRun {
  readonly source: SparkHistorySource;
  readonly log: LogRef;
  readonly application: Application;
}

/** A record, and the row that keeps it. */
export interface MadeRun {
  readonly record: RunRecord;
  readonly kept: KeptRun;
}

/**
 * Remembers runs: those that anybody loads, one at a time and while others have their turn, and those that a history reads.
 * The store may fail at any time: what is loaded is unaffected.
 */
export class RunKeeper {
  readonly port: RunHistoryPort;
  readonly redaction: RedactLevel;
  readonly engine: string;
  readonly #keys: readonly string[];
  readonly #threads: RecordThreads;
  readonly #clock: () => number;
  readonly #noted = new WeakSet<Application>();
  readonly #waiting: ReadRun[] = [];
  #working: Promise<void> | null = null;
  #closed = false;

  constructor(store: RunStore, clock: () => number) {
    this.port = store.port ?? createMemoryRuns();
    this.redaction = store.redaction;
    this.engine = [`${ENGINE_VERSION}.${RECORD_FORMAT}`, ...store.keys].join(' ');
    this.#keys = store.keys;
    this.#threads = new RecordThreads(store.keys, store.redaction);
    this.#clock = clock;
  }

  /** Remembers a run that was loaded, a little later, when it is over. Each state of it once. */
  note(run: ReadRun): void {
    if (this.#closed || this.#noted.has(run.application) || !this.#isOver(run)) return;
    this.#noted.add(run.application);
    this.#waiting.push(run);
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /** The record of a run; null for one that is not over. */
  record(run: ReadRun): MadeRun | null {
    if (!this.#isOver(run)) return null;
    this.#noted.add(run.application);
    return this.#made(toRunRecord(run.application, this.#keys), run.log);
  }

  /** The same of a file of this machine, read on a thread of its own: for many logs, of which nobody asks more. Errors: of reading it; `cancelled`. */
  async recordInThread(log: LogRef, signal: AbortSignal): Promise<MadeRun | null> {
    const { record, hasEnd } = await this.#threads.read(log, signal);
    return hasEnd || !changedLately(log, this.#clock()) ? this.#made(record, log) : null;
  }

  /** The same of logs that Spark reads; null for one that only this machine can weigh. Errors: those of Spark; `cancelled`. */
  async recordsOnSpark(logs: readonly LogRef[], sql: SqlEngine, signal: AbortSignal): Promise<Array<MadeRun | null>> {
    const settings = { keys: this.#keys, redaction: this.redaction };
    const records = await summariseOnSpark(logs, sql, settings, signal);
    return records.map((record, index) => {
      const log = logs[index];
      return record === null || log === undefined ? null : this.#made(record, log);
    });
  }

  #made(record: RunRecord, log: LogRef): MadeRun {
    const { engine, redaction } = this;
    return { record, kept: keptRun(record, { path: log.path, state: stateOf(log), engine, redaction }) };
  }

  /** Resolves when every run that was noted is remembered, or could not be. */
  async settled(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  /** Drops what waits: it is remembered when it is loaded again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    await Promise.all([this.settled(), this.#threads.close()]);
  }

  /** A driver that died leaves its log without an end: after an hour without a change it is over. */
  #isOver({ application, log }: ReadRun): boolean {
    return application.endTime !== null || !changedLately(log, this.#clock());
  }

  async #work(): Promise<void> {
    for (;;) {
      await setImmediate();
      const run = this.#waiting.shift();
      if (run === undefined) return;
      try {
        const made = this.record(run);
        if (made !== null) await this.port.keep(scopeOfRuns(run.source), [made.kept]);
      } catch {
        // It is remembered when a history is asked for, which says what keeps it from that. Nobody waits for it here.
        this.#noted.delete(run.application);
      }
    }
  }
}

/** The runs of a source are kept as its summaries are: under the first tenant that may read it. */
export function scopeOfRuns(source: SparkHistorySource): RunScope {
  return { tenant: keeperOf(source), source: source.name };
}
