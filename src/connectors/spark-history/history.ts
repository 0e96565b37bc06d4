import { type Application, type LogHeadline, loadSummaries } from '../../eventlog/index.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { SourcePlace, SparkHistorySource } from '../../kernel/config.ts';
import { type HealthReport, reportInTime } from '../../kernel/connector.ts';
import type { EngineMetrics } from '../../kernel/engine-metrics.ts';
import { ApplicationCache } from './application-cache.ts';
import type { PrepareDetails } from './application-details.ts';
import type { SummaryStore } from './kept-headlines.ts';
import type { LogReader } from './log-reader.ts';
import { LogWatch } from './log-watch.ts';
import { RunKeeper, type RunStore } from './runs/run-keeper.ts';
import { SeenHistory, type SeenParts } from './seen-history.ts';
import { SourceCatalog } from './source-catalog.ts';
import type { SparkHistories, SparkHistory } from './spark-history.ts';
import { SummaryKeeper } from './summary-keeper.ts';
import { watchedLogs } from './watched-logs.ts';

/** Memory for parsed applications: some dozens of usual runs, or one of two million tasks. */
const DEFAULT_CACHE_BYTES = 384 * 1024 * 1024;
/** How long a source may take when others are asked with it, ms: most MCP clients wait 60 s for a tool. */
const DEFAULT_SOURCE_DEADLINE_MS = 30_000;

/** Where the configuration of each kind of place stands beneath its source. */
const SETTINGS: Readonly<Record<SourcePlace['kind'], string>> = {
  folder: 'path',
  s3: 's3',
  'history-server': 'history_server',
  'live-ui': 'live_ui',
  emr: 'emr',
};

/** What an `EventLogHistory` is made of. */
export interface HistoryParts {
  readonly sources: readonly SparkHistorySource[];
  /** How the logs of a source are found and read. */
  readonly readerOf: (source: SparkHistorySource) => LogReader;
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly metrics?: EngineMetrics | undefined;
  readonly maxCacheBytes?: number | undefined;
  /** Where headlines and summaries are kept over a restart. */
  readonly summaries?: SummaryStore | undefined;
  /** Applied to every application right after its log was read, before it is kept, stored or handed out. */
  readonly prepare?: ((application: Application) => Application | Promise<Application>) | undefined;
  /** Applied to every headline right after it was read. */
  readonly prepareHeadline?: ((headline: LogHeadline) => LogHeadline | Promise<LogHeadline>) | undefined;
  /** Applied to the details of an application, which went through `prepare`. */
  readonly prepareDetails?: PrepareDetails | undefined;
  /** Where runs are remembered; without it as long as this history lasts. */
  readonly runs?: RunStore | undefined;
  readonly sourceDeadlineMs?: number | undefined;
  /** Called when a source has other logs than before, with the tenants that may read it; null: all. */
  readonly onApplicationsChanged?: ((tenants: readonly string[] | null) => void) | undefined;
}

/**
 * The history in all configured sources: their catalogs, and what was parsed of their logs. Nobody reads it whole: a caller
 * gets the part that its tenant may see.
 */
export class EventLogHistory implements SparkHistories {
  readonly #catalogs: readonly SourceCatalog[];
  readonly #cache: ApplicationCache;
  readonly #summaries: SummaryKeeper;
  readonly #watch = new LogWatch();
  readonly #keeper: RunKeeper;
  readonly #seen: SeenParts;

  constructor(parts: HistoryParts) {
    this.#catalogs = parts.sources.map(
      (source) =>
        new SourceCatalog({
          source,
          reader: parts.readerOf(source),
          clock: parts.clock,
          summaries: parts.summaries,
          prepareHeadline: parts.prepareHeadline,
          onChange: () => parts.onApplicationsChanged?.(source.tenants),
        }),
    );
    this.#summaries = new SummaryKeeper(parts.summaries, loadSummaries);
    this.#cache = new ApplicationCache({
      maxBytes: parts.maxCacheBytes ?? DEFAULT_CACHE_BYTES,
      clock: parts.clock,
      metrics: parts.metrics,
      summaries: this.#summaries,
      prepare: parts.prepare,
    });
    this.#keeper = new RunKeeper(parts.runs ?? { keys: [], redaction: 'secrets' }, parts.clock);
    this.#seen = {
      cache: this.#cache,
      deadlineMs: parts.sourceDeadlineMs ?? DEFAULT_SOURCE_DEADLINE_MS,
      prepareDetails: parts.prepareDetails,
      keeper: this.#keeper,
      clock: parts.clock,
    };
  }

  /** The history as a caller sees it. This is the one place that knows of tenants: other sources do not exist behind it. */
  seenBy({ tenant }: Pick<Caller, 'tenant'>): SparkHistory {
    return new SeenHistory(this.#visibleTo(tenant), this.#seen);
  }

  #visibleTo(tenant: string): SourceCatalog[] {
    return this.#catalogs.filter(({ source: { tenants } }) => tenants === null || tenants.includes(tenant));
  }

  watch(appId: string, { tenant }: Pick<Caller, 'tenant'>, changed: () => void): () => void {
    const visible = this.#visibleTo(tenant);
    return this.#watch.add(`${tenant}\u0000${appId}`, watchedLogs(visible, appId), changed);
  }

  /** What each source holds, or what is wrong with it, at its path of the configuration. For whoever runs Headgate: all sources. */
  async health(signal: AbortSignal): Promise<HealthReport[]> {
    const reports = this.#catalogs.map(({ source, reader }) => {
      const name = `spark_history.sources.${source.name}`;
      const check = async (time: AbortSignal) => [{ name, ...(await reader.health({ signal: time })) }];
      return reportInTime(name, check, signal).then((found) =>
        found.map((report) => (report.ok ? report : withPlace(report, `${name}.${SETTINGS[source.place.kind]}`))),
      );
    });
    return (await Promise.all(reports)).flat();
  }

  /** Resolves when the summaries and runs of everything that was read are stored, or could not be. */
  async settled(): Promise<void> {
    await Promise.all([this.#summaries.settled(), this.#keeper.settled()]);
  }

  /** Forgets everything that was parsed, and ends the readers. */
  async close(): Promise<void> {
    this.#watch.close();
    await Promise.all([this.#keeper.close(), this.#cache.close()]);
    await Promise.all(this.#catalogs.map(({ reader }) => reader.close()));
  }
}

/** A report whose hint names where the thing is configured. */
function withPlace(report: HealthReport, path: string): HealthReport {
  if (report.hint?.includes(path)) return report;
  const place = `It is configured at ${path}.`;
  return { ...report, hint: [report.hint, place].filter((part) => part !== undefined).join(' ') };
}
