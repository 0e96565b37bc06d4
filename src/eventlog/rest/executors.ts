import type { Application, Executor } from '../model/application.ts';
import { PEAK_METRICS } from '../model/task-record.ts';
import { gmt, type Json } from './json.ts';
import { loggedTexts } from './scala-map-order.ts';

const DRIVER = 'driver';
/** A place for blocks of lost executors, which Spark does not list. */
const FALLBACK = 'fallback';

/**
 * `/executors` (active ones, the last id first) and `/allexecutors` (all, the first id first).
 * `nowMs` stands for the end of an application that has none: the driver's `totalDuration` grows until then.
 */
export function renderExecutors(
  application: Application,
  request: { readonly activeOnly: boolean },
  nowMs = Date.now(),
): Json {
  const listed = application.executors.filter(({ registered, executorId }) => registered && executorId !== FALLBACK);
  const wanted = request.activeOnly ? byId(listed.filter(({ active }) => active)).reverse() : byId(listed);
  return wanted.map((executor) => executorJson(application, executor, nowMs));
}

const byId = (executors: readonly Executor[]): Executor[] =>
  [...executors].sort((a, b) => (a.executorId < b.executorId ? -1 : 1));

function executorJson(application: Application, executor: Executor, nowMs: number): Json {
  const isDriver = executor.executorId === DRIVER;
  const gcOfDriver = executor.peaksLogged ? (executor.peakMetrics.TotalGCTime ?? 0) : null;
  return {
    id: executor.executorId,
    hostPort: executor.hostPort,
    isActive: executor.active,
    rddBlocks: executor.rddBlockCount,
    memoryUsed: executor.memoryUsedBytes,
    diskUsed: executor.diskUsedBytes,
    totalCores: executor.totalCores,
    maxTasks: executor.maxTasks,
    activeTasks: executor.activeTaskCount,
    failedTasks: executor.failedTaskCount,
    completedTasks: executor.completedTaskCount,
    totalTasks: executor.taskCount,
    totalDuration: isDriver ? applicationTime(application, nowMs) : executor.totalDurationMs,
    totalGCTime: isDriver && gcOfDriver !== null ? gcOfDriver : executor.totalGcTimeMs,
    totalInputBytes: executor.totalInputBytes,
    totalShuffleRead: executor.totalShuffleReadBytes,
    totalShuffleWrite: executor.totalShuffleWriteBytes,
    isBlacklisted: executor.excluded,
    maxMemory: executor.maxMemoryBytes,
    addTime: gmt(executor.addTime),
    removeTime: gmt(executor.removeTime),
    removeReason: executor.removeReason,
    executorLogs: loggedTexts(executor.logUrls),
    memoryMetrics: memoryJson(executor),
    blacklistedInStages: executor.excludedInStages,
    peakMemoryMetrics: peaksJson(executor),
    attributes: loggedTexts(executor.attributes),
    resources: new Map(
      Object.entries(executor.resources).map(([name, addresses]) => [name, { name, addresses }] as const),
    ),
    resourceProfileId: executor.resourceProfileId,
    isExcluded: executor.excluded,
    excludedInStages: executor.excludedInStages,
  };
}

/** Spark shows the time that the application took instead of the driver's tasks. Source: AppStatusStore.replaceDriverGcTime. */
function applicationTime(application: Application, nowMs: number): number {
  return (application.endTime ?? nowMs) - (application.startTime ?? 0);
}

function memoryJson({ storageMemory }: Executor): Json {
  if (storageMemory === null) return null;
  return {
    usedOnHeapStorageMemory: storageMemory.usedOnHeapBytes,
    usedOffHeapStorageMemory: storageMemory.usedOffHeapBytes,
    totalOnHeapStorageMemory: storageMemory.totalOnHeapBytes,
    totalOffHeapStorageMemory: storageMemory.totalOffHeapBytes,
  };
}

function peaksJson(executor: Executor): Json {
  if (!executor.peaksLogged) return null;
  return new Map(PEAK_METRICS.map((name) => [name, executor.peakMetrics[name] ?? 0]));
}
