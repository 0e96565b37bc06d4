/** What a recommended configuration must not exceed. Absent: no limit. */
export interface ConfigurationLimits {
  readonly maxExecutors?: number | undefined;
  readonly maxExecutorCores?: number | undefined;
  /** Heap, overhead, off-heap and Python memory of one executor together, GiB. */
  readonly maxExecutorMemoryGib?: number | undefined;
  /** Cores of all executors together. */
  readonly maxCores?: number | undefined;
}

/** The stricter of two sets of limits, one by one. */
export function strictest(a: ConfigurationLimits, b: ConfigurationLimits): ConfigurationLimits {
  return {
    maxExecutors: least(a.maxExecutors, b.maxExecutors),
    maxExecutorCores: least(a.maxExecutorCores, b.maxExecutorCores),
    maxExecutorMemoryGib: least(a.maxExecutorMemoryGib, b.maxExecutorMemoryGib),
    maxCores: least(a.maxCores, b.maxCores),
  };
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
