import { createSparkHistory } from './connectors/spark-history/connector.ts';
import {
  createGateway,
  createLogger,
  createMetrics,
  createTracing,
  type Gateway,
  type Probe,
} from './gateway/index.ts';
import { LOCAL_TENANT } from './kernel/caller.ts';
import type { Configuration } from './kernel/config.ts';
import { type Connector, failedReport, type HealthReport } from './kernel/connector.ts';
import { openStore, type Store } from './store/index.ts';
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
  const store = await openStore({ path: configuration.store.path });
  let resourcesChanged = () => {};
  const connectors: Connector[] = [
    createSparkHistory(
      { sources: configuration.sparkHistory.sources },
      { clock: Date.now, metrics: metrics.engine, onApplicationsChanged: () => resourcesChanged() },
    ),
  ];
  const probe = probeOf(store, configuration.store.path);
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
      policy: { toolsets: surface.toolsets ?? undefined, readOnly: surface.readOnly },
      logger,
      metrics,
      tracing,
      probes: [probe],
    });
    resourcesChanged = () => {
      gateway
        .resourcesChanged()
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

function probeOf(store: Store, path: string): Probe {
  return async () => {
    await store.audit.recent({ tenant: LOCAL_TENANT, limit: 1 });
    return [{ name: 'store', ok: true, message: `${path}, schema ${store.schemaVersion}` }];
  };
}

async function checkAll(parts: ReadonlyArray<{ name: string; check: Probe }>, signal: AbortSignal) {
  const reports = await Promise.all(
    parts.map(({ name, check }) => check(signal).catch((error: unknown) => [failedReport(name, error)])),
  );
  return reports.flat();
}
