import type { Application, Stage } from '../../eventlog/index.ts';
import { labelLog } from '../../kernel/log-text.ts';
import type { Interval } from './intervals.ts';
import { sortedBy } from './quantiles.ts';
import { countOpen, endsUnknown, missingEnds } from './task-coverage.ts';

/** What the rules ask about one stage attempt that ran. Times ms. */
export interface StageFacts {
  readonly stage: Stage;
  /** `stages/12.0`: stage id, attempt. */
  readonly address: string;
  /** Name of the line of code that made the stage, safe to print. */
  readonly callSite: string;
  /** Rows of all task attempts. */
  readonly rows: Uint32Array;
  /** Rows of the attempts that succeeded. */
  readonly succeeded: Uint32Array;
  /** Durations of the attempts that succeeded, ascending. */
  readonly durations: Float64Array;
  /** From submission (else first launch) to completion (else last finish); null when no time is known. */
  readonly span: Interval | null;
  readonly wallMs: number;
  /** Sum of the durations of all task attempts. */
  readonly taskMs: number;
  /** First launch to last finish; 0 when no task ended. */
  readonly tasksSpanMs: number;
  /** Task ends that the log should have and does not. */
  readonly missingCount: number;
  /** Task attempts that the log should tell of, `missingCount` among them. */
  readonly expectedCount: number;
  /** Longest that the tasks without an end can have run, ms: to the end of the stage. */
  readonly unknownTaskMs: number;
}

/** `stages/12.0`. */
export function stageAddress(stage: Pick<Stage, 'stageId' | 'attemptId'>): string {
  return `stages/${stage.stageId}.${stage.attemptId}`;
}

/** True for an attempt of which something ran. */
export function hasRun(stage: Stage): boolean {
  return stage.status !== 'SKIPPED' && stage.status !== 'PENDING';
}

/** Facts of one stage attempt. `lastTime` ends what has no end; `retried` when the stage has several attempts. */
export function describeStage(
  application: Application,
  stage: Stage,
  lastTime: number | null,
  retried = false,
  labelOf: (text: string) => string = labelLog,
): StageFacts {
  const { tasks } = application;
  const rows = tasks.ofStage(stage);
  const { launchTimeMs, finishTimeMs } = tasks.columns;
  const succeeded = rows.filter((row) => tasks.status(row) === 'SUCCESS' && finishTimeMs.at(row) > 0);
  let taskMs = 0;
  let firstLaunch = Number.POSITIVE_INFINITY;
  let lastFinish = Number.NEGATIVE_INFINITY;
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] as number;
    const launch = launchTimeMs.at(row);
    const finish = finishTimeMs.at(row);
    taskMs += tasks.durationMs(row);
    if (launch > 0 && launch < firstLaunch) firstLaunch = launch;
    if (finish > lastFinish) lastFinish = finish;
  }
  const tasksSpanMs = lastFinish > firstLaunch && Number.isFinite(firstLaunch) ? lastFinish - firstLaunch : 0;
  const span = spanOf(stage, firstLaunch, lastFinish, lastTime);
  const missingCount = missingEnds(application, stage, rows, retried);
  const open = endsUnknown(application, stage) ? countOpen(tasks, rows) : 0;
  return {
    stage,
    address: stageAddress(stage),
    callSite: labelOf(stage.name),
    rows,
    succeeded,
    durations: sortedBy(succeeded, (row) => tasks.durationMs(row)),
    span,
    wallMs: span === null ? 0 : span.end - span.start,
    taskMs,
    tasksSpanMs,
    missingCount,
    expectedCount: Math.max(rows.length, rows.length - open + missingCount),
    unknownTaskMs: unknownTime(application, stage, rows, span, missingCount),
  };
}

/** From launch, or from the start of the stage for tasks without any event, to the end of the stage. */
function unknownTime(
  application: Application,
  stage: Stage,
  rows: Uint32Array,
  span: Interval | null,
  missingCount: number,
): number {
  if (missingCount === 0 || span === null || !endsUnknown(application, stage)) return 0;
  const { columns } = application.tasks;
  let time = 0;
  let open = 0;
  for (const row of rows) {
    if (columns.finishTimeMs.at(row) > 0) continue;
    open += 1;
    time += Math.max(0, span.end - Math.max(span.start, columns.launchTimeMs.at(row)));
  }
  return time + (missingCount - open) * (span.end - span.start);
}

function spanOf(stage: Stage, firstLaunch: number, lastFinish: number, lastTime: number | null): Interval | null {
  const start = stage.submissionTime ?? (Number.isFinite(firstLaunch) ? firstLaunch : null);
  const end = stage.completionTime ?? (stage.status === 'ACTIVE' ? lastTime : lastFinish > 0 ? lastFinish : lastTime);
  return start !== null && end !== null && end > start ? { start, end } : null;
}
