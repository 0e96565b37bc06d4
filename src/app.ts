import { join } from 'node:path';
import { openConfiguredStore, secretsOf } from './app-store.ts';
import { createDuckdb } from './connectors/duckdb/connector.ts';
import { createSparkHistory } from './connectors/spark-history/connector.ts';
import {
  createGateway,
  createLogger,
  createMetrics,
  createOperations,
  createTracing,
  type Gateway,
  type Operations,
  type Probe,
} from './gateway/index.ts';
import { LOCAL_TENANT } from './kernel/caller.ts';
import type { Configuration } from './kernel/config.ts';
import { type Connector, failedReport, type HealthReport, reportInTime } from './kernel/connector.ts';
import { HeadgateError } from './kernel/errors.ts';
import { nearest } from './kernel/nearest.ts';
import type { OperationsPort } from './kernel/operation.ts';
import type { PipelinePlatforms } from './kernel/pipelines.ts';
import type { RelationalDatabase } from './kernel/relational-database.ts';
import type { SqlEngine } from './kernel/sql-engine.ts';
import type { TracePort } from './kernel/trace.ts';
import { createPipelines, type Pipelines } from './pipelines/index.ts';
import type { Store } from './store/index.ts';
import { version } from './version.ts';

/** Everything that a configuration opens, wired together. */
export interface App {
  readonly gateway: Gateway;
  /** Asks every connector and the store. A part that throws is a report that is not ok. */
  health(signal: AbortSignal): Promise<HealthReport[]>;
  /** Ends calls, those that run after `graceMs`, then connectors, then the store. */
  close(graceMs?: number): Promise<void>;
}

/** Opens the store and builds connectors and gateway. Errors: those of the store, `invalid_argument` for an unknown toolset. */
export async function createApp(configuration: Configuration): Promise<App> {
  let traceId = (): string | undefined => undefined;
  const logger = createLogger(configuration.logLevel, () => traceId());
  const tracing = await createTracing({
    endpoint: configuration.telemetry.otlpEndpoint,
    version,
    onError: (error) => logger.warn({ err: error }, 'Traces could not be sent.'),
  });
  traceId = tracing.traceId;
  const metrics = createMetrics();
  const store = await openConfiguredStore(configuration, (message, error) =>
    error === null ? logger.warn(message) : logger.warn({ err: error }, message),
  );
  let resourcesChanged = (_tenants: readonly string[] | null) => {};
  const report = (message: string, error: unknown) => logger.warn({ err: error }, message);
  const operations = createOperations({ records: store.operations, clock: Date.now, report });
  const platforms = await createPlatforms(configuration, { store, operations, trace: tracing, report });
  const connectors: Connector[] = [
    ...platforms.connectors,
    createSparkHistory(
      {
        sources: configuration.sparkHistory.sources,
        redact: configuration.redact,
        historyKeys: configuration.insight.history.keys,
        prices: configuration.insight.prices,
        limits: configuration.insight.limits,
        fleet: configuration.insight.fleet,
      },
      {
        clock: Date.now,
        metrics: metrics.engine,
        resolveSecret: secretsOf(configuration),
        trace: tracing,
        summaries: store.summaries,
        runs: store.runs,
        engine: `${version} ${configuration.redact}`,
        spoolFolder: join(configuration.home, 'spool'),
        sparkOf: platforms.sparkOf,
        onApplicationsChanged: (tenants) => resourcesChanged(tenants),
      },
    ),
  ];
  const probe: Probe = async () => [await store.health().catch((error: unknown) => failedReport('store', error))];
  const parts = [
    { name: 'store', check: probe },
    ...connectors.map((connector) => ({
      name: connector.id,
      check: (signal: AbortSignal) => connector.health(signal),
    })),
  ];
  const closeParts = async () => {
    await operations.close();
    await Promise.all(connectors.map((connector) => connector.close()));
    await store.close();
  };
  try {
    for (const warning of configuration.warnings) logger.warn(warning);
    const { surface } = configuration;
    const gateway = createGateway({
      name: 'headgate',
      version,
      connectors,
      audit: store.audit,
      auth: configuration.auth,
      policy: { toolsets: surface.toolsets ?? undefined, readOnly: surface.readOnly },
      operations: withSchedules(operations, platforms.pipelines),
      waitMs: configuration.operations.waitMs,
      operationsKeptMs: configuration.operations.retentionDays * DAY_MS,
      approvals: { records: store.approvals, ttlMs: configuration.operations.approvalTtlMs },
      logger,
      metrics,
      tracing,
      probes: [probe],
    });
    resourcesChanged = (tenants) => {
      gateway
        .resourcesChanged(tenants)
        .catch((error: unknown) => logger.warn(error, 'Clients could not be told of new logs.'));
    };
    return {
      gateway,
      health: (signal) => checkAll(parts, signal),
      async close(graceMs) {
        await gateway.close(graceMs);
        await closeParts();
        await tracing.close();
      },
    };
  } catch (error) {
    await closeParts();
    throw error;
  }
}

