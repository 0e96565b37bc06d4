import type { Evidence } from '../../kernel/evidence.ts';
import { countNoun, formatCount, formatDuration, formatShare } from '../../kernel/units.ts';
import { coreTimeWithin, isDriver } from '../facts/capacity.ts';
import type { Run } from '../facts/run.ts';
import { settingOf } from '../facts/settings.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import type { Change } from '../replay/changes.ts';
import { fewerExecutors } from './fewer-executors.ts';
import { coreImpact, gradeOf } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion } from './rule.ts';

/** Stages with too few tasks that are listed one by one. */
const MAX_LISTED = 3;

/**
 * Idle cores: executors held cores that had no task while jobs ran, because stages had fewer tasks than cores or because
 * more was allocated than the run could use. Cores that wait for the driver are spark/driver-gap.
 *
 * Input: executors with their cores and lifetimes, all task attempts. Replayed: the fewest executors with which the run takes
 * at most 5 % longer (`fewerExecutors`); it saves core-hours, not time.
 */
export const idleCores = defineRule({
  id: 'spark/idle-cores',
  thresholds: {
    min_idle_share: {
      value: 0.4,
      min: 0.05,
      max: 1,
      unit: 'ratio',
      meaning: 'idle part of the core time offered while jobs ran',
      source:
        'DataFlint WastedCores 50 %; spark-advisor warns below 40 % use; a one-task stage on two cores measures 45 to 50 %',
    },
    min_jobs_ms: {
      value: 10_000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'time in which jobs ran',
      source: 'shorter runs are start-up; spark-advisor asks for 5 minutes, which hides small clusters',
    },
    max_lost_share: {
      value: 0.05,
      min: 0.001,
      max: 1,
      unit: 'ratio',
      meaning:
        'lost part of the task events from which a core without a task may just be one whose task is not in the log',
      source: 'the materiality gate of the rule survey, 5 %',
    },
  },
  evaluate: (run, limits) => {
    const { idle } = run.split;
    if (run.coverage.lostShare >= limits.max_lost_share) return [];
    if (run.coreMsInJobs <= 0 || run.wall.jobs < limits.min_jobs_ms) return [];
    const share = idle / run.coreMsInJobs;
    const impact = coreImpact(run, idle);
    if (share < limits.min_idle_share) return [];
    const narrow = narrowStages(run);
    return [
      {
        title: `${formatShare(share)} of the cores were idle while jobs ran`,
        severity: gradeOf(run, impact),
        impact,
        changes: (replay) => fewerExecutors(run, replay),
        remedy: (changes) => remedyOf(run, narrow, changes),
        confidence: run.interactive ? 0.6 : 0.85,
        evidence: [
          metric(
            'executors',
            `${formatCount(run.peakCores)} cores at the peak; ${formatDuration(run.coreMsInJobs - idle)} of ${formatDuration(run.coreMsInJobs)} core time in jobs was used.`,
            'idle_core_share',
            Number(share.toFixed(4)),
            'ratio',
          ),
          ...narrow.slice(0, MAX_LISTED).map((stage) => toEvidence(stage)),
        ],
        ...remedyOf(run, narrow, []),
        stages: narrow.map((stage) => stage.facts.address),
        idleCoreMs: idle,
      },
    ];
  },
});

interface NarrowStage {
  readonly facts: StageFacts;
  readonly slots: number;
  readonly idleMs: number;
}

/** Stages with fewer tasks than there were slots, those that left most idle first. */
function narrowStages(run: Run): NarrowStage[] {
  const narrow: NarrowStage[] = [];
  for (const facts of run.measuredStages) {
    if (facts.span === null || facts.rows.length === 0) continue;
    const coreMs = coreTimeWithin(run.workers, facts.span);
    const slots = Math.floor(coreMs / facts.wallMs / run.coresPerTask);
    const idleMs = coreMs - facts.taskMs * run.coresPerTask;
    if (facts.stage.taskCount < slots && idleMs >= 1000) narrow.push({ facts, slots, idleMs });
  }
  return narrow.sort((a, b) => b.idleMs - a.idleMs || a.facts.stage.row - b.facts.stage.row);
}

function toEvidence({ facts, slots, idleMs }: NarrowStage): Evidence {
  return metric(
    facts.address,
    `Stage ${facts.stage.stageId} (${facts.callSite}) ran ${countNoun(facts.stage.taskCount, 'task')} on ${slots} slots for ${formatDuration(facts.wallMs)}: ${formatDuration(idleMs)} of core time without a task.`,
    'idle_core_ms',
    Math.round(idleMs),
    'ms',
  );
}

/** Fewer executors by the property that sets their number, as many as the replay found; and more tasks for narrow stages. */
function remedyOf(
  run: Run,
  narrow: readonly NarrowStage[],
  changes: readonly Change[],
): Pick<Suspicion, 'advice' | 'conf'> {
  const [worst] = narrow;
  const advice: string[] = [];
  const fewer = changes.find((change) => change.kind === 'executors');
  const conf = fewer === undefined ? null : confOf(run, fewer);
  if (fewer !== undefined && conf !== null) {
    const set = Object.entries(conf).map(([name, value]) => `${name}=${value}`);
    advice.push(
      `Allocate less: ${countNoun(fewer.count, 'executor')} of ${countNoun(fewer.coresEach, 'core')} would do by replay (the run had ${formatCount(run.peakCores)} cores at the peak). Set ${set.join(' and ')}.`,
    );
  }
  if (worst !== undefined) {
    advice.push(
      `Or give stage ${worst.facts.stage.stageId} more tasks: repartition(${worst.slots * 2}) before it in place of coalesce or repartition(${worst.facts.stage.taskCount}), a smaller spark.sql.files.maxPartitionBytes for unsplit input, or leave spark.sql.adaptive.coalescePartitions.parallelismFirst at its default, true.`,
    );
  }
  if (run.workers.every(isDriver)) {
    advice.push(
      'In local mode the cores are threads of one machine: idle ones cost nothing unless the machine is rented for this run.',
    );
  } else if (settingOf(run, 'spark.dynamicAllocation.enabled') !== 'true') {
    advice.push(
      'Or let executors go when they are idle: spark.dynamicAllocation.enabled=true with spark.dynamicAllocation.shuffleTracking.enabled=true.',
    );
  } else advice.push('Let executors go sooner: lower spark.dynamicAllocation.executorIdleTimeout.');
  return { advice, ...(conf === null ? {} : { conf }) };
}

/** The property that sets how many cores there are, by how the run was deployed. */
function confOf(run: Run, { count, coresEach }: Extract<Change, { kind: 'executors' }>): Record<string, string> {
  if (run.workers.every(isDriver)) return { 'spark.master': `local[${count * coresEach}]` };
  if (settingOf(run, 'spark.dynamicAllocation.enabled') === 'true')
    return { 'spark.dynamicAllocation.maxExecutors': String(count) };
  if (settingOf(run, 'spark.master')?.startsWith('spark://') === true)
    return { 'spark.cores.max': String(count * coresEach) };
  return { 'spark.executor.instances': String(count) };
}
