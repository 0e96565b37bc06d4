import { dirname, join } from 'node:path';
import { createSparkHistory } from './connectors/spark-history/connector.ts';
import {
  createGateway,
  createLogger,
  createMetrics,
  createTracing,
  type Gateway,
  type Probe,
} from './gateway/index.ts';
import type { Configuration } from './kernel/config.ts';
import { type Connector, type HealthReport, reportInTime } from './kernel/connector.ts';
import { createSecretResolver } from './secrets/resolve-secret.ts';
import { namesOtherTenants, openStore } from './store/index.ts';
import { version } from './version.ts';

/** Everything that a configuration opens, wired together. */
export interface App {
  readonly gateway: Gateway;
  /** Asks every connector and the store. A part that throws is a report that is not ok. */
  health(signal: AbortSignal): Promise<HealthReport[]>;
  /** Ends calls, then connectors, then the store. */
  close(): Promise<void>;
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
  const connectors: Connector[] = [
    createSparkHistory(
      {
        sources: configuration.sparkHistory.sources,
        redact: configuration.redact,
        historyKeys: configuration.insight.history.keys,
        prices: configuration.insight.prices,
        limits: configuration.insight.limits,
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
        onApplicationsChanged: (tenants) => resourcesChanged(tenants),
      },
    ),
  ];
  const probe: Probe = async () => [await store.health()];
  const parts = [
    { name: 'store', check: probe },
    ...connectors.map((connector) => ({
      name: connector.id,
      check: (signal: AbortSignal) => connector.health(signal),
    })),
  ];
  const closeParts = async () => {
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
      async close() {
        await gateway.close();
        await closeParts();
        await tracing.close();
      },
    };
  } catch (error) {
    await closeParts();
    throw error;
  }
}

/** Files of secrets are named from the folder of the configuration file. */
function secretsOf({ file }: Configuration) {
  return createSecretResolver(file === null ? {} : { folder: dirname(file) });
}

async function openConfiguredStore(configuration: Configuration, report: (message: string, error: unknown) => void) {
  const { store, auditRetentionDays, insight } = configuration;
  const runRetentionDays = insight.history.retentionDays;
  const shared = { severalTenants: namesOtherTenants(configuration), auditRetentionDays, runRetentionDays, report };
  if (store.url === null) return openStore({ ...shared, path: store.path });
  const resolveSecret = secretsOf(configuration);
  return openStore({ ...shared, url: await resolveSecret(store.url, 'HEADGATE_DATABASE_URL (store.url)') });
}

/** How long `check` waits for the store or a connector. Milliseconds. */
const PART_CHECK_MS = 35_000;

async function checkAll(parts: ReadonlyArray<{ name: string; check: Probe }>, signal: AbortSignal) {
  // A connector reports what hangs in it by itself: it gets a little more time than its parts.
  const reports = await Promise.all(parts.map(({ name, check }) => reportInTime(name, check, signal, PART_CHECK_MS)));
  return reports.flat();
}
