import { parseTime } from '../facts/durations.ts';
import { MIB } from '../facts/executor-memory.ts';
import { parseSize } from '../facts/settings.ts';

/** Properties whose bare numbers count MiB. Source: ConfigBuilder.bytesConf(ByteUnit.MiB) of Spark 4.3. */
const IN_MIB = /^spark\.(executor|driver)\.(memory|memoryOverhead|pyspark\.memory)$/;

const IS_SIZE = /(memory|Memory|memoryOverhead|MaxSize|maxResultSize|Bytes|Threshold|InBytes)$/;

const IS_TIME = /(Timeout|Interval|WaitingTime|\.wait)$/;

/** Source: Spark 4.3. What is not here has no default that is one number. */
const DEFAULTS: Readonly<Record<string, string>> = {
  'spark.executor.memory': '1g',
  'spark.driver.memory': '1g',
  'spark.driver.maxResultSize': '1g',
  'spark.sql.shuffle.partitions': '200',
  'spark.sql.files.maxPartitionBytes': '128m',
  'spark.sql.adaptive.enabled': 'true',
  'spark.sql.adaptive.advisoryPartitionSizeInBytes': '64m',
  'spark.sql.adaptive.coalescePartitions.enabled': 'true',
  'spark.sql.adaptive.skewJoin.enabled': 'true',
  'spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes': '256m',
  'spark.sql.autoBroadcastJoinThreshold': '10m',
  'spark.dynamicAllocation.enabled': 'false',
  'spark.dynamicAllocation.executorIdleTimeout': '60s',
  'spark.dynamicAllocation.minExecutors': '0',
  'spark.dynamicAllocation.schedulerBacklogTimeout': '1s',
  'spark.dynamicAllocation.sustainedSchedulerBacklogTimeout': '1s',
  'spark.speculation': 'false',
  'spark.shuffle.sync': 'false',
};

/** What a property is when nobody sets it; null where that depends on the cluster. */
export function defaultOf(key: string): string | null {
  return DEFAULTS[key] ?? null;
}

/** The value of a property as a number to compare: bytes, ms or a count, threads of a local master; null for words and flags. */
export function amountOf(key: string, value: string | null): number | null {
  if (value === null) return null;
  const threads = key === 'spark.master' ? /^local\[(\d+)/.exec(value) : null;
  if (threads !== null) return Number(threads[1]);
  if (IS_TIME.test(key)) return parseTime(value);
  if (IS_SIZE.test(key)) return value === '-1' ? -1 : parseSize(value, IN_MIB.test(key) ? MIB : 1);
  return /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : null;
}

/** True when two values of a property mean the same: `1g` and `1024m`, `TRUE` and `true`. */
export function isSameValue(key: string, a: string, b: string): boolean {
  const [x, y] = [amountOf(key, a), amountOf(key, b)];
  return x !== null && y !== null ? x === y : a.trim().toLowerCase() === b.trim().toLowerCase();
}
