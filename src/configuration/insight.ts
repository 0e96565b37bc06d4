import type { InsightConfiguration } from '../kernel/config.ts';
import type { ConfigFile } from '../kernel/config-file.ts';

/** A year and a month: the same day of last year is still there. */
const DEFAULT_RETENTION_DAYS = 400;

/** What the history of runs and the advice go by. */
export function insightOf({ insight: { history = {}, limits = {} } = {} }: ConfigFile): InsightConfiguration {
  return {
    history: { keys: history.keys ?? [], retentionDays: history.retention_days ?? DEFAULT_RETENTION_DAYS },
    limits: {
      maxExecutors: limits.max_executors ?? null,
      maxExecutorCores: limits.max_executor_cores ?? null,
      maxExecutorMemoryGb: limits.max_executor_memory_gb ?? null,
      maxCores: limits.max_cores ?? null,
    },
  };
}
