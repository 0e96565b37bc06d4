import { findLogs, readApplication, readHeadline } from '../../eventlog/index.ts';
import type { SparkHistorySource } from '../../kernel/config.ts';
import type { Connector } from '../../kernel/connector.ts';
import type { EngineMetrics } from '../../kernel/engine-metrics.ts';
import { EventLogHistory } from './history.ts';
import { sparkHistorySurface } from './surface.ts';

/** Where the event logs are. */
export interface SparkHistoryConfig {
  readonly sources: readonly SparkHistorySource[];
}

/** What the connector gets from outside. */
export interface SparkHistoryDependencies {
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly metrics?: EngineMetrics | undefined;
  /** Memory for parsed applications, bytes. */
  readonly maxCacheBytes?: number | undefined;
  /** Called when a source has other logs than before. */
  readonly onApplicationsChanged?: (() => void) | undefined;
}

/** The Spark history connector: answers about applications from their event logs on disk. Opens nothing until it is asked. */
export function createSparkHistory(config: SparkHistoryConfig, dependencies: SparkHistoryDependencies): Connector {
  const history = new EventLogHistory({
    ...dependencies,
    sources: config.sources,
    readerOf: () => ({ findLogs, readApplication, readHeadline }),
  });
  return {
    id: 'spark-history',
    platform: 'spark',
    ...sparkHistorySurface(history),
    health: async (signal) => {
      const sources = await history.health(signal);
      return sources.map(({ server, logs, path, message }) => ({
        name: `spark_history.sources.${server}`,
        ok: logs !== null,
        message: logs === null ? message : `${logs} event logs`,
        ...(logs === null ? { hint: `Check that ${path} exists and can be read.` } : {}),
        ...(logs === 0
          ? { hint: `${path} holds no event logs: set spark.eventLog.dir of your applications to it.` }
          : {}),
      }));
    },
    close: async () => history.clear(),
  };
}
