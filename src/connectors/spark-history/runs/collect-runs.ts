import { availableParallelism } from 'node:os';
import type { LogRef } from '../../../eventlog/index.ts';
import { logicalName, type RunRecord } from '../../../insight/index.ts';
import type { SparkHistorySource } from '../../../kernel/config.ts';
import { HeadgateError, throwIfCancelled } from '../../../kernel/errors.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import type { KeptRun } from '../../../kernel/run-history.ts';
import type { Progress } from '../../../kernel/tool.ts';
import { countNoun } from '../../../kernel/units.ts';
import { changedLately } from '../growing-logs.ts';
import { stateOf } from '../log-state.ts';
import type { Headed } from '../source-catalog.ts';
import type { ApplicationEntry } from '../spark-history.ts';
import { recordOf } from './kept-run.ts';
import { type ReadRun, type RunKeeper, scopeOfRuns } from './run-keeper.ts';
import { type FleetEngine, inBatches, isReadableBySpark, sparkFailed } from './summarise-on-spark.ts';

/** Logs read for one call, and how long it may read, ms: most MCP clients wait 60 s for a tool. The next call goes on. */
const MOST_READS = 5_000;
const READING_MS = 25_000;
/** Logs of other places read at once, as many as the engine reads, and runs that are stored together. */
const AT_ONCE = 2;
/** From so many logs on it is worth starting threads, which takes them a third of a second. */
const THREADS_FROM = 20;
/** Largest log that a thread reads by itself, bytes as stored: the engine reads larger ones on several. */
const THREAD_LOG_BYTES = 4 << 20;
const KEPT_TOGETHER = 20;
/** Runs of a source that are looked at, the latest. */
const MOST_RUNS = 5_000;

/** A run, and the source that it is of. */
export interface SeenRun {
  readonly server: string;
  readonly record: RunRecord;
}

