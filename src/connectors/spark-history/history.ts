import { basename } from 'node:path';
import type { LogRef } from '../../eventlog/index.ts';
import { addressOf, type SparkHistorySource } from '../../kernel/config.ts';
import type { EngineMetrics } from '../../kernel/engine-metrics.ts';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { nearest } from '../../kernel/nearest.ts';
import { label } from '../../kernel/quoted.ts';
import type { Progress } from '../../kernel/tool.ts';
import { ApplicationCache } from './application-cache.ts';
import { applicationNotFound } from './application-not-found.ts';
import type { LogReader } from './log-reader.ts';
import { type Headed, SourceCatalog } from './source-catalog.ts';
import type {
  ApplicationEntry,
  ApplicationListing,
  ApplicationRequest,
  LoadedApplication,
  SparkHistory,
  Unreadable,
} from './spark-history.ts';

/** Memory for parsed applications: some dozens of usual runs, or one of two million tasks. */
const DEFAULT_CACHE_BYTES = 384 * 1024 * 1024;

interface Candidate {
  readonly catalog: SourceCatalog;
  readonly log: LogRef;
  readonly entry: ApplicationEntry;
}

type Asked<T> =
  | { readonly ok: true; readonly catalog: SourceCatalog; readonly answer: T }
  | { readonly ok: false; readonly server: string; readonly message: string };

/** What an `EventLogHistory` is made of. */
export interface HistoryParts {
  readonly sources: readonly SparkHistorySource[];
  /** How the logs of a source are found and read. */
  readonly readerOf: (source: SparkHistorySource) => LogReader;
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly metrics?: EngineMetrics | undefined;
  readonly maxCacheBytes?: number | undefined;
  /** Called when a source has other logs than before. */
  readonly onApplicationsChanged?: (() => void) | undefined;
}

/** A Spark history over folders of event logs: finds applications in all sources at once and keeps what it has parsed. */
export class EventLogHistory implements SparkHistory {
  readonly servers: readonly string[];
  readonly #catalogs: ReadonlyMap<string, SourceCatalog>;
  readonly #cache: ApplicationCache;

