import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import {
  type Application,
  createHeadlineRedactor,
  createRedactors,
  ENGINE_VERSION,
  type LogHeadline,
  redactApplication,
  redactDetails,
} from '../../eventlog/index.ts';
import { type ConfigurationLimits, configuredPrices } from '../../insight/index.ts';
import type { InsightConfiguration, SparkHistorySource } from '../../kernel/config.ts';
import type { RedactLevel } from '../../kernel/config-file.ts';
import type { Connector } from '../../kernel/connector.ts';
import type { EngineMetrics } from '../../kernel/engine-metrics.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { LogSummaryPort } from '../../kernel/log-summaries.ts';
import type { RunHistoryPort } from '../../kernel/run-history.ts';
import type { SecretResolver } from '../../kernel/secret-resolver.ts';
import type { SqlEngine } from '../../kernel/sql-engine.ts';
import { NO_TRACE, type TracePort } from '../../kernel/trace.ts';
import { EventLogHistory } from './history.ts';
import type { LogReader } from './log-reader.ts';
import { reportPage } from './resources/report-page.ts';
import { historyRoutes } from './routes/history-routes.ts';
import { restRedaction } from './routes/redaction.ts';
import { createReader } from './sources/create-reader.ts';
import { SpoolFolder } from './sources/spool-folder.ts';
import { sparkHistorySurface } from './surface.ts';

/** Where the event logs are. */
export interface SparkHistoryConfig {
  readonly sources: readonly SparkHistorySource[];
  /** What is masked before anything leaves; secrets when absent. */
  readonly redact?: RedactLevel | undefined;
  /** Spark properties that tell runs of one name apart. */
  readonly historyKeys?: readonly string[] | undefined;
  /** What machines cost: id of a price table, or own prices. */
  readonly prices?: InsightConfiguration['prices'] | undefined;
  /** What no recommended configuration goes beyond. */
  readonly limits?: InsightConfiguration['limits'] | undefined;
  /** Who summarises the logs of many applications; this machine when absent. */
  readonly fleet?: InsightConfiguration['fleet'] | undefined;
}

/** What the connector gets from outside. */
export interface SparkHistoryDependencies {
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly metrics?: EngineMetrics | undefined;
  /** Memory for parsed applications, bytes. */
  readonly maxCacheBytes?: number | undefined;
  /** Where the logs of remote sources are put while they are read; a folder of the system's temporary one when absent. */
  readonly spoolFolder?: string | undefined;
  /** Fetches the passwords and tokens of sources; without it only those in clear are known. */
  readonly resolveSecret?: SecretResolver | undefined;
  /** Told what takes long; nothing is traced when absent. */
  readonly trace?: TracePort | undefined;
  /** What was learnt of logs, kept over restarts and shared with other gateways. */
  readonly summaries?: LogSummaryPort | undefined;
  /** Runs, remembered longer than their logs; as long as this process when absent. */
  readonly runs?: RunHistoryPort | undefined;
  /** Version of Headgate and level of redaction: summaries that another one made are not read. */
  readonly engine?: string | undefined;
  /** SQL on Spark for a tenant; null where there is none. */
  readonly sparkOf?: ((tenant: string) => SqlEngine | null) | undefined;
  /** Called when a source has other logs than before, with the tenants that may read it; null: all. */
  readonly onApplicationsChanged?: ((tenants: readonly string[] | null) => void) | undefined;
}

/** Format of what is kept of logs: a change of it makes older summaries unread. */
const SUMMARY_FORMAT = 1;

/** The Spark history connector: answers about applications from their event logs, wherever these are. Opens nothing until it is asked. */
export function createSparkHistory(config: SparkHistoryConfig, dependencies: SparkHistoryDependencies): Connector {
  const { summaries, engine = 'unversioned', clock, resolveSecret = secretInClear, trace = NO_TRACE } = dependencies;
  const spool = new SpoolFolder(dependencies.spoolFolder ?? join(tmpdir(), `headgate-spool-${userInfo().username}`));
  const history = new EventLogHistory({
    ...dependencies,
    sources: config.sources,
    prepare: preparation(config.redact ?? 'secrets'),
    prepareDetails: (details, application) => redactDetails(details, application, config.redact ?? 'secrets'),
    prepareHeadline: headlinePreparation(config.redact ?? 'secrets'),
    readerOf: (source) => threadsWithheld(createReader(source, { spool, clock, resolveSecret, trace }), config.redact),
    summaries:
      summaries === undefined
        ? undefined
        : { port: summaries, engine: `${engine} ${ENGINE_VERSION}.${SUMMARY_FORMAT}` },
    runs: {
      port: dependencies.runs,
      keys: config.historyKeys ?? [],
      redaction: config.redact ?? 'secrets',
    },
  });
  // Whatever keeps it from removing leftovers keeps it from spooling, and is told then.
  if (config.sources.some(({ place }) => place.kind !== 'folder')) spool.sweep().catch(() => undefined);
  const surface = sparkHistorySurface(history, {
    prices: configuredPrices(config.prices ?? null),
    limits: limitsOf(config.limits),
    fleet: config.fleet === undefined ? undefined : { ...config.fleet, sparkOf: dependencies.sparkOf ?? (() => null) },
  });
  return {
    id: 'spark-history',
    platform: 'spark',
    ...surface,
    resources: [...surface.resources, reportPage],
    routes: historyRoutes({ histories: history, redaction: restRedaction(config.redact ?? 'secrets'), clock }),
    health: (signal) => history.health(signal),
    close: async () => {
      await history.close();
      await spool.close();
    },
  };
}

function limitsOf(limits: InsightConfiguration['limits'] | undefined): ConfigurationLimits {
  return {
    maxExecutors: limits?.maxExecutors ?? undefined,
    maxExecutorCores: limits?.maxExecutorCores ?? undefined,
    maxExecutorMemoryGib: limits?.maxExecutorMemoryGb ?? undefined,
    maxCores: limits?.maxCores ?? undefined,
  };
}

/** Masks an application right after it was read: what is kept, stored and told is masked. */
function preparation(level: RedactLevel): (application: Application) => Promise<Application> {
  let redactors: ReturnType<typeof createRedactors> | undefined;
  return async (application) => {
    redactors ??= createRedactors(level);
    return redactApplication(application, (await redactors)(application));
  };
}

/** Masks a headline right after it was read. */
function headlinePreparation(level: RedactLevel): (headline: LogHeadline) => Promise<LogHeadline> {
  let redactor: ReturnType<typeof createHeadlineRedactor> | undefined;
  return async (headline) => {
    redactor ??= createHeadlineRedactor(level);
    return (await redactor)(headline);
  };
}

/** Thread dumps name hosts and users anywhere in their texts: where these are masked, there are none. */
function threadsWithheld(reader: LogReader, level: RedactLevel | undefined): LogReader {
  if (level !== 'identities' || reader.readThreads === undefined) return reader;
  const readThreads = async () => {
    throw new HeadgateError('permission_denied', 'Thread dumps are not given here: they name hosts and users.', {
      hint: 'Set redact to secrets or literals, where that is allowed.',
    });
  };
  return { ...reader, readThreads };
}

const secretInClear: SecretResolver = async (secret, purpose) => {
  if (typeof secret === 'string') return secret;
  throw new HeadgateError('failed_precondition', `${purpose} cannot be fetched here.`, {
    hint: 'Start Headgate with its own commands, which fetch secrets.',
  });
};
