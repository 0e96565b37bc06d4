import type { Evidence } from '../../kernel/evidence.ts';
import { labelLog, quoteLog } from '../../kernel/log-text.ts';
import { countNoun, formatCount, formatDuration, formatShare } from '../../kernel/units.ts';
import { errorSignature, rootCause } from '../facts/root-cause.ts';
import type { Run } from '../facts/run.ts';
import { settingOf } from '../facts/settings.ts';
import { stageAddress } from '../facts/stage-facts.ts';
import { noTime, severityOf, taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion } from './rule.ts';

/** Distinct errors that are quoted, most frequent first. */
const MAX_QUOTED = 3;

/**
 * Task failures: attempts that failed, whether or not a retry succeeded.
 *
 * Input: status, duration and error of all task attempts. Impact: task time of the failed attempts, or what a replay
 * without them saves. Only an attempt whose task succeeded in another is time that can be saved: one that never did would have
 * taken it in any case. Killed attempts (speculation, cancelled jobs) are no failures, and neither are ends with an unknown
 * reason that were not tried again: those are counted apart.
 */
export const taskFailures = defineRule({
  id: 'spark/task-failures',
  thresholds: {
    min_rate: {
      value: 0.1,
      min: 0,
      max: 1,
      unit: 'ratio',
      meaning: 'failed attempts over all attempts from which it is a warning whatever the time lost',
      source: 'dr-elephant: 10 % is its lowest severity',
    },
    min_count: {
      value: 10,
      min: 1,
      max: 1e9,
      unit: 'attempts',
      meaning: 'failed attempts from which it is a warning whatever the time lost',
      source: 'spark-advisor: 10',
    },
  },
  evaluate: (run, limits) => {
    const { totals } = run;
    if (totals.failedTaskCount === 0) return onlyUnclear(run);
    const groups = groupErrors(run);
    const impact = taskImpact(run, totals.failedTaskMs);
    const often =
      totals.failedTaskCount >= limits.min_count || totals.failedTaskCount / totals.taskCount >= limits.min_rate;
    const bySeverity = severityOf(run, impact) ?? 'info';
    return [
      {
        title: `${formatCount(totals.failedTaskCount)} of ${formatCount(totals.taskCount)} task attempts failed`,
        severity: bySeverity === 'info' && often ? 'warning' : bySeverity,
        impact,
        ...savedBy(run),
        confidence: 1,
        evidence: [
          metric(
            groups[0] === undefined ? 'tasks' : addressOf(run, groups[0].row),
            `${countNoun(totals.failedTaskCount, 'attempt')} failed (${formatShare(totals.failedTaskCount / totals.taskCount)}) after ${formatDuration(totals.failedTaskMs)} of task time.`,
            'failed_task_count',
            totals.failedTaskCount,
            'tasks',
          ),
          ...groups.slice(0, MAX_QUOTED).map((group) => toEvidence(run, group)),
          ...restOf(run, groups),
          ...unclearEvidence(run),
        ],
        advice: adviceOf(run, groups),
        stages: [...new Set(groups.flatMap((group) => [...group.stages]))],
      },
    ];
  },
});

/** Information alone: nothing says that anything failed. */
function onlyUnclear(run: Run): Suspicion[] {
  const evidence = unclearEvidence(run);
  if (evidence.length === 0) return [];
  return [
    {
      title: `${countNoun(run.totals.unclearTaskCount, 'task end')} of ${formatCount(run.totals.taskCount)} without a known reason`,
      severity: 'info',
      impact: noTime(),
      confidence: 1,
      evidence,
      advice: [
        'Whether these tasks failed is not in the log; the status of their stages and jobs is. Spark itself counts them as failed.',
      ],
      stages: [],
    },
  ];
}

function unclearEvidence(run: Run): Evidence[] {
  const { taskId } = run.application.tasks.columns;
  const [first] = [...run.unclearEnds].sort((a, b) => taskId.at(a) - taskId.at(b));
  if (first === undefined) return [];
  const count = run.totals.unclearTaskCount;
  return [
    metric(
      addressOf(run, first),
      `${countNoun(count, 'task end has', 'task ends have')} an unknown reason and ${count === 1 ? 'is' : 'are'} not counted as failed: nothing else says so.`,
      'unclear_task_count',
      count,
      'tasks',
    ),
  ];
}

function addressOf(run: Run, row: number): string {
  const { tasks, stages } = run.application;
  const stage = stages[tasks.columns.stageRow.at(row)];
  return `${stage === undefined ? 'tasks' : stageAddress(stage)}/tasks/${tasks.columns.taskId.at(row)}`;
}

function failedRows(run: Run): number[] {
  const { tasks } = run.application;
  const rows: number[] = [];
  for (let row = 0; row < tasks.count; row++) {
    if (tasks.status(row) === 'FAILED' && !run.unclearEnds.has(row)) rows.push(row);
  }
  return rows;
}

/** The run without the failed attempts of tasks that succeeded in another; nothing where there are none. */
function savedBy(run: Run): Pick<Suspicion, 'changes'> {
  const { tasks } = run.application;
  const done = new Set<string>();
  for (let row = 0; row < tasks.count; row++) if (tasks.status(row) === 'SUCCESS') done.add(taskOf(run, row));
  const rows = failedRows(run).filter((row) => done.has(taskOf(run, row)));
  return rows.length === 0 ? {} : { changes: [{ kind: 'drop-attempts', rows }] };
}

