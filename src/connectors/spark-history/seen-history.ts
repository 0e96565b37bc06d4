import type { LogRef } from '../../eventlog/index.ts';
import { logicalName } from '../../insight/index.ts';
import type { SparkHistorySource } from '../../kernel/config.ts';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { nearest } from '../../kernel/nearest.ts';
import { label } from '../../kernel/quoted.ts';
import type { Progress } from '../../kernel/tool.ts';
import { countNoun } from '../../kernel/units.ts';
import type { ApplicationCache, LogOrigin } from './application-cache.ts';
import { type PrepareDetails, readDetailsOnce } from './application-details.ts';
import { applicationNotFound } from './application-not-found.ts';
import { type Candidate, chooseLog } from './choose-log.ts';
import { withinDeadline } from './concurrency.ts';
import { silentSource } from './gaps.ts';
import { keeperOf } from './kept-headlines.ts';
import type { LogReader } from './log-reader.ts';
import { collectRuns } from './runs/collect-runs.ts';
import { type RunKeeper, scopeOfRuns } from './runs/run-keeper.ts';
import type { Headed, SourceCatalog } from './source-catalog.ts';
import type {
  ApplicationEntry,
  ApplicationListing,
  ApplicationRequest,
  LoadedApplication,
  RunListing,
  RunsRequest,
  SparkHistory,
  StoredLog,
  Unreadable,
} from './spark-history.ts';

type Asked<T> =
  | { readonly ok: true; readonly catalog: SourceCatalog; readonly answer: T }
  | { readonly ok: false; readonly server: string; readonly message: string };

/** What the parts of a history that callers see have in common. */
export interface SeenParts {
  readonly cache: ApplicationCache;
  /** A source that takes longer, ms, is not waited for when others are asked with it. */
  readonly deadlineMs: number;
  readonly prepareDetails: PrepareDetails | undefined;
  readonly keeper: RunKeeper;
  /** Now, epoch ms. */
  readonly clock: () => number;
}

/** The sources that one caller may read, asked at once. It holds nothing of its own: it lives as long as a call. */
export class SeenHistory implements SparkHistory {
  readonly servers: readonly string[];
  readonly #catalogs: ReadonlyMap<string, SourceCatalog>;
  readonly #cache: ApplicationCache;
  readonly #deadlineMs: number;
  readonly #prepareDetails: PrepareDetails | undefined;
  readonly #keeper: RunKeeper;
  readonly #clock: () => number;

  constructor(visible: readonly SourceCatalog[], parts: SeenParts) {
    const { cache, deadlineMs, prepareDetails, keeper, clock } = parts;
    this.#prepareDetails = prepareDetails;
    this.#keeper = keeper;
    this.#clock = clock;
    this.servers = visible.map(({ source }) => source.name);
    this.#catalogs = new Map(visible.map((catalog) => [catalog.source.name, catalog]));
    this.#cache = cache;
    this.#deadlineMs = deadlineMs;
  }

  async application(appId: string, request: ApplicationRequest): Promise<LoadedApplication> {
    throwIfCancelled(request.signal);
    const { answers, unreachable } = await this.#ask(request.server, request.signal, (catalog, signal) =>
      catalog.logsOf(appId, signal),
    );
    const candidates = answers.flatMap(({ catalog, answer }) => answer.map((found) => ({ catalog, ...found })));
    if (candidates.length === 0) throw this.#notFound(appId, request.side, unreachable);
    const { candidate, attempts, notes } = chooseLog(appId, request, candidates);
    const read = await this.#read(candidate, request);
    const silent = unreachable.map(silentSource);
    const { application, log } = read;
    return {
      application,
      server: candidate.entry.server,
      attempts,
      notes: [...silent, ...notes, ...read.notes],
      readDetails: (signal) =>
        readDetailsOnce(application, log, { reader: candidate.catalog.reader, prepare: this.#prepareDetails }, signal),
    };
  }

  async applications(request: {
    readonly server?: string | undefined;
    readonly signal: AbortSignal;
    readonly progress?: ((progress: Progress) => void) | undefined;
  }): Promise<ApplicationListing> {
    const { answers, unreachable } = await this.#ask(request.server, request.signal, (catalog, signal) =>
      catalog.all(signal, request.progress),
    );
    const headed: Headed[] = answers.flatMap(({ answer }) => answer.headed);
    const entries = answers.flatMap(({ catalog, answer }) =>
      answer.headed.filter((one) => 'entry' in one).map((one) => this.#withOutcome(catalog, one)),
    );
    return {
      entries,
      onSeveral: onSeveral(entries),
      unreachable,
      ignored: [
        ...answers.flatMap(({ answer }) => answer.scan.ignored),
        ...headed.filter((one) => 'unreadable' in one).map(({ unreadable }) => unreadable),
      ],
      notes: answers.flatMap(({ answer }) => answer.notes.map(labelLog)),
    };
  }

  async logsOf(appId: string, request: { readonly server?: string | undefined; readonly signal: AbortSignal }) {
    const { answers, unreachable } = await this.#ask(request.server, request.signal, (catalog, signal) =>
      catalog.logsOf(appId, signal),
    );
    const logs = answers.flatMap(({ catalog, answer }) =>
      answer.map(({ log, entry }) => storedLog(catalog.reader, log, entry)),
    );
    return { logs, unreachable };
  }

