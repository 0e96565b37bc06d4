import type { Application, Stage, TaskTable } from '../../eventlog/index.ts';

/** What of the task events a log has, by the counts of its own stages and by its gaps. */
export interface TaskCoverage {
  /** Task ends of stages that ended, or of an application that ended, that the log does not have. */
  readonly missingCount: number;
  /** Task attempts that are known to have started, or must have. */
  readonly expectedCount: number;
  /** Part of the task events that is lost, 0 to 1; 1 where nobody can tell how many. */
  readonly lostShare: number;
}

/** Gaps that can hold any number of task events. */
const UNCOUNTED_GAPS: ReadonlySet<string> = new Set(['missing-file', 'damaged-block', 'compacted']);

/** Gaps that count lost lines; in an event log nearly every line is a task event. */
const LINE_GAPS: ReadonlySet<string> = new Set(['damaged-lines', 'oversized-line']);

/** Gaps that count task events which are lost or unusable. */
const TASK_GAPS: ReadonlySet<string> = new Set(['lost-task-events']);

/** True when no task of the application runs any more. */
export function hasEnded({ status }: Pick<Application, 'status'>): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED';
}

/** True when the end of a task that never ended in the log is unknown, and not just to come. */
export function endsUnknown(application: Application, stage: Stage | undefined): boolean {
  return hasEnded(application) || stage?.status === 'COMPLETE' || stage?.status === 'FAILED';
}

/**
 * Task ends that the log lacks of one stage attempt: tasks that started and have no end, or tasks of a completed stage that
 * it has nothing of. Attempts of a stage that was tried again may share their tasks, so theirs count only where none is left.
 */
export function missingEnds(application: Application, stage: Stage, rows: Uint32Array, retried: boolean): number {
  if (!endsUnknown(application, stage)) return 0;
  const open = countOpen(application.tasks, rows);
  const ended = rows.length - open;
  if (stage.status !== 'COMPLETE' || (retried && ended > 0)) return open;
  return Math.max(open, stage.taskCount - ended);
}

/** Attempts without an end. */
export function countOpen(tasks: TaskTable, rows: Uint32Array): number {
  const { finishTimeMs } = tasks.columns;
  let open = 0;
  for (let position = 0; position < rows.length; position++) {
    if (finishTimeMs.at(rows[position] as number) === 0) open += 1;
  }
  return open;
}

/** What of the tasks of a run the log tells. */
export function coverageOf(
  { log, tasks }: Application,
  stages: ReadonlyArray<{ readonly rows: Uint32Array; readonly missingCount: number; readonly expectedCount: number }>,
): TaskCoverage {
  let missingCount = 0;
  let expectedCount = 0;
  for (const stage of stages) {
    missingCount += stage.missingCount;
    expectedCount += stage.expectedCount;
  }
  const sumOf = (kinds: ReadonlySet<string>): number =>
    log.gaps.reduce((sum, gap) => sum + (kinds.has(gap.kind) ? gap.count : 0), 0);
  const lines = sumOf(LINE_GAPS);
  const shares = [
    expectedCount > 0 ? missingCount / expectedCount : 0,
    shareOfLines(lines, log.eventCount, tasks.count),
    Math.min(1, sumOf(TASK_GAPS) / Math.max(1, expectedCount)),
    log.gaps.some((gap) => UNCOUNTED_GAPS.has(gap.kind)) ? 1 : 0,
  ];
  return { missingCount, expectedCount, lostShare: Math.max(...shares) };
}

/** Lost lines over all lines; 1 where lines are lost and no task is left. */
function shareOfLines(lost: number, read: number, taskCount: number): number {
  if (lost === 0) return 0;
  return taskCount === 0 ? 1 : lost / (lost + read);
}
