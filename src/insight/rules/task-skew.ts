import type { Evidence } from '../../kernel/evidence.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { formatBytes, formatCount, formatDuration } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import { adaptiveEnabled, executionOf, parseSize, planHas, settingOf } from '../facts/settings.ts';
import { type DataContrast, recoverableMs, type SlowTask, slowestTask } from '../facts/slow-task.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion } from './rule.ts';

/** Below this many tasks only shuffled data counts: the last split of a file is smaller than the others by nature. */
const FEW_TASKS = 4;

/** Default of spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes in Spark 3.x and 4.x. */
const DEFAULT_SKEW_BYTES = 256 * 1024 ** 2;

/**
 * Task skew: the slowest task of a stage attempt runs many times longer than the others because it has more data.
 *
 * Input: durations and data of successful tasks. Replayed: the work of the stage spread evenly over its tasks.
 */
export const taskSkew = defineRule({
  id: 'spark/task-skew',
  thresholds: {
    min_ratio: {
      value: 3,
      min: 1.5,
      max: 1000,
      unit: '×',
      meaning: 'slowest task over the median of the others',
      source:
        'R1 of the rule survey: spark-history-cli takes p95 / p50 above 3, dr-elephant 3.16; as min_data_ratio, materiality does the rest',
    },
    min_lead_ms: {
      value: 500,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'slowest task minus the median of the others',
      source:
        'DataFlint takes 5 s for the task itself; half a second keeps small clusters in view, materiality does the rest',
    },
    min_data_ratio: {
      value: 3,
      min: 1,
      max: 1000,
      unit: '×',
      meaning: 'data of the slowest task over the median of the others, in bytes or records',
      source: 'spark-rapids-tools shuffleSkewCheck: 3 × the mean',
    },
  },
  evaluate: (run, limits) => {
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      const slow = slowestTask(run, facts, limits.min_ratio, limits.min_lead_ms);
      if (slow?.data == null || slow.data.ratio < limits.min_data_ratio) continue;
      if (facts.durations.length < FEW_TASKS && !slow.data.column.startsWith('shuffle')) continue;
      if (isEmptySplit(slow.data)) continue;
      const observation = observe(run, facts, slow, slow.data);
      if (observation.coveredMs > 0) observations.push(observation);
    }
    return byCallSite(run, observations, wallImpact);
  },
});

/** True when the others read nothing of their input: the file has fewer row groups than splits, which no key explains. */
function isEmptySplit({ column, median }: DataContrast): boolean {
  return column.startsWith('input') && median === 0;
}

function observe(run: Run, facts: StageFacts, slow: SlowTask, data: DataContrast): Observation {
  const work = facts.durations.reduce((sum, ms) => sum + ms, 0);
  const coveredMs = recoverableMs(facts, slow, work);
  return {
    stage: facts,
    coveredMs,
    idleCoreMs: coveredMs * (slow.parallelism - 1) * run.coresPerTask,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) is skewed: its slowest task takes ${formatDuration(slow.maxMs)}, the median ${formatDuration(slow.medianMs)}`,
    confidence: data.unit === 'records' || data.median > 0 ? 0.95 : 0.9,
    evidence: evidenceOf(run, facts, slow, data),
    changes: [{ kind: 'even-out', stageRow: facts.stage.row }],
    ...remedyOf(run, facts, data),
  };
}

function evidenceOf(run: Run, facts: StageFacts, slow: SlowTask, data: DataContrast): Evidence[] {
  const { tasks } = run.application;
  const task = `${facts.address}/tasks/${tasks.columns.taskId.at(slow.row)}`;
  const show = data.unit === 'bytes' ? formatBytes : formatCount;
  const evidence = [
    metric(
      task,
      `Slowest of ${facts.durations.length} tasks: ${formatDuration(slow.maxMs)} on executor ${labelLog(tasks.executorId(slow.row))}; median of the others ${formatDuration(slow.medianMs)} (${describeRatio(slow.ratio)}).`,
      'task_duration_ms',
      slow.maxMs,
      'ms',
    ),
    metric(
      task,
      `It has ${show(data.value)} ${data.label}; median of the others ${show(data.median)}${Number.isFinite(data.ratio) ? ` (${describeRatio(data.ratio)})` : ''}.`,
      data.label.replaceAll(' ', '_'),
      data.value,
      data.unit,
    ),
  ];
  const spilled = tasks.columns.diskSpilledBytes.at(slow.row);
  if (spilled > 0) {
    evidence.push(
      metric(task, `The slow task spilled ${formatBytes(spilled)} to disk.`, 'disk_spilled_bytes', spilled, 'bytes'),
    );
  }
  return evidence;
}

function describeRatio(ratio: number): string {
  return ratio >= 10 ? `${Math.round(ratio)}×` : `${ratio.toFixed(1)}×`;
}

function remedyOf(run: Run, facts: StageFacts, data: DataContrast): Pick<Suspicion, 'advice' | 'conf'> {
  const execution = executionOf(run, facts.stage.sqlExecutionId);
  if (!data.column.startsWith('shuffle') || data.label.endsWith('written')) {
    return {
      advice: [
        'The input itself is uneven: repartition after reading (df.repartition(n), by a column with many even values), or write the source with even, splittable files.',
      ],
    };
  }
  if (planHas(execution, /Join/)) return joinRemedy(run, facts, data);
  return {
    advice: [
      'Find the hot key: df.groupBy(key).count().orderBy(desc("count")).show(10). Drop or separate null and default keys first.',
      'Aggregate in two steps: group by (key, salt) with salt = floor(rand() * 16), then by key alone. In RDD code use reduceByKey or aggregateByKey, not groupByKey.',
    ],
  };
}

/** What AQE needs to split the partition of the hot key, and what to do where it cannot. */
function joinRemedy(run: Run, facts: StageFacts, data: DataContrast): Pick<Suspicion, 'advice' | 'conf'> {
  const execution = executionOf(run, facts.stage.sqlExecutionId);
  const conf: Record<string, string> = {};
  const key = 'spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes';
  const limit = parseSize(settingOf(run, key, execution)) ?? DEFAULT_SKEW_BYTES;
  const tooSmall = data.unit === 'bytes' && data.value < limit;
  if (!adaptiveEnabled(run, execution)) conf['spark.sql.adaptive.enabled'] = 'true';
  if (
    settingOf(run, 'spark.sql.adaptive.skewJoin.enabled', execution) === 'false' ||
    conf['spark.sql.adaptive.enabled']
  )
    conf['spark.sql.adaptive.skewJoin.enabled'] = 'true';
  if (tooSmall) conf[key] = `${Math.max(1, Math.floor(data.value / 2 / 1024 ** 2))}m`;
  const set = Object.entries(conf).map(([name, value]) => `${name}=${value}`);
  const why = tooSmall
    ? `AQE only splits partitions above ${formatBytes(limit)}; the hot one has ${formatBytes(data.value)}.`
    : 'AQE splits skewed join partitions.';
  return {
    advice: [
      ...(set.length > 0 ? [`${why} Set ${set.join(' and ')}.`] : []),
      'Find the hot key: df.groupBy(key).count().orderBy(desc("count")).show(10). Filter null keys before the join; salt the hot key on both sides.',
      'If one side fits into memory, broadcast it: df.join(broadcast(small), key). A broadcast join has no shuffle to be skewed.',
    ],
    ...(set.length > 0 ? { conf } : {}),
  };
}
