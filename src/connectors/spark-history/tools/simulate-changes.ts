import { z } from 'zod';
import { type Prediction, type WhatIfAnswer, whatIf } from '../../../insight/index.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, flag, optionalSparkNumber, optionalText, sparkNumbers } from '../parameters.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

const MS_PER_HOUR = 3_600_000;

const predictionOutput = z.object({
  wall_ms: z.number(),
  wall_interval_ms: z.array(z.number()).length(2),
  core_hours: z.number(),
  money: z.number().nullable(),
});

export const simulateChanges = defineSparkTool({
  name: 'simulate_changes',
  title: 'Simulate changes to a Spark run',
  description:
    'What if? Replays a run with all that is asked changed together: predicted time, cores, cost, 80 % interval, assumptions.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...applicationInput,
    executors: optionalSparkNumber(),
    executor_cores: optionalSparkNumber(),
    executor_memory: optionalText().describe('e.g. 8g'),
    shuffle_partitions: optionalSparkNumber(),
    no_skew: flag(false),
    stage_ids: sparkNumbers().describe('For shuffle_partitions and no_skew; default all'),
    broadcast_sql_ids: sparkNumbers(),
    interruptions_per_hour: z.number().optional().describe('Of each executor: spot'),
    prices: optionalText().describe('e.g. aws-glue/standard'),
  }),
  output: z.object({
    server: z.string(),
    observed: z.object({ wall_ms: z.number(), core_hours: z.number(), money: z.number().nullable() }),
    as_run: z.object({ wall_ms: z.number(), error_ratio: z.number().nullable() }),
    predicted: predictionOutput,
    saved: z.object({ wall_ms: z.number(), wall_ratio: z.number(), core_hours: z.number() }),
    prices: z.string().nullable(),
    assumptions: z.array(z.string()),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const answer = whatIf(loaded.application, {
      ...given('executors', input.executors),
      ...given('executorCores', input.executor_cores),
      ...given('executorMemory', input.executor_memory),
      ...given('shufflePartitions', input.shuffle_partitions),
      ...given('stageIds', input.stage_ids),
      ...given('broadcastSqlIds', input.broadcast_sql_ids),
      ...given('interruptionsPerHour', input.interruptions_per_hour),
      ...given('prices', input.prices),
      noSkew: input.no_skew,
    });
    const { observed, asRun, predicted } = answer;
    return {
      server: loaded.server,
      observed: { wall_ms: observed.wallMs, core_hours: coreHours(observed.coreMs), money: amountOf(observed.money) },
      as_run: { wall_ms: Math.round(asRun.wallMs), error_ratio: rounded(answer.errorRatio) },
      predicted: predictionCells(predicted),
      saved: savedBy(answer),
      prices: predicted.money === null ? null : `${predicted.money.currency}, ${predicted.money.prices}`,
      assumptions: [...answer.assumptions],
      gaps: [...gapsOf(loaded), ...answer.gaps],
    };
  },
});

/** An option that was given: one that was not must be absent, not undefined. */
function given<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]?: V });
}

function predictionCells(predicted: Prediction & Pick<WhatIfAnswer['predicted'], 'money'>) {
  return {
    wall_ms: Math.round(predicted.wallMs),
    wall_interval_ms: predicted.wallInterval.map(Math.round),
    core_hours: coreHours(predicted.coreMs),
    money: amountOf(predicted.money),
  };
}

/** Against the run as it was replayed: the error of the replay is in both. */
function savedBy({ asRun, predicted }: WhatIfAnswer) {
  const wallMs = asRun.wallMs - predicted.wallMs;
  return {
    wall_ms: Math.round(wallMs),
    wall_ratio: asRun.wallMs > 0 ? Number((wallMs / asRun.wallMs).toFixed(4)) : 0,
    core_hours: coreHours(asRun.coreMs - predicted.coreMs),
  };
}

const coreHours = (coreMs: number): number => Number((coreMs / MS_PER_HOUR).toFixed(4));

const rounded = (ratio: number | null): number | null => (ratio === null ? null : Number(ratio.toFixed(4)));

const amountOf = (money: WhatIfAnswer['observed']['money']): number | null =>
  money === null ? null : Number(money.amount.toFixed(4));
