import type { Run } from '../facts/run.ts';
import { describeSetting } from '../facts/settings.ts';
import type { ShuffleCut } from '../facts/shuffle-cuts.ts';
import type { Observation } from './by-call-site.ts';

/** The property that says into how many partitions the planner cuts a shuffle. */
export const SHUFFLE_PARTITIONS = 'spark.sql.shuffle.partitions';

/** How to give a shuffle another number of partitions, by who chose the number that it has. */
export function partitionRemedies(
  run: Run,
  { by, execution, taskCount }: Pick<ShuffleCut, 'by' | 'execution' | 'taskCount'>,
  wanted: number,
): Pick<Observation, 'advice' | 'conf'> {
  if (by === 'rdd')
    return {
      advice: [
        `Pass numPartitions=${wanted} to the operation that shuffles, or set spark.default.parallelism=${wanted} (${describeSetting(run, 'spark.default.parallelism', 'all cores')}).`,
      ],
    };
  if (by === 'repartition')
    return {
      advice: [
        `Use repartition(${wanted}) in place of repartition(${taskCount}); without a number AQE chooses it, with a number it keeps yours.`,
      ],
    };
  return {
    advice: [`Set ${SHUFFLE_PARTITIONS}=${wanted} (${describeSetting(run, SHUFFLE_PARTITIONS, '200', execution)}).`],
    conf: { [SHUFFLE_PARTITIONS]: String(wanted) },
  };
}
