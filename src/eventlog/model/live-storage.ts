import type { RddBlock, RddDistribution, StorageMemory, StoredRdd } from './application.ts';
import type { ModelEvent, RddInfo, StorageLevel } from './model-event.ts';

type BlockUpdated = Extract<ModelEvent, { type: 'block-updated' }>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the storage needs to know and to change of an executor. */
export interface BlockHolder {
  readonly executorId: string;
  hostPort: string;
  host: string;
  maxMemoryBytes: number;
  memoryUsedBytes: number;
  diskUsedBytes: number;
  rddBlockCount: number;
  /** Null where the log does not tell on-heap and off-heap memory apart. */
  heap: Mutable<StorageMemory> | null;
  /** What was left when one of its RDD blocks last changed: what the History Server shows with every RDD. */
  rddSnapshot: { readonly memory: number; readonly onHeap: number; readonly offHeap: number } | null;
}

interface LiveBlock {
  executorIds: readonly string[];
  memoryBytes: number;
  diskBytes: number;
}

interface LiveShare {
  memoryBytes: number;
  diskBytes: number;
  onHeapBytes: number;
  offHeapBytes: number;
}

interface LiveRdd {
  readonly rdd: RddInfo;
  /** By name. */
  readonly blocks: Map<string, LiveBlock>;
  /** By executor. */
  readonly shares: Map<string, LiveShare>;
  memoryBytes: number;
  diskBytes: number;
  unpersisted: boolean;
}

const added = (value: number, delta: number): number => Math.max(0, value + delta);

const isStored = (level: StorageLevel): boolean => (level.usesDisk || level.usesMemory) && level.replication > 0;

/** Cached RDDs and their blocks. Follows AppStatusListener and LiveRDD of Spark 4.3. */
export class LiveStorage {
  readonly #rdds = new Map<number, LiveRdd>();

  stageRdds(rdds: readonly RddInfo[]): void {
    for (const rdd of rdds) {
      const known = this.#rdds.get(rdd.rddId);
      if (!isStored(rdd.storageLevel) || (known !== undefined && !known.unpersisted)) continue;
      this.#rdds.set(rdd.rddId, {
        rdd,
        blocks: new Map(),
        shares: new Map(),
        memoryBytes: 0,
        diskBytes: 0,
        unpersisted: false,
      });
    }
  }

  /** Frees what the RDD's blocks took of their executors. */
  unpersist(rddId: number, alive: (executorId: string) => BlockHolder | undefined): void {
    const live = this.#rdds.get(rddId);
    if (live === undefined || live.unpersisted) return;
    live.unpersisted = true;
    for (const block of live.blocks.values())
      for (const id of block.executorIds) {
        const holder = alive(id);
        if (holder !== undefined) holder.rddBlockCount -= 1;
      }
    for (const [id, share] of live.shares) {
      const holder = alive(id);
      if (holder !== undefined) release(holder, share, live.rdd.storageLevel);
    }
  }

  /** RDD and broadcast blocks; Spark adds a stored block's size each time it is reported, and takes it off when it is dropped. */
  blockUpdated(event: BlockUpdated, holder: BlockHolder | null): void {
    const rddBlock = /^rdd_(\d+)_\d+$/.exec(event.blockId);
    if (rddBlock === null && !event.blockId.startsWith('broadcast_')) return;
    const memory = event.memoryBytes * (event.level.usesMemory ? 1 : -1);
    const disk = event.diskBytes * (event.level.usesDisk ? 1 : -1);
    if (holder !== null) takeFrom(holder, event.level, memory, disk);
    const live = rddBlock === null ? undefined : this.#rdds.get(Number(rddBlock[1]));
    if (live === undefined || live.unpersisted) return;
    const blockDelta = updateBlock(live, event, memory, disk);
    if (holder !== null) countBlock(live, holder, event.level, { memory, disk, blocks: blockDelta });
    live.memoryBytes = added(live.memoryBytes, memory);
    live.diskBytes = added(live.diskBytes, disk);
  }

  /** Its blocks are lost, or live on elsewhere. */
  executorRemoved(holder: BlockHolder): void {
    for (const live of this.#rdds.values()) {
      if (live.unpersisted) continue;
      live.shares.delete(holder.executorId);
      for (const [name, block] of live.blocks) {
        const copies = block.executorIds.length;
        if (!block.executorIds.includes(holder.executorId)) continue;
        const memory = Math.trunc(block.memoryBytes / copies);
        const disk = Math.trunc(block.diskBytes / copies);
        live.memoryBytes = added(live.memoryBytes, -memory);
        live.diskBytes = added(live.diskBytes, -disk);
        if (copies === 1) live.blocks.delete(name);
        else {
          block.executorIds = block.executorIds.filter((id) => id !== holder.executorId);
          block.memoryBytes = added(block.memoryBytes, -memory);
          block.diskBytes = added(block.diskBytes, -disk);
        }
      }
    }
  }

  toRdds(holderOf: (executorId: string) => BlockHolder | undefined): StoredRdd[] {
    return [...this.#rdds.values()]
      .sort((a, b) => a.rdd.rddId - b.rdd.rddId)
      .map((live) => ({
        rddId: live.rdd.rddId,
        name: live.rdd.name,
        partitionCount: live.rdd.partitionCount,
        cachedPartitionCount: live.unpersisted ? 0 : live.blocks.size,
        storageLevel: describeStorageLevel(live.rdd.storageLevel),
        memoryBytes: live.unpersisted ? 0 : live.memoryBytes,
        diskBytes: live.unpersisted ? 0 : live.diskBytes,
        unpersisted: live.unpersisted,
        distribution: live.unpersisted ? [] : distributionOf(live, holderOf),
        blocks: live.unpersisted ? [] : [...live.blocks].map(([name, block]) => toBlock(live.rdd, name, block)),
      }));
  }
}

