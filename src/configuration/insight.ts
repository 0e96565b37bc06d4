import type { InsightConfiguration } from '../kernel/config.ts';
import type { ConfigFile } from '../kernel/config-file.ts';

/** A year and a month: the same day of last year is still there. */
const DEFAULT_RETENTION_DAYS = 400;

/** One machine reads so much in about ten seconds; more is worth a cluster's start of a query. */
const DEFAULT_SPARK_FROM_GB = 20;
const GB = 1e9;

/** What the history of runs and the advice go by. */
export function insightOf({
  insight: { history = {}, limits = {}, fleet = {}, prices } = {},
}: ConfigFile): InsightConfiguration {
  return {
    history: { keys: history.keys ?? [], retentionDays: history.retention_days ?? DEFAULT_RETENTION_DAYS },
    fleet: { engine: fleet.engine ?? 'auto', sparkFromBytes: (fleet.spark_from_gb ?? DEFAULT_SPARK_FROM_GB) * GB },
    prices: pricesOf(prices),
    limits: {
      maxExecutors: limits.max_executors ?? null,
      maxExecutorCores: limits.max_executor_cores ?? null,
      maxExecutorMemoryGb: limits.max_executor_memory_gb ?? null,
      maxCores: limits.max_cores ?? null,
    },
  };
}

function pricesOf(prices: NonNullable<ConfigFile['insight']>['prices']): InsightConfiguration['prices'] {
  if (prices === undefined || typeof prices === 'string') return prices ?? null;
  const { core_hour: perCoreHour, gib_hour: perGibHour, currency, as_of: asOf } = prices;
  return { perCoreHour, perGibHour, currency, asOf };
}
