import type { Application, RddBlock, RddDistribution, StoredRdd } from '../model/application.ts';
import { type Json, Streamed } from './json.ts';
import { mutableTextOrder } from './scala-map-order.ts';

/** `/storage/rdd`: RDDs of which a partition is stored, by id. */
export function renderRdds(application: Application): Json {
  return application.rdds.filter(({ cachedPartitionCount }) => cachedPartitionCount > 0).map(rddJson);
}

/** `/storage/rdd/{id}`; null when no such RDD is stored. */
export function renderRdd(application: Application, rddId: number): Json | null {
  const rdd = application.rdds.find((one) => one.rddId === rddId && !one.unpersisted);
  return rdd === undefined ? null : rddJson(rdd);
}

function rddJson(rdd: StoredRdd): Json {
  return {
    id: rdd.rddId,
    name: rdd.name,
    numPartitions: rdd.partitionCount,
    numCachedPartitions: rdd.cachedPartitionCount,
    storageLevel: rdd.storageLevel,
    memoryUsed: rdd.memoryBytes,
    diskUsed: rdd.diskBytes,
    dataDistribution:
      rdd.distribution.length === 0
        ? null
        : mutableTextOrder(rdd.distribution, ({ executorId }) => executorId).map(distributionJson),
    partitions: Streamed.array(blocksJson(rdd.blocks)),
  };
}

function distributionJson(share: RddDistribution): Json {
  return {
    address: share.address,
    memoryUsed: share.memoryBytes,
    memoryRemaining: share.memoryRemainingBytes,
    diskUsed: share.diskBytes,
    onHeapMemoryUsed: share.heap?.usedOnHeapBytes,
    offHeapMemoryUsed: share.heap?.usedOffHeapBytes,
    onHeapMemoryRemaining: share.heap?.remainingOnHeapBytes,
    offHeapMemoryRemaining: share.heap?.remainingOffHeapBytes,
  };
}

function* blocksJson(blocks: readonly RddBlock[]): Generator<Json> {
  for (const block of blocks)
    yield {
      blockName: block.name,
      storageLevel: block.storageLevel,
      memoryUsed: block.memoryBytes,
      diskUsed: block.diskBytes,
      executors: block.executorIds,
    };
}
