import type { EpochMs, Executor, ResourceProfile, StoredRdd } from './application.ts';
import type { TaskOutcome } from './live-stages.ts';
import { type BlockHolder, LiveStorage } from './live-storage.ts';
import type { ModelEvent, RddInfo } from './model-event.ts';
import { PEAK_METRICS } from './task-record.ts';

type Of<T extends ModelEvent['type']> = Extract<ModelEvent, { type: T }>;

const DRIVER = 'driver';

interface LiveExecutor extends BlockHolder {
  host: string;
  registered: boolean;
  totalCores: number;
  addTime: EpochMs | null;
  removeTime: EpochMs | null;
  removeReason: string | null;
  active: boolean;
  excluded: boolean;
  readonly excludedInStages: Set<number>;
  resourceProfileId: number;
  maxTasks: number;
  completedTaskCount: number;
  failedTaskCount: number;
  taskCount: number;
  activeTaskCount: number;
  totalDurationMs: number;
  totalGcTimeMs: number;
  totalInputBytes: number;
  totalShuffleReadBytes: number;
  totalShuffleWriteBytes: number;
  /** In the order of PEAK_METRICS. */
  readonly peaks: number[];
  peaksLogged: boolean;
  attributes: Readonly<Record<string, string>>;
  logUrls: Readonly<Record<string, string>>;
  resources: Readonly<Record<string, readonly string[]>>;
}

/** What one ended task adds to its executor. */
export interface TaskShare {
  readonly outcome: TaskOutcome;
  readonly launchTimeMs: number;
  readonly durationMs: number;
  readonly resubmitted: boolean;
  readonly gcTimeMs: number;
  readonly inputBytes: number;
  readonly shuffleReadBytes: number;
  readonly shuffleWriteBytes: number;
}

/** Executors and what they store. Follows AppStatusListener of Spark 4.3: what was removed stays as it was then. */
export class LiveExecutors {
  readonly executors = new Map<string, LiveExecutor>();
  readonly #storage = new LiveStorage();

  /** `profile` is the executor's resource profile, where the log has told it before. */
  added(event: Of<'executor-added'>, profile: ResourceProfile | undefined, cpusPerTask: number): void {
    const executor = this.#register(event.executorId, event.time);
    executor.host = event.host;
    executor.active = true;
    executor.totalCores = event.cores;
    executor.resourceProfileId = event.resourceProfileId;
    executor.maxTasks = Math.floor(event.cores / Math.max(1, Math.trunc(profile?.taskCpus ?? cpusPerTask)));
    executor.attributes = event.attributes;
    executor.logUrls = event.logUrls;
    executor.resources = event.resources;
  }

  removed(event: Of<'executor-removed'>): void {
    const executor = this.executors.get(event.executorId);
    if (executor === undefined || executor.removeTime !== null) return;
    executor.active = false;
    executor.removeTime = event.time ?? executor.addTime ?? 0;
    executor.removeReason = event.reason;
    this.#storage.executorRemoved(executor);
  }

  /** Log addresses of the driver come with the start of the application, after its block manager. */
  driverLogs(logUrls: Readonly<Record<string, string>>, attributes: Readonly<Record<string, string>>): void {
    const driver = this.executors.get(DRIVER);
    if (driver === undefined) return;
    driver.logUrls = logUrls;
    driver.attributes = attributes;
  }