  async runs(request: RunsRequest): Promise<RunListing> {
    const { server, signal, progress } = request;
    const name = request.appId === undefined ? request.logicalName : await this.#logicalNameOf(request.appId, request);
    const { answers, unreachable } = await this.#ask(server, signal, (catalog, one) => catalog.all(one, progress));
    const sources = answers.map(({ catalog, answer }) => ({
      source: catalog.source,
      headed: answer.headed,
      onThisMachine: catalog.reader.onThisMachine === true,
      read: (log: LogRef) => this.#readNow(catalog, log, signal),
    }));
    const collected = await collectRuns(sources, this.#keeper, { ...request, logicalName: name }, this.#clock);
    const silent = unreachable.map(silentSource);
    const headlines = answers.flatMap(({ answer }) => answer.notes.map(labelLog));
    return {
      ...collected,
      logicalName: name ?? null,
      notes: [...silent, ...unreadableOf(answers.map(({ answer }) => answer)), ...headlines, ...collected.notes],
    };
  }

  /** The logical name of an application that has a log, or that had one. */
  async #logicalNameOf(appId: string, { server, signal }: RunsRequest): Promise<string> {
    const { answers, unreachable } = await this.#ask(server, signal, async (catalog, one) => {
      const [found] = await catalog.logsOf(appId, one);
      if (found !== undefined) return logicalName(found.entry.name ?? '');
      const { redaction, port } = this.#keeper;
      const [kept] = await port.find(scopeOfRuns(catalog.source), { appId, redaction, limit: 1 });
      return kept?.logicalName ?? null;
    });
    const name = answers.map(({ answer }) => answer).find((answer) => answer !== null);
    if (name === undefined || name === null) throw this.#notFound(appId, undefined, unreachable);
    return name;
  }

  /** Reads a log as it is now for the history of runs. */
  async #readNow(catalog: SourceCatalog, listed: LogRef, signal: AbortSignal) {
    const log = await catalog.refresh(listed, signal);
    const { application } = await this.#cache.get(log, originOf(catalog), signal);
    return { log, application };
  }

  /** A log that was read tells more than its ends. */
  #withOutcome({ source }: SourceCatalog, { log, entry }: { log: LogRef; entry: ApplicationEntry }): ApplicationEntry {
    const read = this.#cache.peek(log, { scope: scopeOf(source) });
    return read === null ? entry : { ...entry, outcome: read.status };
  }

  /** Asks one source or all at once; one that fails, or hangs while others are asked, is named and never holds or fails the others. */
  async #ask<T>(
    server: string | undefined,
    signal: AbortSignal,
    question: (catalog: SourceCatalog, signal: AbortSignal) => Promise<T>,
  ) {
    const catalogs = this.#catalogsOf(server);
    // Who asks for one source alone decides how long it is worth waiting for.
    const deadlineMs = catalogs.length > 1 ? this.#deadlineMs : null;
    const asked = await Promise.all(
      catalogs.map(async (catalog): Promise<Asked<T>> => {
        try {
          return {
            ok: true,
            catalog,
            answer: await withinDeadline(deadlineMs, signal, (one) => question(catalog, one)),
          };
        } catch (error) {
          throwIfCancelled(signal);
          if (!(error instanceof HeadgateError)) throw error;
          return { ok: false, server: catalog.source.name, message: labelLog(error.message) };
        }
      }),
    );
    const answers = asked.filter((one) => one.ok);
    const unreachable = asked.filter((one) => !one.ok).map(({ server: name, message }) => ({ server: name, message }));
    return { answers, unreachable };
  }

  #catalogsOf(server: string | undefined): SourceCatalog[] {
    if (server === undefined) return [...this.#catalogs.values()];
    const catalog = this.#catalogs.get(server);
    if (catalog !== undefined) return [catalog];
    throw new HeadgateError('not_found', `There is no Spark source named "${label(server)}".`, {
      hint: `Sources: ${this.servers.join(', ') || 'none is configured'}.`,
      details: { nearest: nearest(server, this.servers), servers: this.servers },
    });
  }

  /** Reads the log as it is now: it may have grown, or been renamed at its end, since its source was scanned. */
  async #read({ catalog, entry, log: listed }: Candidate, request: ApplicationRequest) {
    const read = async (log: LogRef) => {
      const found = await this.#cache.get(log, originOf(catalog), request.signal, request.progress);
      this.#keeper.note({ source: catalog.source, log, application: found.application });
      return { log, ...found };
    };
    try {
      return await read(await catalog.refresh(listed, request.signal));
    } catch (error) {
      if (!(error instanceof HeadgateError) || error.code !== 'not_found') throw error;
    }
    // It may have gone while it waited for its turn to be read, too.
    catalog.invalidate();
    const found = await catalog.logsOf(entry.appId, request.signal);
    const again = found.find((one) => one.entry.attemptId === entry.attemptId);
    if (again === undefined) throw this.#notFound(entry.appId, request.side, []);
    return read(again.log);
  }

  #notFound(appId: string, side: ApplicationRequest['side'], unreachable: readonly Unreadable[]): HeadgateError {
    const silent = unreachable.map(({ server }) => server);
    const reached = [...this.#catalogs.values()].filter(({ source }) => !silent.includes(source.name));
    return applicationNotFound(appId, {
      ids: reached.flatMap((catalog) => catalog.knownIds()),
      unreachable,
      unreadable: reached.flatMap((catalog) => catalog.unreadableOf(appId)),
      servers: this.servers,
      side,
    });
  }
}