/** Which runs are asked for. */
export interface RunRequest {
  /** Of one logical name alone; all when absent. */
  readonly logicalName?: string | undefined;
  /** Earliest and latest start, epoch ms. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Summarises large fleets; without it this machine does. */
  readonly fleet?: FleetEngine | null | undefined;
  readonly signal: AbortSignal;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** The runs that there are, as far as they are known by now. */
export interface CollectedRuns {
  /** Each attempt once, in no order. */
  readonly runs: readonly SeenRun[];
  /** Logs that were read for this answer. */
  readonly readCount: number;
  /** Of them, those that Spark has summarised. */
  readonly onSparkCount: number;
  /** Logs that belong to it and are not read yet. */
  readonly unreadCount: number;
  /** What the caller must know: what could not be read or stored. */
  readonly notes: readonly string[];
}

/** One source with its logs. */
interface ListedSource {
  readonly source: SparkHistorySource;
  readonly headed: readonly Headed[];
  /** True where its logs are files that any thread can read. */
  readonly onThisMachine: boolean;
  /** Reads a log of it. */
  readonly read: (log: LogRef) => Promise<{ readonly log: LogRef; readonly application: ReadRun['application'] }>;
}

type Unread = { readonly listed: ListedSource; readonly log: LogRef; readonly entry: ApplicationEntry };

/**
 * Collects runs from the history, after the logs that belong to it and are not in it yet were read: the latest first, for at
 * most 25 s. Sources come as their caller may see them. Errors: `cancelled`; everything else is a note.
 */
export async function collectRuns(
  sources: readonly ListedSource[],
  keeper: RunKeeper,
  request: RunRequest,
  clock: () => number,
): Promise<CollectedRuns> {
  const notes = new Set<string>();
  const unread: Unread[] = [];
  for (const listed of sources) unread.push(...(await unreadOf(listed, keeper, request, clock, notes)));
  unread.sort((a, b) => timeOf(b.entry) - timeOf(a.entry));
  const reading = new Reading(keeper, request, clock, notes);
  await reading.readAll(await reading.summariseOnSpark(unread));
  const runs = new Map<string, SeenRun>();
  for (const { source } of sources) {
    for (const run of await storedRuns(source, keeper, request, notes)) add(runs, source.name, run);
  }
  // What could not be stored is part of this answer all the same.
  for (const { source, record } of reading.made) if (isAsked(record, request)) add(runs, source.name, record);
  return {
    runs: [...runs.values()],
    readCount: reading.made.length,
    onSparkCount: reading.onSparkCount,
    unreadCount: unread.length - reading.triedCount,
    notes: [...notes],
  };
}

const timeOf = ({ startTime, modifiedMs }: ApplicationEntry): number => startTime ?? modifiedMs;

/** An application that several sources have is one run: of the first of them. */
function add(runs: Map<string, SeenRun>, server: string, record: RunRecord): void {
  const key = `${record.appId}\u0000${record.attemptId ?? ''}`;
  const known = runs.get(key);
  if (known === undefined || known.server === server) runs.set(key, { server, record });
}

function isAsked(record: RunRecord, { logicalName: asked, since, until }: RunRequest): boolean {
  if (asked !== undefined && record.logicalName !== asked) return false;
  return isBetween(record.startMs, since, until);
}

function isBetween(start: number | null, since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY): boolean {
  if (start === null) return since === Number.NEGATIVE_INFINITY && until === Number.POSITIVE_INFINITY;
  return start >= since && start <= until;
}

async function unreadOf(
  listed: ListedSource,
  keeper: RunKeeper,
  request: RunRequest,
  clock: () => number,
  notes: Set<string>,
): Promise<Unread[]> {
  const known = await statesIn(listed.source, keeper, notes);
  const isOver = (log: LogRef, entry: ApplicationEntry) => entry.status === 'COMPLETED' || !changedLately(log, clock());
  return listed.headed.flatMap((one): Unread[] => {
    if (!('entry' in one) || known.has(stateKey(one.log.path, stateOf(one.log)))) return [];
    const { log, entry } = one;
    const isOfName = request.logicalName === undefined || logicalName(entry.name ?? '') === request.logicalName;
    const asked = isOfName && isBetween(entry.startTime, request.since, request.until);
    return asked && isOver(log, entry) ? [{ listed, log, entry }] : [];
  });
}

const stateKey = (path: string, state: string): string => `${path}\u0000${state}`;

async function statesIn(source: SparkHistorySource, keeper: RunKeeper, notes: Set<string>): Promise<Set<string>> {
  const known = await orNote(notes, 'The history could not be read', () => keeper.port.known(scopeOfRuns(source)));
  const { engine, redaction } = keeper;
  const ofThis = (known ?? []).filter((run) => run.engine === engine && run.redaction === redaction);
  return new Set(ofThis.map(({ path, state }) => stateKey(path, state)));
}

async function storedRuns(
  source: SparkHistorySource,
  keeper: RunKeeper,
  { logicalName: name, since, until }: RunRequest,
  notes: Set<string>,
): Promise<RunRecord[]> {
  const logicalNames = name === undefined ? undefined : [name];
  const filter = { logicalNames, redaction: keeper.redaction, limit: MOST_RUNS, since, until };
  const found = await orNote(notes, 'The history could not be read', () =>
    keeper.port.find(scopeOfRuns(source), filter),
  );
  return (found ?? []).flatMap((run) => recordOf(run) ?? []);
}

/** Null, and a note, where the store fails. */
async function orNote<T>(notes: Set<string>, what: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    notes.add(`${what}: ${labelLog(error.message)}`);
    return null;
  }
}

/** The reading of logs for one call. */
class Reading {
  readonly made: Array<{ readonly source: SparkHistorySource; readonly record: RunRecord }> = [];
  triedCount = 0;
  onSparkCount = 0;
  #inThreads = false;
  readonly #keeper: RunKeeper;
  readonly #request: RunRequest;
  readonly #clock: () => number;
  /** Until when logs may be read, epoch ms. */
  readonly #until: number;
  readonly #notes: Set<string>;
  readonly #unstored = new Map<SparkHistorySource, KeptRun[]>();
  readonly #failed: string[] = [];

  constructor(keeper: RunKeeper, request: RunRequest, clock: () => number, notes: Set<string>) {
    this.#keeper = keeper;
    this.#request = request;
    this.#clock = clock;
    this.#until = clock() + READING_MS;
    this.#notes = notes;
  }

