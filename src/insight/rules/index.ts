import { diskSpill } from './disk-spill.ts';
import { driverFailure } from './driver-failure.ts';
import { driverGap } from './driver-gap.ts';
import { executorLoss } from './executor-loss.ts';
import { gcPressure } from './gc-pressure.ts';
import { hugePartitions } from './huge-partitions.ts';
import { idleCores } from './idle-cores.ts';
import { incompleteLog } from './incomplete-log.ts';
import { jobFailure } from './job-failure.ts';
import type { BoundRule } from './rule.ts';
import { shuffleFetchWait } from './shuffle-fetch-wait.ts';
import { stageRetries } from './stage-retries.ts';
import { straggler } from './straggler.ts';
import { taskFailures } from './task-failures.ts';
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
];