function originOf({ source, reader }: SourceCatalog): LogOrigin {
  return { reader, tenant: keeperOf(source), scope: scopeOf(source) };
}

/** What keeps apart what two sources of the same address read with credentials of their own. */
function scopeOf({ name, place }: SparkHistorySource): string {
  return place.kind === 'folder' ? '' : name;
}

/** Applications that more than one source has. */
function onSeveral(entries: readonly ApplicationEntry[]): ApplicationListing['onSeveral'] {
  const servers = new Map<string, Set<string>>();
  for (const { appId, server } of entries) {
    const known = servers.get(appId);
    if (known === undefined) servers.set(appId, new Set([server]));
    else known.add(server);
  }
  return new Map([...servers].filter(([, names]) => names.size > 1).map(([appId, names]) => [appId, [...names]]));
}

/** One sentence on the files that look like logs and could not be read; none where all could. */
function unreadableOf(answers: ReadonlyArray<Awaited<ReturnType<SourceCatalog['all']>>>): string[] {
  const headed = answers.flatMap((answer) => answer.headed.filter((one) => 'unreadable' in one));
  const ignored = answers.flatMap(({ scan }) => scan.ignored);
  const files = [...headed.map(({ unreadable }) => unreadable), ...ignored].filter(({ isDocument }) => !isDocument);
  const [first] = files;
  return first === undefined
    ? []
    : [`${countNoun(files.length, 'log')} could not be read, the first: ${first.message}`];
}

function storedLog(reader: LogReader, log: LogRef, entry: ApplicationEntry): StoredLog {
  const threads = reader.readThreads === undefined ? null : reader.readThreads.bind(reader);
  return {
    log,
    entry,
    openFile: reader.openFile ?? null,
    readThreads: threads === null ? null : (executorId, signal) => threads(log, executorId, { signal }),
  };
}
