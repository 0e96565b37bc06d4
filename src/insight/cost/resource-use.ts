import type { Executor, ResourceProfile } from '../../eventlog/index.ts';
import { executorsOf, isDriver, isLocalMode } from '../facts/capacity.ts';
import { clip, type Interval } from '../facts/intervals.ts';
import type { Run } from '../facts/run.ts';
import { parseSize, settingOf } from '../facts/settings.ts';

const MS_PER_HOUR = 3_600_000;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Defaults of Spark 3.x and 4.x: spark.executor.memory and spark.driver.memory, the overhead's smallest size and its share (0.4 on Kubernetes for other than JVM work is not assumed). */
const DEFAULT_MEMORY = '1g';
const MIN_OVERHEAD_BYTES = 384 * MIB;
const OVERHEAD_FACTOR = 0.1;

/** What one machine's worth of a run took: an executor or the driver. */
export interface MachineUse {
  readonly id: string;
  readonly cores: number;
  /** Heap, overhead, off-heap and Python memory together, GiB. */
  readonly memoryGib: number;
  readonly hours: number;
}

/** What a run took of its cluster. */
export interface ResourceUse {
  readonly machines: readonly MachineUse[];
  /** Core-hours of executors and driver. */
  readonly coreHours: number;
  readonly memoryGibHours: number;
  /** What could not be told and was left out or taken from Spark's defaults. */
  readonly gaps: readonly string[];
}

/** Executors and driver with their cores, memory and time, from the log; nothing that the log does not tell is made up. */
export function resourceUseOf(run: Run): ResourceUse {
  const { application, window } = run;
  if (window === null) return { machines: [], coreHours: 0, memoryGibHours: 0, gaps: ['The log names no time.'] };
  const gaps: string[] = [];
  const machines: MachineUse[] = [];
  const unknown = executorsOf(application).filter((executor) => !(executor.totalCores > 0));
  if (unknown.length > 0)
    gaps.push(`The log does not tell the cores of ${unknown.length} executors: they are left out.`);
  if (isLocalMode(application)) {
    for (const executor of executorsOf(application)) addMachine(machines, localDriver(run, executor), executor, window);
  } else {
    machines.push({ ...driverShape(run), id: 'driver', hours: (window.end - window.start) / MS_PER_HOUR });
    for (const executor of executorsOf(application))
      addMachine(machines, executorShape(run, executor), executor, window);
    if (settingOf(run, 'spark.executor.memory') === null) {
      gaps.push(`The log does not tell spark.executor.memory: Spark's default, ${DEFAULT_MEMORY}, is taken.`);
    }
  }
  return {
    machines,
    coreHours: sum(machines, ({ cores, hours }) => cores * hours),
    memoryGibHours: sum(machines, ({ memoryGib, hours }) => memoryGib * hours),
    gaps,
  };
}

interface Shape {
  readonly cores: number;
  readonly memoryGib: number;
}

function addMachine(machines: MachineUse[], shape: Shape, executor: Executor, window: Interval): void {
  if (!(shape.cores > 0)) return;
  const span = clip({ start: executor.addTime ?? window.start, end: executor.removeTime ?? window.end }, window);
  if (span === null) return;
  machines.push({ ...shape, id: executor.executorId, hours: (span.end - span.start) / MS_PER_HOUR });
}

/** In local mode the driver is the executor: its heap is spark.driver.memory. */
function localDriver(run: Run, executor: Executor): Shape {
  return { cores: executor.totalCores, memoryGib: driverShape(run).memoryGib };
}

function driverShape(run: Run): Shape {
  const cores = Number(settingOf(run, 'spark.driver.cores') ?? 1);
  return {
    cores: Number.isFinite(cores) && cores > 0 ? cores : 1,
    memoryGib: withOverhead(run, 'driver', memoryOf(run, 'spark.driver.memory')) / GIB,
  };
}

function executorShape(run: Run, executor: Executor): Shape {
  const profile = profileOf(run, executor);
  const heap =
    profile?.executorMemoryMib == null ? memoryOf(run, 'spark.executor.memory') : profile.executorMemoryMib * MIB;
  const python = parseSize(settingOf(run, 'spark.executor.pyspark.memory'), MIB) ?? 0;
  return { cores: executor.totalCores, memoryGib: (withOverhead(run, 'executor', heap) + python + offHeap(run)) / GIB };
}

/** The profile with id 0 is the application's own configuration, which says it already. */
function profileOf(run: Run, executor: Executor): ResourceProfile | null {
  if (isDriver(executor) || executor.resourceProfileId === 0) return null;
  const { resourceProfiles } = run.application.environment;
  return resourceProfiles.find(({ id }) => id === executor.resourceProfileId) ?? null;
}

function memoryOf(run: Run, key: string): number {
  return parseSize(settingOf(run, key) ?? DEFAULT_MEMORY, MIB) ?? GIB;
}

/** Source: spark.{driver,executor}.memoryOverhead, else memoryOverheadFactor × heap, at least minMemoryOverhead (384 MiB). */
function withOverhead(run: Run, role: 'driver' | 'executor', heapBytes: number): number {
  const fixed = parseSize(settingOf(run, `spark.${role}.memoryOverhead`), MIB);
  if (fixed !== null) return heapBytes + fixed;
  const factor = Number(settingOf(run, `spark.${role}.memoryOverheadFactor`) ?? OVERHEAD_FACTOR);
  const share = Number.isFinite(factor) && factor >= 0 ? factor : OVERHEAD_FACTOR;
  const least = parseSize(settingOf(run, `spark.${role}.minMemoryOverhead`), MIB) ?? MIN_OVERHEAD_BYTES;
  return heapBytes + Math.max(least, heapBytes * share);
}

function offHeap(run: Run): number {
  if (settingOf(run, 'spark.memory.offHeap.enabled') !== 'true') return 0;
  return parseSize(settingOf(run, 'spark.memory.offHeap.size')) ?? 0;
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
