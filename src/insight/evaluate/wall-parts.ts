import type { SqlExecution } from '../../eventlog/index.ts';
import { labelLog, quoteLogLine } from '../../kernel/log-text.ts';
import { withoutDigits } from '../compare/without-digits.ts';
import { coreTimeWithin } from '../facts/capacity.ts';
import { clip } from '../facts/intervals.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';

/** Longest description of a group, characters. */
const DESCRIPTION_CHARS = 100;

/**
 * What the wall time of a run went into. Time of the driver: before, between and after jobs, and in jobs while no stage ran.
 * Time of a stage is divided among its tasks' parts in proportion to their core time, and `idle` for cores without a task.
 * Spark measures no time for spills: `spilling` is the computing time of tasks that spilled to disk.
 */
export const PHASES = [
  'startup',
  'driver',
  'tail',
  'compute',
  'spilling',
  'gc',
  'shuffle_read',
  'shuffle_write',
  'task_overhead',
  'failed_attempts',
  'idle',
] as const;
export type Phase = (typeof PHASES)[number];

/** Wall time of a run, ms, divided twice: each of the two adds up to the whole. */
export interface WallParts {
  readonly phases: Readonly<Record<Phase, number>>;
  /** By group of stages, and `startup`, `driver` and `tail` for the rest. Safe to print. */
  readonly groups: ReadonlyMap<string, number>;
}

/** Divides the wall time of a run. Stages that run at the same time share it by the cores that they keep busy. */
export function wallPartsOf(run: Run): WallParts {
  const phases = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<Phase, number>;
  const groups = new Map<string, number>();
  const shares = stageShares(run);
  const queries = new Map(run.application.sqlExecutions.map((sql) => [sql.executionId, sql]));
  const inStages = [...shares.values()].reduce((sum, ms) => sum + ms, 0);
  phases.startup = run.wall.startup;
  phases.tail = run.wall.tail;
  phases.driver = Math.max(0, run.wallMs - run.wall.startup - run.wall.tail - inStages);
  for (const phase of ['startup', 'driver', 'tail'] as const) if (phases[phase] > 0) groups.set(phase, phases[phase]);
  for (const [facts, ms] of shares) {
    const group = groupOf(
      facts,
      facts.stage.sqlExecutionId === null ? undefined : queries.get(facts.stage.sqlExecutionId),
    );
    groups.set(group, (groups.get(group) ?? 0) + ms);
    addStage(run, facts, ms, phases);
  }
  return { phases, groups };
}

/** Wall time by stage attempt, ms: sweeps over the times at which stages begin and end. */
function stageShares(run: Run): Map<StageFacts, number> {
  const spans = run.stages.flatMap((facts) => {
    const span = facts.span === null || run.window === null ? null : clip(facts.span, run.window);
    return span === null ? [] : [{ facts, ...span, weight: Math.max(facts.taskMs / facts.wallMs, 1e-3) }];
  });
  const times = [...new Set(spans.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const starts = spans.toSorted((a, b) => a.start - b.start);
  const shares = new Map<StageFacts, number>();
  let active: typeof spans = [];
  let next = 0;
  for (const [index, from] of times.entries()) {
    const to = times[index + 1] ?? from;
    active = active.filter(({ end }) => end > from);
    for (let span = starts[next]; span !== undefined && span.start <= from; span = starts[++next]) active.push(span);
    const weights = active.reduce((sum, { weight }) => sum + weight, 0);
    for (const { facts, weight } of active) {
      shares.set(facts, (shares.get(facts) ?? 0) + ((to - from) * weight) / weights);
    }
  }
  return shares;
}

/** Divides a stage's share of the wall time, ms, among the parts of its tasks' time. */
function addStage(run: Run, facts: StageFacts, ms: number, phases: Record<Phase, number>): void {
  const parts = new Map<Phase, number>();
  for (const row of facts.rows) {
    for (const [phase, part] of taskParts(run, row)) parts.set(phase, (parts.get(phase) ?? 0) + part);
  }
  const taskMs = [...parts.values()].reduce((sum, part) => sum + part, 0);
  const offered = facts.span === null ? 0 : coreTimeWithin(run.workers, facts.span);
  const cores = facts.wallMs > 0 ? offered / facts.wallMs : 0;
  // Without the executors' cores nothing tells idle ones: all of the time is the tasks'.
  const busy = taskMs === 0 ? 0 : cores === 0 ? 1 : Math.min(1, (taskMs * run.coresPerTask) / (cores * ms));
  phases.idle += ms * (1 - busy);
  for (const [phase, part] of parts) phases[phase] += taskMs > 0 ? (ms * busy * part) / taskMs : 0;
}

/** The duration of one task attempt, ms, in parts that add up to it. */
function taskParts(run: Run, row: number): Array<readonly [Phase, number]> {
  const { tasks } = run.application;
  const { columns } = tasks;
  const duration = tasks.durationMs(row);
  const status = tasks.status(row);
  if ((status === 'FAILED' || status === 'KILLED') && !run.unclearEnds.has(row)) return [['failed_attempts', duration]];
  const computing = columns.diskSpilledBytes.at(row) > 0 ? 'spilling' : 'compute';
  if (!tasks.hasMetrics(row)) return [[computing, duration]];
  const ran = Math.min(duration, Math.max(0, columns.executorRunTimeMs.at(row)));
  const waits = [
    ['gc', Math.max(0, columns.jvmGcTimeMs.at(row))],
    ['shuffle_read', Math.max(0, columns.shuffleFetchWaitTimeMs.at(row))],
    ['shuffle_write', Math.max(0, columns.shuffleWriteTimeNs.at(row) / 1e6)],
  ] as const;
  const waited = waits.reduce((sum, [, ms]) => sum + ms, 0);
  const scale = waited > ran ? ran / waited : 1;
  return [
    [computing, ran - waited * scale],
    ...waits.map(([phase, ms]) => [phase, ms * scale] as const),
    ['task_overhead', duration - ran],
  ];
}

/** Stages of different runs that do the same: by query or line of code without digits, and by what they read and write. */
function groupOf({ stage }: StageFacts, sql: SqlExecution | undefined): string {
  const description = (sql?.description || stage.description || '').trim();
  const name = description === '' ? labelLog(withoutDigits(stage.name)) : describe(description);
  const { totals } = stage;
  const shuffled = totals.shuffleLocalBytesRead + totals.shuffleRemoteBytesRead > 0;
  const reads = shuffled ? 'shuffle' : totals.inputBytes > 0 ? 'input' : null;
  const writes = totals.shuffleWriteBytes > 0 ? 'shuffle' : totals.outputBytes > 0 ? 'output' : null;
  return reads === null && writes === null ? name : `${name} (${reads ?? 'computed'} → ${writes ?? 'result'})`;
}

const describe = (text: string): string => quoteLogLine(withoutDigits(text), DESCRIPTION_CHARS);
