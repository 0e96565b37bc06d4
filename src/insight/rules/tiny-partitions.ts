import { formatBytes, formatCount, formatDuration } from '../../kernel/units.ts';
import { coreTimeWithin } from '../facts/capacity.ts';
import { medianOf, quantileOf, sortedBy } from '../facts/quantiles.ts';
import type { Run } from '../facts/run.ts';
import { adaptiveEnabled, describeSetting, executionOf } from '../facts/settings.ts';
import { emptyTaskMs } from '../facts/shuffle-cuts.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion } from './rule.ts';

/** Partition size to aim at. Source: spark.sql.adaptive.advisoryPartitionSizeInBytes, 64 MB by default. */
const TARGET_PARTITION_BYTES = 64 * 1024 ** 2;

/**
 * Tiny partitions: a stage ran so many short tasks over so little data that starting tasks was most of its work.
 *
 * Input: count, durations and bytes of successful tasks. Replayed: the stage with as many tasks as its bytes and slots need,
 * each with the fixed part of a task: what one with next to no data takes, else the 25th percentile.
 */
export const tinyPartitions = defineRule({
  id: 'spark/tiny-partitions',
  thresholds: {
    min_tasks: {
      value: 200,
      min: 2,
      max: 1e6,
      unit: 'tasks',
      meaning: 'successful tasks of the stage attempt',
      source: 'spark.sql.shuffle.partitions is 200 by default; DataFlint asks for 5,000, which hides small clusters',
    },
    max_median_ms: {
      value: 100,
      min: 1,
      max: 60_000,
      unit: 'ms',
      meaning: 'median task duration',
      source: 'Spark tuning guide: tasks of 100 ms and more are worth their launch; DataFlint: 500 ms from 5,000 tasks',
    },
    max_median_bytes: {
      value: 1024 ** 2,
      min: 0,
      max: 1e12,
      unit: 'bytes',
      meaning: 'median bytes that a task reads',
      source:
        'spark-advisor: below 1 MB a task is critical; spark.sql.adaptive.coalescePartitions.minPartitionSize is 1 MB',
    },
  },
  evaluate: (run, limits) => {
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      if (facts.durations.length < limits.min_tasks || medianOf(facts.durations) > limits.max_median_ms) continue;
      const bytes = sortedBy(facts.succeeded, (row) => bytesRead(run, row));
      if (medianOf(bytes) > limits.max_median_bytes) continue;
      observations.push(observe(run, facts, bytes));
    }
    return byCallSite(run, observations, wallImpact);
  },
});

function bytesRead(run: Run, row: number): number {
  const { tasks } = run.application;
  return tasks.columns.inputBytes.at(row) + tasks.shuffleReadBytes(row);
}

function observe(run: Run, facts: StageFacts, bytes: Float64Array): Observation {
  const total = bytes.reduce((sum, value) => sum + value, 0);
  const count = facts.durations.length;
  const seen = facts.tasksSpanMs > 0 ? facts.taskMs / facts.tasksSpanMs : 1;
  const offered = facts.span === null ? 0 : coreTimeWithin(run.workers, facts.span) / facts.wallMs / run.coresPerTask;
  const slots = Math.max(1, offered, seen);
  const wanted = Math.min(count, Math.max(Math.ceil(slots), Math.ceil(total / TARGET_PARTITION_BYTES)));
  const saved = ((count - wanted) * quantileOf(facts.durations, 0.25)) / slots;
  return {
    stage: facts,
    coveredMs: Math.min(saved, facts.wallMs),
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) ran ${formatCount(count)} tiny tasks, median ${formatDuration(medianOf(facts.durations))}`,
    confidence: 0.8,
    evidence: [
      metric(
        facts.address,
        `${formatCount(count)} tasks read ${formatBytes(total)} in all, ${formatBytes(medianOf(bytes))} at the median; ${wanted} would do.`,
        'task_count',
        count,
        'tasks',
      ),
      metric(
        facts.address,
        `Median task ${formatDuration(medianOf(facts.durations))}, stage ${formatDuration(facts.wallMs)}.`,
        'median_task_ms',
        medianOf(facts.durations),
        'ms',
      ),
    ],
    changes: [
      {
        kind: 'repartition',
        stageRow: facts.stage.row,
        taskCount: wanted,
        overheadMs: emptyTaskMs(run, facts, (row) => bytesRead(run, row)) ?? quantileOf(facts.durations, 0.25),
      },
    ],
    ...remedyOf(run, facts, wanted),
  };
}

function remedyOf(run: Run, facts: StageFacts, wanted: number): Pick<Suspicion, 'advice' | 'conf'> {
  const execution = executionOf(run, facts.stage.sqlExecutionId);
  if (execution === null)
    return {
      advice: [
        `Use fewer partitions: coalesce(${wanted}) before this stage, or numPartitions=${wanted} in the operation that shuffles.`,
      ],
    };
  const reads = facts.succeeded.some((row) => run.application.tasks.columns.inputBytes.at(row) > 0);
  const advice: string[] = [];
  const conf: Record<string, string> = {};
  if (!adaptiveEnabled(run, execution)) {
    conf['spark.sql.adaptive.enabled'] = 'true';
    advice.push('Set spark.sql.adaptive.enabled=true: AQE joins small shuffle partitions.');
  }
  if (reads) {
    advice.push(
      'Compact the input: many small files make many small tasks. Write with repartition(n) or run OPTIMIZE / rewrite_data_files on the table; raise spark.sql.files.openCostInBytes to pack more files into a task.',
    );
  } else {
    conf['spark.sql.shuffle.partitions'] = String(wanted);
    advice.push(
      `Set spark.sql.shuffle.partitions=${wanted} (${describeSetting(run, 'spark.sql.shuffle.partitions', '200', execution)}) or repartition(${wanted}).`,
    );
  }
  return { advice, ...(Object.keys(conf).length > 0 ? { conf } : {}) };
}