  exclusion(event: Of<'exclusion'>): void {
    for (const executor of this.#named(event)) executor.excluded = event.excluded;
  }

  /** Executors that are excluded for a stage from now on. */
  stageExclusion(event: Of<'stage-exclusion'>): string[] {
    return this.#named(event).map((executor) => {
      executor.excludedInStages.add(event.stageId);
      return executor.executorId;
    });
  }

  /** The stage ended: nobody is excluded for it any more. */
  stageEnded(stageId: number, executorIds: Iterable<string>): void {
    for (const id of executorIds) {
      const executor = this.executors.get(id);
      if (executor?.removeTime === null) executor.excludedInStages.delete(stageId);
    }
  }

  blockManagerAdded(event: Of<'block-manager-added'>): void {
    const executor = this.#register(event.executorId, event.time);
    executor.host = executor.host === '' ? event.host : executor.host;
    const host = event.host.includes(':') && !event.host.startsWith('[') ? `[${event.host}]` : event.host;
    executor.hostPort = `${host}:${event.port ?? -1}`;
    executor.active = true;
    executor.maxMemoryBytes = event.maxMemoryBytes;
    if (event.maxOnHeapBytes === null) return;
    executor.heap = {
      usedOnHeapBytes: 0,
      usedOffHeapBytes: 0,
      totalOnHeapBytes: event.maxOnHeapBytes,
      totalOffHeapBytes: event.maxOffHeapBytes,
    };
  }

  /** `peaks` in the order of PEAK_METRICS. */
  peaks(executorId: string, peaks: ArrayLike<number>): void {
    const executor = this.executors.get(executorId);
    if (executor === undefined) return;
    executor.peaksLogged = true;
    for (let i = 0; i < executor.peaks.length; i++) executor.peaks[i] = Math.max(executor.peaks[i] ?? 0, peaks[i] ?? 0);
  }

  /** A task that ended. Spark counts it only while the executor is alive. */
  taskEnded(executorId: string, task: TaskShare): void {
    const executor = this.#executor(executorId, null);
    if (executor.removeTime !== null) {
      if (task.resubmitted) return;
      executor.taskCount += 1;
      if (task.launchTimeMs <= executor.removeTime) executor.activeTaskCount += 1;
      return;
    }
    if (task.outcome === 'completed') executor.completedTaskCount += 1;
    else if (task.outcome === 'failed') executor.failedTaskCount += 1;
    executor.peaksLogged = true;
    // A resubmission ends a task that ended before.
    if (task.resubmitted) return;
    executor.totalDurationMs += task.durationMs;
    executor.taskCount += 1;
    executor.totalGcTimeMs += task.gcTimeMs;
    executor.totalInputBytes += task.inputBytes;
    executor.totalShuffleReadBytes += task.shuffleReadBytes;
    executor.totalShuffleWriteBytes += task.shuffleWriteBytes;
  }

  /** A task that started and never ended. */
  taskRunning(executorId: string): void {
    const executor = this.#executor(executorId, null);
    executor.taskCount += 1;
    executor.activeTaskCount += 1;
  }

  stageRdds(rdds: readonly RddInfo[]): void {
    this.#storage.stageRdds(rdds);
  }

  unpersist(rddId: number): void {
    this.#storage.unpersist(rddId, (id) => this.#alive(id));
  }

  blockUpdated(event: Of<'block-updated'>): void {
    this.#storage.blockUpdated(event, this.#alive(event.executorId) ?? null);
  }

  toExecutors(): Executor[] {
    return [...this.executors.values()].map(
      ({ excludedInStages, peaks, heap, hostPort, rddSnapshot: _, ...executor }) => ({
        ...executor,
        hostPort: hostPort === '' ? executor.host : hostPort,
        excludedInStages: [...excludedInStages].sort((a, b) => a - b),
        storageMemory: heap,
        peakMetrics: namedPeaks(peaks),
      }),
    );
  }

  toRdds(): StoredRdd[] {
    return this.#storage.toRdds((id) => this.executors.get(id));
  }

  #alive(executorId: string): LiveExecutor | undefined {
    const executor = this.executors.get(executorId);
    return executor?.registered === true && executor.removeTime === null ? executor : undefined;
  }

  /** The executor that an exclusion names, or all of a host but the driver. */
  #named({ executorId, host }: { executorId: string | null; host: string | null }): LiveExecutor[] {
    if (executorId === null)
      return [...this.executors.values()].filter(
        (executor) => executor.host === host && executor.executorId !== DRIVER && executor.removeTime === null,
      );
    const executor = this.#alive(executorId);
    return executor === undefined ? [] : [executor];
  }

  /** An executor that starts. One of the same id that was removed before is forgotten, as in the History Server. */
  #register(executorId: string, time: EpochMs | null): LiveExecutor {
    const known = this.executors.get(executorId);
    if (known !== undefined && known.removeTime !== null) this.executors.delete(executorId);
    const executor = this.#executor(executorId, time);
    if (!executor.registered) executor.addTime = time;
    executor.registered = true;
    return executor;
  }

  #executor(executorId: string, time: EpochMs | null): LiveExecutor {
    const known = this.executors.get(executorId);
    if (known !== undefined) return known;
    const executor = newExecutor(executorId, time);
    this.executors.set(executorId, executor);
    return executor;
  }
}

/** Names of the peaks that are not 0. */
function namedPeaks(peaks: readonly number[]): Record<string, number> {
  const named: Record<string, number> = {};
  PEAK_METRICS.forEach((name, i) => {
    const value = peaks[i] ?? 0;
    if (value > 0) named[name] = value;
  });
  return named;
}

function newExecutor(executorId: string, addTime: EpochMs | null): LiveExecutor {
  return {
    executorId,
    host: '',
    hostPort: '',
    registered: false,
    totalCores: 0,
    addTime,
    removeTime: null,
    removeReason: null,
    active: true,
    excluded: false,
    excludedInStages: new Set(),
    maxMemoryBytes: 0,
    resourceProfileId: 0,
    maxTasks: 0,
    completedTaskCount: 0,
    failedTaskCount: 0,
    taskCount: 0,
    activeTaskCount: 0,
    totalDurationMs: 0,
    totalGcTimeMs: 0,
    totalInputBytes: 0,
    totalShuffleReadBytes: 0,
    totalShuffleWriteBytes: 0,
    memoryUsedBytes: 0,
    diskUsedBytes: 0,
    heap: null,
    rddSnapshot: null,
    rddBlockCount: 0,
    peaks: PEAK_METRICS.map(() => 0),
    peaksLogged: false,
    attributes: {},
    logUrls: {},
    resources: {},
  };
}