/** An RDD's share of an executor is free again. */
function release(holder: BlockHolder, share: LiveShare, level: StorageLevel): void {
  if (holder.heap !== null && level.usesOffHeap)
    holder.heap.usedOffHeapBytes = added(holder.heap.usedOffHeapBytes, -share.offHeapBytes);
  else if (holder.heap !== null) holder.heap.usedOnHeapBytes = added(holder.heap.usedOnHeapBytes, -share.onHeapBytes);
  holder.memoryUsedBytes = added(holder.memoryUsedBytes, -share.memoryBytes);
  holder.diskUsedBytes = added(holder.diskUsedBytes, -share.diskBytes);
}

function takeFrom(holder: BlockHolder, level: StorageLevel, memory: number, disk: number): void {
  if (holder.heap !== null) {
    if (level.usesOffHeap) holder.heap.usedOffHeapBytes = added(holder.heap.usedOffHeapBytes, memory);
    else holder.heap.usedOnHeapBytes = added(holder.heap.usedOnHeapBytes, memory);
  }
  holder.memoryUsedBytes = added(holder.memoryUsedBytes, memory);
  holder.diskUsedBytes = added(holder.diskUsedBytes, disk);
}

/** Returns by how much the executor's number of blocks changes. */
function updateBlock(live: LiveRdd, event: BlockUpdated, memory: number, disk: number): number {
  const block = live.blocks.get(event.blockId) ?? { executorIds: [], memoryBytes: 0, diskBytes: 0 };
  const held = block.executorIds.includes(event.executorId);
  const stored = isStored(event.level);
  const executorIds = !stored
    ? block.executorIds.filter((id) => id !== event.executorId)
    : held
      ? block.executorIds
      : [...block.executorIds, event.executorId];
  if (executorIds.length === 0) live.blocks.delete(event.blockId);
  else {
    live.blocks.set(event.blockId, {
      executorIds,
      memoryBytes: added(block.memoryBytes, memory),
      diskBytes: added(block.diskBytes, disk),
    });
  }
  if (!stored) return -1;
  return held ? 0 : 1;
}

/** Counts a changed block with its executor, and notes what that has left now. */
function countBlock(
  live: LiveRdd,
  holder: BlockHolder,
  level: StorageLevel,
  delta: { readonly memory: number; readonly disk: number; readonly blocks: number },
): void {
  if (holder.rddBlockCount + delta.blocks > 0) updateShare(live, holder, level, delta.memory, delta.disk);
  else live.shares.delete(holder.executorId);
  holder.rddBlockCount += delta.blocks;
  const { heap } = holder;
  holder.rddSnapshot = {
    memory: holder.maxMemoryBytes - holder.memoryUsedBytes,
    onHeap: heap === null ? 0 : heap.totalOnHeapBytes - heap.usedOnHeapBytes,
    offHeap: heap === null ? 0 : heap.totalOffHeapBytes - heap.usedOffHeapBytes,
  };
}

function updateShare(live: LiveRdd, holder: BlockHolder, level: StorageLevel, memory: number, disk: number): void {
  const share = live.shares.get(holder.executorId) ?? { memoryBytes: 0, diskBytes: 0, onHeapBytes: 0, offHeapBytes: 0 };
  share.memoryBytes = added(share.memoryBytes, memory);
  share.diskBytes = added(share.diskBytes, disk);
  if (holder.heap !== null) {
    if (level.usesOffHeap) share.offHeapBytes = added(share.offHeapBytes, memory);
    else share.onHeapBytes = added(share.onHeapBytes, memory);
  }
  live.shares.set(holder.executorId, share);
}

function distributionOf(live: LiveRdd, holderOf: (executorId: string) => BlockHolder | undefined): RddDistribution[] {
  return [...live.shares].flatMap(([executorId, share]) => {
    const holder = holderOf(executorId);
    if (holder === undefined || holder.rddSnapshot === null) return [];
    const left = holder.rddSnapshot;
    return {
      executorId,
      address: holder.hostPort === '' ? holder.host : holder.hostPort,
      memoryBytes: share.memoryBytes,
      diskBytes: share.diskBytes,
      memoryRemainingBytes: left.memory,
      heap:
        holder.heap === null
          ? null
          : {
              usedOnHeapBytes: share.onHeapBytes,
              usedOffHeapBytes: share.offHeapBytes,
              remainingOnHeapBytes: left.onHeap,
              remainingOffHeapBytes: left.offHeap,
            },
    };
  });
}

/** A block's level tells what it uses, which can be less than was asked for. */
function toBlock(rdd: RddInfo, name: string, block: LiveBlock): RddBlock {
  return {
    name,
    storageLevel: describeStorageLevel({
      usesDisk: block.diskBytes > 0,
      usesMemory: block.memoryBytes > 0,
      usesOffHeap: rdd.storageLevel.usesOffHeap,
      deserialized: block.memoryBytes > 0 && rdd.storageLevel.deserialized,
      replication: block.executorIds.length,
    }),
    memoryBytes: block.memoryBytes,
    diskBytes: block.diskBytes,
    executorIds: block.executorIds,
  };
}

/** As org.apache.spark.storage.StorageLevel.description. */
function describeStorageLevel(level: StorageLevel): string {
  const parts: string[] = [];
  if (level.usesDisk) parts.push('Disk');
  if (level.usesMemory) parts.push(level.usesOffHeap ? 'Memory (off heap)' : 'Memory');
  parts.push(level.deserialized ? 'Deserialized' : 'Serialized');
  return `${parts.join(' ')} ${level.replication}x Replicated`;
}