const DAY_MS = 86_400_000;

/** What takes over the operations of dead processes also begins what is due: it is a process that serves. */
function withSchedules(operations: Operations, pipelines: Pipelines): Operations {
  return {
    ...operations,
    async open() {
      await operations.open();
      pipelines.start();
    },
  };
}

/** What the platforms are made of. */
interface PlatformParts {
  readonly store: Store;
  readonly operations: OperationsPort;
  readonly trace: TracePort;
  readonly report: (message: string, error: unknown) => void;
}

/** The platforms that things run on, those that are configured, and the pipelines between them. */
async function createPlatforms(
  configuration: Configuration,
  parts: PlatformParts,
): Promise<{ connectors: Connector[]; sparkOf: (tenant: string) => SqlEngine | null; pipelines: Pipelines }> {
  const { home, local } = configuration;
  const { store, operations, trace, report } = parts;
  const shared = { clock: Date.now, resolveSecret: secretsOf(configuration), operations, trace, report };
  const jobs = { jobs: store.jobs, folder: join(home, 'spark-jobs') };
  const spark = configuration.spark === null ? null : await sparkWith(configuration.spark, { ...shared, ...jobs });
  const sparkOf = (tenant: string) => spark?.engine(tenant) ?? null;
  const postgres =
    configuration.postgres.databases.length === 0
      ? null
      : await postgresWith(configuration.postgres, { ...shared, spark: sparkOf });
  const duckdb =
    local === null ? null : createDuckdb(local, { ...shared, kept: keptBy(configuration), tools: postgres === null });
  // One file, one tenant: there is nothing between tenants in it.
  const localOf = (tenant: string) => (tenant === LOCAL_TENANT ? duckdb : null);
  const databases: PipelinePlatforms['databases'] = {
    names: (tenant) => [...(postgres?.databases.names(tenant) ?? []), ...(localOf(tenant) === null ? [] : ['local'])],
    find(tenant, name) {
      const here = localOf(tenant)?.database;
      if (here !== undefined && (name === here.name || (name === null && postgres === null))) return here;
      if (postgres !== null) return postgres.databases.find(tenant, name);
      return noDatabase(name, this.names(tenant));
    },
  };
  const engine: PipelinePlatforms['engine'] = (tenant, name) => {
    const here = localOf(tenant)?.engine;
    const found = name === 'duckdb' ? here : (sparkOf(tenant) ?? (name === null ? here : undefined));
    if (found !== undefined) return found;
    throw new HeadgateError('failed_precondition', `No ${name ?? 'engine for SQL'} is configured.`, {
      hint: 'Name spark.remote in the configuration, or set local.enabled to true.',
    });
  };
  const pipelines = createPipelines(configuration.pipelines, {
    ...shared,
    store: store.pipelines,
    platforms: { databases, engine },
  });
  const envoy = configuration.gateway === null ? null : await envoyWith(configuration.gateway, shared);
  return {
    connectors: [spark, postgres, duckdb, pipelines, envoy].filter((connector) => connector !== null),
    sparkOf,
    pipelines,
  };
}

/** Clients of platforms are large: they are loaded where a platform is configured. */
async function sparkWith(...parts: Parameters<typeof import('./connectors/spark/connector.ts').createSpark>) {
  const { createLogFolder, createSpark } = await import('./connectors/spark/connector.ts');
  const [{ eventLogs }, { report }] = parts;
  // The history tools read it from the start, before the first job.
  await createLogFolder(eventLogs).catch((error) =>
    report('The folder for event logs of jobs could not be made.', error),
  );
  return createSpark(...parts);
}

async function postgresWith(...parts: Parameters<typeof import('./connectors/postgres/connector.ts').createPostgres>) {
  return (await import('./connectors/postgres/connector.ts')).createPostgres(...parts);
}

async function envoyWith(...parts: Parameters<typeof import('./connectors/envoy/connector.ts').createEnvoy>) {
  return (await import('./connectors/envoy/connector.ts')).createEnvoy(...parts);
}

function noDatabase(name: string | null, names: readonly string[]): RelationalDatabase {
  throw new HeadgateError('not_found', `There is no database ${JSON.stringify(name)}.`, {
    hint: names.length > 0 ? `Use ${names.join(', ')}.` : 'Name one at postgres.databases in the configuration.',
    details: { nearest: name === null ? names : nearest(name, names) },
  });
}

/** What Headgate keeps: SQL of callers must not reach it through files. */
function keptBy({ home, store, file }: Configuration): string[] {
  return [home, ...(store.url === null ? [store.path] : []), ...(file === null ? [] : [file])];
}

/** How long `check` waits for the store or a connector. Milliseconds. */
const PART_CHECK_MS = 35_000;

async function checkAll(parts: ReadonlyArray<{ name: string; check: Probe }>, signal: AbortSignal) {
  // A connector reports what hangs in it by itself: it gets a little more time than its parts.
  const reports = await Promise.all(parts.map(({ name, check }) => reportInTime(name, check, signal, PART_CHECK_MS)));
  return reports.flat();
}
