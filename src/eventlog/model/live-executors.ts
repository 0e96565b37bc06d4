import type { EpochMs, Executor, StoredRdd } from './application.ts';
import type { TaskOutcome } from './live-stages.ts';
import type { ModelEvent, RddInfo } from './model-event.ts';

type Of<T extends ModelEvent['type']> = Extract<ModelEvent, { type: T }>;

interface LiveExecutor {
  readonly executorId: string;
  host: string;
  totalCores: number;
  addTime: EpochMs | null;
  removeTime: EpochMs | null;
  removeReason: string | null;
  active: boolean;
  readonly excludedInStages: Set<number>;
  maxMemoryBytes: number;
  resourceProfileId: number;
  completedTaskCount: number;
  failedTaskCount: number;
  taskCount: number;
  activeTaskCount: number;
  totalDurationMs: number;
  totalGcTimeMs: number;
  totalInputBytes: number;
  totalShuffleReadBytes: number;
  totalShuffleWriteBytes: number;
  memoryUsedBytes: number;
  diskUsedBytes: number;
  rddBlockCount: number;
  readonly peaks: Record<string, number>;
  attributes: Readonly<Record<string, string>>;
}

/** What one ended task adds to its executor. */
export interface TaskShare {
  readonly outcome: TaskOutcome;
  readonly durationMs: number;
  readonly resubmitted: boolean;
  readonly gcTimeMs: number;
  readonly inputBytes: number;
  readonly shuffleReadBytes: number;
  readonly shuffleWriteBytes: number;
}

interface LiveRdd {
  readonly rdd: RddInfo;
  /** By executor and block. */
  readonly blocks: Map<string, { readonly executorId: string; readonly memory: number; readonly disk: number }>;
  unpersisted: boolean;
}

/** Executors and cached RDDs. Follows AppStatusListener of Spark 4.3. */
export class LiveExecutors {
  readonly executors = new Map<string, LiveExecutor>();
  readonly #rdds = new Map<number, LiveRdd>();

  added(event: Of<'executor-added'>): void {
    const executor = this.#executor(event.executorId, event.time);
    executor.host = event.host;
    executor.active = true;
    executor.totalCores = event.cores;
    executor.resourceProfileId = event.resourceProfileId;
    executor.attributes = event.attributes;
  }

  removed(event: Of<'executor-removed'>): void {
    const executor = this.executors.get(event.executorId);
    if (executor === undefined) return;
    executor.active = false;
    executor.removeTime = event.time;
    executor.removeReason = event.reason;
    executor.activeTaskCount = 0;
    executor.memoryUsedBytes = 0;
    executor.diskUsedBytes = 0;
    executor.rddBlockCount = 0;
  }

  excluded(event: Of<'executor-excluded'>): void {
    const executor = this.executors.get(event.executorId);
    if (executor !== undefined && event.stageId !== null) executor.excludedInStages.add(event.stageId);
  }

  blockManagerAdded(event: Of<'block-manager-added'>): void {
    const executor = this.#executor(event.executorId, event.time);
    executor.host = executor.host === '' ? event.host : executor.host;
    executor.active = true;
    executor.maxMemoryBytes = event.maxMemoryBytes;
  }

  peaks(executorId: string, peaks: Readonly<Record<string, number>>): void {
    const known = this.executors.get(executorId)?.peaks;
    if (known === undefined) return;
    for (const [name, value] of Object.entries(peaks)) if (value > (known[name] ?? 0)) known[name] = value;
  }

  /** A task that ended. Spark counts it only while the executor is alive. */
  taskEnded(executorId: string, task: TaskShare): void {
    const executor = this.#executor(executorId, null);
    if (!task.resubmitted) executor.taskCount += 1;
    if (executor.removeTime !== null) return;
    if (task.outcome === 'completed') executor.completedTaskCount += 1;
    else if (task.outcome === 'failed') executor.failedTaskCount += 1;
    if (task.resubmitted) return;
    executor.totalDurationMs += task.durationMs;
    executor.totalGcTimeMs += task.gcTimeMs;
    executor.totalInputBytes += task.inputBytes;
    executor.totalShuffleReadBytes += task.shuffleReadBytes;
    executor.totalShuffleWriteBytes += task.shuffleWriteBytes;
  }

