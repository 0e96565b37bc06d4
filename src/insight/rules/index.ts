import { aqeDisabled } from './aqe-disabled.ts';
import { aqeIneffective } from './aqe-ineffective.ts';
import { cacheMisuse } from './cache-misuse.ts';
import { cartesianJoin } from './cartesian-join.ts';
import { copyOnWrite } from './copy-on-write.ts';
import { dataExplosion } from './data-explosion.ts';
import { diskSpill } from './disk-spill.ts';
import { driverFailure } from './driver-failure.ts';
import { driverGap } from './driver-gap.ts';
import { driverMemory } from './driver-memory.ts';
import { dynamicAllocation } from './dynamic-allocation.ts';
import { executorLoss } from './executor-loss.ts';
import { executorShape } from './executor-shape.ts';
import { fullScan } from './full-scan.ts';
import { gcPressure } from './gc-pressure.ts';
import { hugePartitions } from './huge-partitions.ts';
import { idleCores } from './idle-cores.ts';
import { incompleteLog } from './incomplete-log.ts';
import { inputSplits } from './input-splits.ts';
import { jobFailure } from './job-failure.ts';
import { largeBroadcast } from './large-broadcast.ts';
import { longFilter } from './long-filter.ts';
import { longStage } from './long-stage.ts';
import { lowCpu } from './low-cpu.ts';
import { lowParallelism } from './low-parallelism.ts';
import { memoryOverhead } from './memory-overhead.ts';
import { memoryOverprovisioned } from './memory-overprovisioned.ts';
import { memoryUnderprovisioned } from './memory-underprovisioned.ts';
import { missedBroadcast } from './missed-broadcast.ts';
import { pythonUdf } from './python-udf.ts';
import { repeatedScan } from './repeated-scan.ts';
import type { BoundRule } from './rule.ts';
import { schedulerDelay } from './scheduler-delay.ts';
import { serializer } from './serializer.ts';
import { shuffleFetchWait } from './shuffle-fetch-wait.ts';
import { shufflePartitions } from './shuffle-partitions.ts';
import { shuffleWrite } from './shuffle-write.ts';
import { slowStart } from './slow-start.ts';
import { smallFilesRead } from './small-files-read.ts';
import { smallFilesWritten } from './small-files-written.ts';
import { speculation } from './speculation.ts';
import { stageRetries } from './stage-retries.ts';
import { straggler } from './straggler.ts';
import { streamingLag } from './streaming-lag.ts';
import { taskFailures } from './task-failures.ts';
import { taskSerialization } from './task-serialization.ts';
import { taskSkew } from './task-skew.ts';
import { tinyPartitions } from './tiny-partitions.ts';

/** Every rule. A new rule is a file and a line here; the order does not matter. */
export const RULES: readonly BoundRule[] = [
  jobFailure,
  driverFailure,
  taskFailures,
  stageRetries,
  executorLoss,
  taskSkew,
  straggler,
  diskSpill,
  gcPressure,
  shuffleFetchWait,
  tinyPartitions,
  hugePartitions,
  idleCores,
  driverGap,
  incompleteLog,
  speculation,
  memoryOverprovisioned,
  memoryUnderprovisioned,
  memoryOverhead,
  executorShape,
  driverMemory,
  shuffleWrite,
  schedulerDelay,
  taskSerialization,
  lowCpu,
  serializer,
  dynamicAllocation,
  longStage,
  slowStart,
  streamingLag,
  smallFilesRead,
  smallFilesWritten,
  shufflePartitions,
  inputSplits,
  lowParallelism,
  missedBroadcast,
  largeBroadcast,
  cartesianJoin,
  dataExplosion,
  aqeDisabled,
  aqeIneffective,
  pythonUdf,
  fullScan,
  repeatedScan,
  cacheMisuse,
  longFilter,
  copyOnWrite,
];
