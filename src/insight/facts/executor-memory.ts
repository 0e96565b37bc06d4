import type { Application, Executor } from '../../eventlog/index.ts';
import { executorsOf, isDriver, isLocalMode } from './capacity.ts';
import type { Run } from './run.ts';
import { parseSize } from './settings.ts';

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;

/** Heap of a driver or an executor that nobody configured, bytes. Source: spark.driver.memory, spark.executor.memory of Spark 4.3. */
const DEFAULT_HEAP_BYTES = GIB;

/** Overhead when nothing sets it. Source: EXECUTOR_MIN_MEMORY_OVERHEAD and EXECUTOR_MEMORY_OVERHEAD_FACTOR of Spark 4.3. */
const MIN_OVERHEAD = '384m';
const OVERHEAD_FACTOR = 0.1;

/** Memory of one process that runs tasks, bytes. */
export interface TaskMemory {
  readonly executor: Executor;
  /** `executors/3`. */
  readonly address: string;
  /** From its addition to its removal or the end of the run, ms. */
  readonly lifeMs: number;
  /** Largest heap that the JVM may have (-Xmx). */
  readonly heapBytes: number;
  /** Largest heap in use that a heartbeat saw, garbage included; null when none did. */
  readonly peakHeapBytes: number | null;
  /** Largest resident memory of JVM, Python and other processes together, at most; null where Spark was not told to measure it. */
  readonly peakProcessBytes: number | null;
}

/** Memory of everything that ran tasks: the executors, or the driver in local mode. Empty when the log names no time. */
export function taskMemory(run: Run): TaskMemory[] {
  const { application, window } = run;
  if (window === null) return [];
  return executorsOf(application).map((executor) => {
    const start = Math.max(window.start, executor.addTime ?? window.start);
    const end = Math.min(window.end, executor.removeTime ?? window.end);
    return {
      executor,
      address: `executors/${executor.executorId}`,
      lifeMs: Math.max(0, end - start),
      heapBytes: heapOf(application, executor),
      peakHeapBytes: known(executor.peakMetrics.JVMHeapMemory),
      peakProcessBytes: peakProcessBytes(executor),
    };
  });
}

/** A metric that is 0 was not measured. */
function known(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : null;
}

/** The three parts peak at different times, so their sum is at most too large. Measured with spark.executor.processTreeMetrics.enabled. */
function peakProcessBytes({ peakMetrics }: Executor): number | null {
  const jvm = known(peakMetrics.ProcessTreeJVMRSSMemory);
  if (jvm === null) return null;
  return (
    jvm + (known(peakMetrics.ProcessTreePythonRSSMemory) ?? 0) + (known(peakMetrics.ProcessTreeOtherRSSMemory) ?? 0)
  );
}

function heapOf(application: Application, executor: Executor): number {
  const { spark, resourceProfiles } = application.environment;
  if (isDriver(executor)) return driverHeapBytes(application);
  const profile = resourceProfiles.find((one) => one.id === executor.resourceProfileId);
  if (profile !== undefined && profile.executorMemoryMib !== null && profile.executorMemoryMib > 0) {
    return profile.executorMemoryMib * MIB;
  }
  return parseSize(spark['spark.executor.memory'] ?? null, MIB) ?? DEFAULT_HEAP_BYTES;
}

/** Largest heap that the driver may have, bytes. */
export function driverHeapBytes({ environment }: Application): number {
  return parseSize(environment.spark['spark.driver.memory'] ?? null, MIB) ?? DEFAULT_HEAP_BYTES;
}

/** The property that sizes the heap in which tasks run. */
export function heapKey(run: Run): 'spark.driver.memory' | 'spark.executor.memory' {
  return isLocalMode(run.application) ? 'spark.driver.memory' : 'spark.executor.memory';
}

/** Memory beside the heap that the cluster manager grants an executor of the default profile, bytes. */
export function overheadBytes({ environment: { spark } }: Application, heapBytes: number): number {
  const set = parseSize(spark['spark.executor.memoryOverhead'] ?? null, MIB);
  if (set !== null) return set;
  const least = parseSize(spark['spark.executor.minMemoryOverhead'] ?? MIN_OVERHEAD, MIB) ?? 0;
  const factor = Number(spark['spark.executor.memoryOverheadFactor'] ?? OVERHEAD_FACTOR);
  return Math.max(least, (Number.isFinite(factor) ? factor : OVERHEAD_FACTOR) * heapBytes);
}

/** All memory that the cluster manager grants an executor: heap, overhead, off-heap and Python. */
export function containerBytes(application: Application, heapBytes: number): number {
  const { spark } = application.environment;
  const offHeap =
    spark['spark.memory.offHeap.enabled'] === 'true' ? parseSize(spark['spark.memory.offHeap.size'] ?? null) : null;
  const python = parseSize(spark['spark.executor.pyspark.memory'] ?? null, MIB);
  return heapBytes + overheadBytes(application, heapBytes) + (offHeap ?? 0) + (python ?? 0);
}

/** True where a cluster manager enforces an executor's memory: YARN and Kubernetes. A standalone worker does not. */
export function memoryIsEnforced({ environment: { spark } }: Application): boolean {
  return /^(yarn|k8s:)/.test(spark['spark.master'] ?? '');
}

/** The next whole 512 MiB below 8 GiB, the next whole GiB from there, in bytes. */
export function roundUpMemory(bytes: number): number {
  const step = bytes <= 8 * GIB ? GIB / 2 : GIB;
  return Math.max(step, Math.ceil(bytes / step) * step);
}

/** A size as Spark's properties take it: `4g`, `1536m`. Part of a MiB is rounded up. */
export function memorySetting(bytes: number): string {
  return bytes % GIB === 0 ? `${bytes / GIB}g` : `${Math.ceil(bytes / MIB)}m`;
}