  /** A task that started and never ended. */
  taskRunning(executorId: string): void {
    const executor = this.#executor(executorId, null);
    executor.taskCount += 1;
    if (executor.active) executor.activeTaskCount += 1;
  }

  stageRdds(rdds: readonly RddInfo[]): void {
    for (const rdd of rdds)
      if (rdd.persisted && !this.#rdds.has(rdd.rddId))
        this.#rdds.set(rdd.rddId, { rdd, blocks: new Map(), unpersisted: false });
  }

  /** Frees what the RDD's blocks took of their executors. */
  unpersist(rddId: number): void {
    const live = this.#rdds.get(rddId);
    if (live === undefined || live.unpersisted) return;
    live.unpersisted = true;
    for (const block of live.blocks.values()) {
      const executor = this.executors.get(block.executorId);
      if (executor === undefined || executor.removeTime !== null) continue;
      executor.rddBlockCount -= 1;
      executor.memoryUsedBytes = Math.max(0, executor.memoryUsedBytes - block.memory);
      executor.diskUsedBytes = Math.max(0, executor.diskUsedBytes - block.disk);
    }
  }

  /** RDD and broadcast blocks; Spark adds a stored block's size each time it is reported, and takes it off when it is dropped. */
  blockUpdated(event: Of<'block-updated'>): void {
    const rddBlock = /^rdd_(\d+)_\d+$/.exec(event.blockId);
    if (rddBlock === null && !event.blockId.startsWith('broadcast_')) return;
    const memory = event.memoryBytes * (event.usesMemory ? 1 : -1);
    const disk = event.diskBytes * (event.usesDisk ? 1 : -1);
    const executor = this.executors.get(event.executorId);
    if (executor !== undefined) {
      executor.memoryUsedBytes = Math.max(0, executor.memoryUsedBytes + memory);
      executor.diskUsedBytes = Math.max(0, executor.diskUsedBytes + disk);
    }
    const live = rddBlock === null ? undefined : this.#rdds.get(Number(rddBlock[1]));
    if (live === undefined || live.unpersisted) return;
    const blocks = live.blocks.size;
    const key = `${event.executorId}/${event.blockId}`;
    const before = live.blocks.get(key);
    if (event.usesMemory || event.usesDisk) {
      live.blocks.set(key, {
        executorId: event.executorId,
        memory: Math.max(0, (before?.memory ?? 0) + memory),
        disk: Math.max(0, (before?.disk ?? 0) + disk),
      });
    } else live.blocks.delete(key);
    if (executor !== undefined) executor.rddBlockCount += live.blocks.size - blocks;
  }

  toExecutors(cpusPerTask: number): Executor[] {
    return [...this.executors.values()].map(({ excludedInStages, peaks, ...executor }) => ({
      ...executor,
      maxTasks: Math.floor(executor.totalCores / cpusPerTask),
      excludedInStages: [...excludedInStages],
      peakMetrics: peaks,
    }));
  }

  toRdds(): StoredRdd[] {
    return [...this.#rdds.values()]
      .sort((a, b) => a.rdd.rddId - b.rdd.rddId)
      .map(({ rdd, blocks, unpersisted }) => {
        const sizes = unpersisted ? [] : [...blocks.values()];
        return {
          rddId: rdd.rddId,
          name: rdd.name,
          partitionCount: rdd.partitionCount,
          cachedPartitionCount: unpersisted
            ? 0
            : new Set([...blocks.keys()].map((key) => key.slice(key.indexOf('/')))).size,
          storageLevel: rdd.storageLevel,
          memoryBytes: sizes.reduce((sum, size) => sum + size.memory, 0),
          diskBytes: sizes.reduce((sum, size) => sum + size.disk, 0),
          unpersisted,
        };
      });
  }

  #executor(executorId: string, time: EpochMs | null): LiveExecutor {
    const known = this.executors.get(executorId);
    if (known !== undefined) return known;
    const executor: LiveExecutor = {
      executorId,
      host: '',
      totalCores: 0,
      addTime: time,
      removeTime: null,
      removeReason: null,
      active: true,
      excludedInStages: new Set(),
      maxMemoryBytes: 0,
      resourceProfileId: 0,
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
      rddBlockCount: 0,
      peaks: {},
      attributes: {},
    };
    this.executors.set(executorId, executor);
    return executor;
  }
}
