import type { Application } from '../../eventlog/index.ts';
import { parseTime } from './durations.ts';
import type { Run } from './run.ts';

/** Part of the executors that YARN and Kubernetes wait for. Source: spark.scheduler.minRegisteredResourcesRatio of Spark 4.3; 0 elsewhere. */
const MANAGED_RATIO = 0.8;

/** Source: spark.scheduler.maxRegisteredResourcesWaitingTime of Spark 4.3. */
const DEFAULT_MAX_WAIT_MS = 30_000;

/** Executors that YARN and Kubernetes start where no property says how many. Source: spark.executor.instances of Spark 4.3. */
const DEFAULT_INSTANCES = 2;

/** How long a Spark context waited for its executors with some of them at hand. Times ms. */
export interface RegistrationWait {
  /** When it waited no longer, since the epoch: enough were there, or the time was up. */
  readonly until: number;
  /** How long what was there by then had waited, the mean over its cores. */
  readonly meanMs: number;
  readonly ratio: number;
  /** What was there at the end of the wait, and what had been asked for. */
  readonly registered: number;
  readonly asked: number;
  readonly unit: 'cores' | 'executors';
}

/** Part of the executors that have to be there before Spark takes a job, 0 to 1. */
export function registeredRatio({ environment: { spark } }: Application): number {
  const set = Number(spark['spark.scheduler.minRegisteredResourcesRatio'] ?? Number.NaN);
  if (Number.isFinite(set)) return set;
  return isManaged(spark) ? MANAGED_RATIO : 0;
}

/**
 * The wait for registered executors at the start of a context, by its properties and the additions of executors. Null where
 * there is none, or where a property that says how many were asked for is absent.
 *
 * Source: CoarseGrainedSchedulerBackend.isReady and sufficientResourcesRegistered of its subclasses, Spark 4.3: a standalone
 * cluster counts cores against spark.cores.max, YARN and Kubernetes count executors against the number at first.
 */
export function registrationWait({ application, window, workers }: Run): RegistrationWait | null {
  const ratio = registeredRatio(application);
  const target = askedFor(application.environment.spark);
  if (window === null || target === null || !(ratio > 0)) return null;
  const longest = parseTime(application.environment.spark['spark.scheduler.maxRegisteredResourcesWaitingTime'] ?? null);
  const timeUp = window.start + (longest ?? DEFAULT_MAX_WAIT_MS);
  const weight = (cores: number): number => (target.unit === 'cores' ? cores : 1);
  let registered = 0;
  let until = timeUp;
  const there = [];
  for (const worker of [...workers].sort((a, b) => a.span.start - b.span.start)) {
    if (worker.span.start >= timeUp) break;
    there.push(worker);
    registered += weight(worker.cores);
    if (registered < ratio * target.asked) continue;
    until = worker.span.start;
    break;
  }
  const cores = there.reduce((sum, one) => sum + one.cores, 0);
  if (cores === 0) return null;
  const waited = there.reduce((sum, one) => sum + one.cores * (until - one.span.start), 0);
  return { until, meanMs: waited / cores, ratio, registered, ...target };
}

type Properties = Readonly<Record<string, string>>;

const isManaged = (spark: Properties): boolean => /^(yarn|k8s:)/.test(spark['spark.master'] ?? '');

/** What a cluster manager was asked for at first; null for others, and for a standalone cluster without an upper bound. */
function askedFor(spark: Properties): Pick<RegistrationWait, 'asked' | 'unit'> | null {
  if (isManaged(spark)) return { asked: executorsAtFirst(spark), unit: 'executors' };
  const cores = countOf(spark, 'spark.cores.max');
  return /^spark:/.test(spark['spark.master'] ?? '') && cores > 0 ? { asked: cores, unit: 'cores' } : null;
}

/** Source: Utils.getDynamicAllocationInitialExecutors and SchedulerBackendUtils.getInitialTargetExecutorNumber of Spark 4.3. */
function executorsAtFirst(spark: Properties): number {
  const instances = countOf(spark, 'spark.executor.instances');
  if (spark['spark.dynamicAllocation.enabled'] !== 'true') return instances > 0 ? instances : DEFAULT_INSTANCES;
  const least = countOf(spark, 'spark.dynamicAllocation.minExecutors');
  return Math.max(least, countOf(spark, 'spark.dynamicAllocation.initialExecutors'), instances);
}

/** 0 for a property that is absent or no number. */
function countOf(spark: Properties, key: string): number {
  const count = Number(spark[key] ?? 0);
  return Number.isFinite(count) ? count : 0;
}