  /** Has Spark summarise what it can read, where a fleet is large enough. Returns what is left for this machine. */
  async summariseOnSpark(unread: readonly Unread[]): Promise<readonly Unread[]> {
    const { fleet } = this.#request;
    if (fleet === undefined || fleet === null || this.#keeper.redaction === 'identities') return unread;
    const readable = unread.filter(({ log }) => isReadableBySpark(log));
    if (readable.reduce((sum, { log }) => sum + log.sizeBytes, 0) < Math.max(1, fleet.fromBytes)) return unread;
    const done = new Set<Unread>();
    try {
      for (const batch of inBatches(readable)) {
        if (this.#clock() > this.#until) break;
        for (const one of await this.#summarise(batch, fleet)) done.add(one);
      }
    } catch (error) {
      throwIfCancelled(this.#request.signal);
      if (!(error instanceof HeadgateError)) throw error;
      this.#notes.add(sparkFailed(error));
    }
    return unread.filter((one) => !done.has(one));
  }

  async #summarise(batch: readonly Unread[], fleet: FleetEngine): Promise<Unread[]> {
    const logs = batch.map(({ log }) => log);
    const records = await this.#keeper.recordsOnSpark(logs, fleet.sql, this.#request.signal);
    const done: Unread[] = [];
    for (const [index, made] of records.entries()) {
      const one = batch[index];
      if (one === undefined || made === null) continue;
      const { source } = one.listed;
      this.made.push({ source, record: made.record });
      this.#unstored.set(source, [...(this.#unstored.get(source) ?? []), made.kept]);
      done.push(one);
    }
    this.onSparkCount += done.length;
    this.triedCount += done.length;
    for (const source of this.#unstored.keys()) await this.#store(source);
    const message = 'Summarising logs on Spark';
    this.#request.progress?.({ done: this.made.length, message });
    return done;
  }

  async readAll(unread: readonly Unread[]): Promise<void> {
    const until = this.#until;
    const total = Math.min(unread.length, MOST_READS);
    const waiting = unread.slice(0, MOST_READS).values();
    const work = async () => {
      for (const one of waiting) {
        if (this.#clock() > until) return;
        this.triedCount += 1;
        await this.#read(one);
        this.#request.progress?.({
          done: this.made.length + this.#failed.length,
          total,
          message: 'Reading logs for the history',
        });
      }
    };
    this.#inThreads = total >= THREADS_FROM;
    const atOnce = this.#inThreads ? Math.max(AT_ONCE, 2 * availableParallelism()) : AT_ONCE;
    try {
      await Promise.all(Array.from({ length: Math.min(atOnce, total) }, work));
    } finally {
      for (const source of this.#unstored.keys()) await this.#store(source);
    }
    const [first] = this.#failed;
    if (first !== undefined) {
      this.#notes.add(`${countNoun(this.#failed.length, 'log')} could not be read, the first: ${first}`);
    }
  }

  async #read({ listed, log, entry }: Unread): Promise<void> {
    const { source } = listed;
    try {
      const inThread = this.#inThreads && listed.onThisMachine && log.sizeBytes <= THREAD_LOG_BYTES;
      const made = inThread
        ? await this.#keeper.recordInThread(log, this.#request.signal)
        : this.#keeper.record({ source, ...(await listed.read(log)) });
      if (made === null) return;
      this.made.push({ source, record: made.record });
      const unstored = this.#unstored.get(source) ?? [];
      this.#unstored.set(source, [...unstored, made.kept]);
      if (unstored.length + 1 >= KEPT_TOGETHER) await this.#store(source);
    } catch (error) {
      throwIfCancelled(this.#request.signal);
      if (!(error instanceof HeadgateError)) throw error;
      this.#failed.push(`${labelLog(entry.appId)}: ${labelLog(error.message)}`);
    }
  }

  async #store(source: SparkHistorySource): Promise<void> {
    const runs = this.#unstored.get(source) ?? [];
    this.#unstored.set(source, []);
    if (runs.length === 0) return;
    await orNote(this.#notes, 'Runs were not stored', () => this.#keeper.port.keep(scopeOfRuns(source), runs));
  }
}