  constructor(parts: HistoryParts) {
    this.servers = parts.sources.map(({ name }) => name);
    const onChange = () => parts.onApplicationsChanged?.();
    this.#catalogs = new Map(
      parts.sources.map((source) => [
        source.name,
        new SourceCatalog(source, parts.readerOf(source), parts.clock, onChange),
      ]),
    );
    this.#cache = new ApplicationCache({
      maxBytes: parts.maxCacheBytes ?? DEFAULT_CACHE_BYTES,
      clock: parts.clock,
      metrics: parts.metrics,
    });
  }

  async application(appId: string, request: ApplicationRequest): Promise<LoadedApplication> {
    throwIfCancelled(request.signal);
    const { candidates, unreachable } = await this.#find(appId, request);
    const chosen = this.#choose(appId, request, candidates, unreachable);
    const application = await this.#read(chosen.candidate, request);
    const { server } = chosen.candidate.entry;
    return { application, server, attempts: chosen.attempts, notes: chosen.notes };
  }

  async applications(request: {
    readonly server?: string | undefined;
    readonly signal: AbortSignal;
    readonly progress?: ((progress: Progress) => void) | undefined;
  }): Promise<ApplicationListing> {
    const { answers, unreachable } = await this.#ask(request.server, request.signal, (catalog) =>
      catalog.all(request.signal, request.progress),
    );
    const headed: Headed[] = answers.flatMap(({ answer }) => answer.headed);
    return {
      entries: headed.filter((one) => 'entry' in one).map((one) => this.#withOutcome(one)),
      unreachable,
      ignored: [
        ...answers.flatMap(({ answer }) => answer.scan.ignored),
        ...headed.filter((one) => 'unreadable' in one).map(({ unreadable }) => unreadable),
      ],
    };
  }

  /** Counts the logs of each source, or says why it cannot be read. */
  async health(
    signal: AbortSignal,
  ): Promise<Array<{ server: string; path: string; logs: number | null; message: string }>> {
    return Promise.all(
      [...this.#catalogs.values()].map(async (catalog) => {
        const { name } = catalog.source;
        const path = addressOf(catalog.source.place);
        try {
          const { logs } = await catalog.scan(signal);
          return { server: name, path, logs: logs.length, message: `${logs.length} event logs` };
        } catch (error) {
          throwIfCancelled(signal);
          if (!(error instanceof HeadgateError)) throw error;
          return { server: name, path, logs: null, message: error.message };
        }
      }),
    );
  }

  /** Forgets everything that was parsed. */
  clear(): void {
    this.#cache.clear();
  }

  /** A log that was read tells more than its ends. */
  #withOutcome({ log, entry }: { log: LogRef; entry: ApplicationEntry }): ApplicationEntry {
    const read = this.#cache.peek(log);
    return read === null ? entry : { ...entry, outcome: read.status };
  }

  async #find(appId: string, request: ApplicationRequest) {
    const { answers, unreachable } = await this.#ask(request.server, request.signal, (catalog) =>
      catalog.logsOf(appId, request.signal),
    );
    const candidates = answers.flatMap(({ catalog, answer }) => answer.map((found) => ({ catalog, ...found })));
    return { candidates, unreachable };
  }

  /** Asks one source or all at once; a source that fails is named, and never fails the others. */
  async #ask<T>(server: string | undefined, signal: AbortSignal, question: (catalog: SourceCatalog) => Promise<T>) {
    const asked = await Promise.all(
      this.#catalogsOf(server).map(async (catalog): Promise<Asked<T>> => {
        try {
          return { ok: true, catalog, answer: await question(catalog) };
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

  #choose(
    appId: string,
    request: ApplicationRequest,
    candidates: readonly Candidate[],
    unreachable: readonly Unreadable[],
  ): { candidate: Candidate; attempts: Array<string | null>; notes: string[] } {
    if (candidates.length === 0) throw this.#notFound(appId, request.side, unreachable);
    const wanted =
      request.attemptId === undefined
        ? candidates
        : candidates.filter(({ entry }) => entry.attemptId === request.attemptId);
    if (wanted.length === 0) throw attemptNotFound(appId, String(request.attemptId), candidates, request.side);
    const servers = [...new Set(wanted.map(({ entry }) => entry.server))];
    if (servers.length > 1) throw ambiguous(appId, wanted, servers, request.side);
    const [best] = wanted.toSorted(compareCandidates);
    const candidate = best as Candidate;
    const ofServer = candidates.filter(({ entry }) => entry.server === candidate.entry.server);
    const copies = ofServer.filter(({ entry }) => entry.attemptId === candidate.entry.attemptId).length;
    return {
      candidate,
      attempts: [...new Set(ofServer.map(({ entry }) => entry.attemptId))].toSorted(compareAttempts),
      notes: [
        ...unreachable.map(({ server, message }) => `Source ${server} could not be asked: ${message}`),
        ...(copies > 1
          ? [
              `${copies} logs of this attempt are in source ${candidate.entry.server}; ${labelLog(basename(candidate.log.path))} was read.`,
            ]
          : []),
      ],
    };
  }

  /** Reads the log as it is now: it may have grown, or been renamed at its end, since the folder was scanned. */
  async #read(candidate: Candidate, request: ApplicationRequest) {
    const { catalog, entry } = candidate;
    let log: LogRef;
    try {
      log = await catalog.refresh(candidate.log, request.signal);
    } catch (error) {
      if (!(error instanceof HeadgateError) || error.code !== 'not_found') throw error;
      catalog.invalidate();
      const found = await catalog.logsOf(entry.appId, request.signal);
      const again = found.find((one) => one.entry.attemptId === entry.attemptId);
      if (again === undefined) throw this.#notFound(entry.appId, request.side, []);
      log = again.log;
    }
    return this.#cache.get(log, catalog.reader, request.signal, request.progress);
  }

  #notFound(appId: string, side: ApplicationRequest['side'], unreachable: readonly Unreadable[]): HeadgateError {
    const silent = unreachable.map(({ server }) => server);
    const reached = [...this.#catalogs.values()].filter(({ source }) => !silent.includes(source.name));
    return applicationNotFound(appId, {
      ids: reached.flatMap((catalog) => catalog.knownIds()),
      unreachable,
      servers: this.servers,
      side,
    });
  }
}

function attemptNotFound(
  appId: string,
  attemptId: string,
  candidates: readonly Candidate[],
  side: ApplicationRequest['side'],
): HeadgateError {
  const attempts = [...new Set(candidates.map(({ entry }) => entry.attemptId))].map((id) => id ?? 'none');
  return new HeadgateError('not_found', `Application ${label(appId)} has no attempt ${label(attemptId)}.`, {
    hint: `Attempts: ${attempts.map(label).join(', ')}. Leave app_attempt_id${side ?? ''} out for the latest.`,
    details: { nearest: attempts.map(label) },
  });
}

function ambiguous(
  appId: string,
  candidates: readonly Candidate[],
  servers: readonly string[],
  side: ApplicationRequest['side'],
): HeadgateError {
  return new HeadgateError(
    'failed_precondition',
    `Application ${label(appId)} is on several sources: ${servers.join(', ')}.`,
    {
      hint: `Pass one of them as \`server${side ?? ''}\`.`,
      details: {
        servers,
        candidates: candidates.map(({ entry }) => ({
          server: entry.server,
          attempt_id: entry.attemptId,
          name: entry.name === null ? null : labelLog(entry.name),
          status: entry.status,
        })),
      },
    },
  );
}

/** Later attempt first, then the finished log, the one that was not compacted, and the one written last. */
function compareCandidates(a: Candidate, b: Candidate): number {
  const finished = ({ entry }: Candidate) => (entry.status === 'COMPLETED' ? 0 : 1);
  return (
    compareAttempts(b.entry.attemptId, a.entry.attemptId) ||
    finished(a) - finished(b) ||
    Number(a.log.compacted) - Number(b.log.compacted) ||
    b.log.modifiedMs - a.log.modifiedMs
  );
}

/** Attempts count up; an application without attempts comes first. */
function compareAttempts(a: string | null, b: string | null): number {
  return (a ?? '').localeCompare(b ?? '', 'en', { numeric: true });
}
