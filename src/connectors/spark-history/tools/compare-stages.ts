import { z } from 'zod';
import type { Stage } from '../../../eventlog/index.ts';
import { compareStageAttempts, judge, STAGE_QUANTILES } from '../../../insight/index.ts';
import { labelLog, quoteLogOrNull } from '../../../kernel/log-text.ts';
import { tableSchema } from '../../../kernel/table.ts';
import {
  loadPair,
  MEASURE_COLUMNS,
  measureCells,
  pairGaps,
  pairInput,
  type Side,
  sideOnWire,
  sideOutput,
} from '../application-pair.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOutput } from '../gaps.ts';
import { optionalSparkNumber, sparkNumber } from '../parameters.ts';
import { unfinishedGap } from '../queries/jobs.ts';
import { stageAttempt } from '../queries/stages.ts';
import { defineSparkTool, type LoadedApplication } from '../spark-history.ts';
import { elapsedMs } from '../times.ts';

const DESCRIPTION_CHARS = 200;
const QUANTILE_COLUMNS = ['metric', 'a_p25', 'a_p50', 'a_p75', 'a_max', 'b_p25', 'b_p50', 'b_p75', 'b_max'] as const;

export const compareStages = defineSparkTool({
  name: 'compare_stages',
  title: 'Compare two stages',
  description: 'Totals with delta (b − a) and ratio, and task quantiles of two stages, of one application or two.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...pairInput,
    stage_id1: sparkNumber(),
    stage_id2: sparkNumber(),
    stage_attempt_id1: optionalSparkNumber(),
    stage_attempt_id2: optionalSparkNumber(),
  }),
  output: z.object({
    verdict: z.string(),
    reason: z.string(),
    a: sideOutput,
    b: sideOutput,
    totals: tableSchema(MEASURE_COLUMNS),
    task_quantiles: tableSchema(QUANTILE_COLUMNS),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const pair = await loadPair(input, context);
    const left = stageAttempt(pair.a.application, input.stage_id1, input.stage_attempt_id1);
    const right = stageAttempt(pair.b.application, input.stage_id2, input.stage_attempt_id2);
    const { totals, distributions } = compareStageAttempts(
      { application: pair.a.application, stage: left },
      { application: pair.b.application, stage: right },
    );
    return {
      ...judge(
        { status: left.status, durationMs: elapsedMs(left, pair.a.application) },
        { status: right.status, durationMs: elapsedMs(right, pair.b.application) },
      ),
      a: stageSideOnWire(pair.a, left),
      b: stageSideOnWire(pair.b, right),
      totals: firstRows(totals, totals.length, MEASURE_COLUMNS, measureCells),
      task_quantiles: firstRows(distributions, distributions.length, QUANTILE_COLUMNS, (row) => ({
        metric: row.metric,
        ...quantileCells('a', row.left),
        ...quantileCells('b', row.right),
      })),
      gaps: [...pairGaps(pair), ...unfinishedGap('stage attempts', [left, right])],
    };
  },
});

function stageSideOnWire(loaded: LoadedApplication, stage: Stage): Side {
  return {
    ...sideOnWire(loaded),
    stage_id: stage.stageId,
    attempt_id: stage.attemptId,
    status: stage.status,
    stage_name: labelLog(stage.name),
    description: quoteLogOrNull(stage.description, DESCRIPTION_CHARS),
    duration_ms: elapsedMs(stage, loaded.application),
  };
}

function quantileCells<S extends 'a' | 'b'>(side: S, values: readonly number[] | null) {
  const [p25, p50, p75, max] = STAGE_QUANTILES.map((_, position) => values?.[position] ?? null);
  return {
    [`${side}_p25`]: p25 ?? null,
    [`${side}_p50`]: p50 ?? null,
    [`${side}_p75`]: p75 ?? null,
    [`${side}_max`]: max ?? null,
  } as Record<`${S}_${'p25' | 'p50' | 'p75' | 'max'}`, number | null>;
}