/** The same for all attempts of a task, also those of other attempts of its stage. */
function taskOf(run: Run, row: number): string {
  const { tasks, stages } = run.application;
  const { stageRow, partitionId, index } = tasks.columns;
  const partition = partitionId.at(row);
  return `${stages[stageRow.at(row)]?.stageId} ${partition >= 0 ? partition : index.at(row)}`;
}

interface ErrorGroup {
  readonly signature: string;
  /** The attempt with the lowest task id that failed so: log order does not matter. */
  row: number;
  readonly stages: Set<string>;
  count: number;
}

function groupErrors(run: Run): ErrorGroup[] {
  const { tasks } = run.application;
  const groups = new Map<string, ErrorGroup>();
  const signatures = new Map<string, string>();
  for (const row of failedRows(run)) {
    const error = errorOf(run, row);
    const signature = signatures.get(error) ?? errorSignature(error);
    signatures.set(error, signature);
    const group = groups.get(signature) ?? { signature, row, stages: new Set<string>(), count: 0 };
    if (tasks.columns.taskId.at(row) < tasks.columns.taskId.at(group.row)) group.row = row;
    group.count += 1;
    const stage = run.application.stages[tasks.columns.stageRow.at(row)];
    group.stages.add(stage === undefined ? 'tasks' : stageAddress(stage));
    groups.set(signature, group);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || (a.signature < b.signature ? -1 : 1));
}

function errorOf(run: Run, row: number): string {
  return run.application.tasks.error(row) ?? 'no reason logged';
}

/** Stages of a group in the order in which they ran. */
function stagesOf(run: Run, group: ErrorGroup | undefined): string[] {
  const ran = run.application.stages.map(stageAddress).filter((address) => group?.stages.has(address) === true);
  return ran.length === 0 ? [...(group?.stages ?? [])] : ran;
}

function toEvidence(run: Run, group: ErrorGroup): Evidence {
  const example = errorOf(run, group.row);
  const cause = rootCause(example)?.text ?? example;
  const stages = stagesOf(run, group);
  return metric(
    addressOf(run, group.row),
    `${formatCount(group.count)} × ${quoteLog(cause, 300)} in ${stages.slice(0, 3).join(', ')}${stages.length > 3 ? ' …' : ''}.`,
    'failed_task_count',
    group.count,
    'tasks',
  );
}

function restOf(run: Run, groups: readonly ErrorGroup[]): Evidence[] {
  const rest = groups.slice(MAX_QUOTED);
  if (rest.length === 0) return [];
  const count = rest.reduce((sum, group) => sum + group.count, 0);
  return [
    {
      fact: `${countNoun(count, 'more failure')} of ${countNoun(rest.length, 'other kind')}.`,
      address: rest[0] === undefined ? 'tasks' : addressOf(run, rest[0].row),
    },
  ];
}

/** Kinds of task failure that have their own remedy, by how Spark words them. */
const REMEDIES: ReadonlyArray<{ readonly pattern: RegExp; readonly advice: string }> = [
  {
    pattern: /OutOfMemoryError|SparkOutOfMemoryError|MemoryError/,
    advice:
      'Out of memory: raise spark.executor.memory, lower spark.executor.cores, or make partitions smaller with spark.sql.shuffle.partitions.',
  },
  {
    pattern: /FetchFailed/,
    advice:
      'Shuffle blocks could not be fetched: see spark/executor-loss; an external shuffle service or spark.decommission.enabled=true keeps blocks when executors go.',
  },
  {
    pattern: /ExecutorLostFailure|Container .*killed|exit code 137|exited with code 137/,
    advice:
      'Executors died under their tasks: see spark/executor-loss for why. If memory killed them, raise spark.executor.memoryOverhead (Python and off-heap memory count there).',
  },
  {
    pattern: /PythonException|Traceback|^\w*(Error|Exception):/m,
    advice:
      'The error comes from the code of the task: handle the bad record in the function (try_cast, a guard for null), and test it on the rows of the named partition.',
  },
  {
    pattern: /TaskCommitDenied|CommitDenied/,
    advice: 'Commit denied: a speculative or retried copy lost the race, which is harmless.',
  },
];

function adviceOf(run: Run, groups: readonly ErrorGroup[]): string[] {
  const texts = groups.slice(0, MAX_QUOTED).map((group) => errorOf(run, group.row));
  const advice = REMEDIES.filter((remedy) => texts.some((text) => remedy.pattern.test(text))).map(
    (remedy) => remedy.advice,
  );
  const stage = stagesOf(run, groups[0])[0]?.replace('stages/', '') ?? '';
  const limit = settingOf(run, 'spark.task.maxFailures');
  return [
    ...advice.slice(0, 2),
    `Read every failure with list_stage_task_failures (stage ${stage.split('.')[0]}). How often a task may fail before its job fails is spark.task.maxFailures (${limit === null ? 'not set' : `now ${labelLog(limit)}`}).`,
  ];
}
