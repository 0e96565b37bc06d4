import type { Application, Stage } from '../../../eventlog/index.ts';
import { firstLine, labelLog, quoteLog, quoteLogOrNull } from '../../../kernel/log-text.ts';
import type { Cell } from '../../../kernel/table.ts';
import { rfc3339 } from '../times.ts';

/** One failed task attempt. */
export interface FailedTask {
  readonly stage: Stage;
  readonly row: number;
  /** Position of its error in the groups. */
  readonly group: number;
}

/** Failed tasks whose errors have the same first line. */
export interface FailureGroup {
  readonly firstLine: string;
  /** The error text of the first of them. */
  readonly example: string | null;
  readonly tasks: FailedTask[];
}

/** Columns of groups of equal errors. */
export const FAILURE_GROUP_COLUMNS = [
  'group',
  'task_count',
  'error',
  'executors',
  'hosts',
  'first_time',
  'last_time',
] as const;

/** Columns of failed tasks. */
export const FAILED_TASK_COLUMNS = [
  'task_id',
  'stage_attempt_id',
  'index',
  'attempt',
  'executor_id',
  'host',
  'launch_time',
  'duration_ms',
  'group',
] as const;

const GROUP_ERROR_CHARS = 600;
const UNKNOWN_ERROR = 'no error text in the log';
const SHOWN_NAMES = 5;

/** Groups the failed tasks of some stage attempts by the first line of their error, the most frequent group first. */
export function groupFailures(application: Application, stages: readonly Stage[]): FailureGroup[] {
  const { tasks } = application;
  const groups = new Map<string, { example: string | null; tasks: Array<{ stage: Stage; row: number }> }>();
  for (const stage of stages) {
    for (const row of tasks.ofStage(stage)) {
      if (tasks.status(row) !== 'FAILED') continue;
      const error = tasks.error(row);
      const key = normalized(firstLine(error ?? UNKNOWN_ERROR));
      const group = groups.get(key) ?? { example: error, tasks: [] };
      group.tasks.push({ stage, row });
      groups.set(key, group);
    }
  }
  return [...groups.values()]
    .sort((a, b) => b.tasks.length - a.tasks.length)
    .map(({ example, tasks: members }, group) => ({
      firstLine: firstLine(example ?? UNKNOWN_ERROR),
      example,
      tasks: members.map((member) => ({ ...member, group })),
    }));
}

/** Cells of one group. */
export function failureGroupCells(
  application: Application,
  group: FailureGroup,
): Record<(typeof FAILURE_GROUP_COLUMNS)[number], Cell> {
  const { tasks } = application;
  const finishes = group.tasks.map(({ row }) => tasks.columns.finishTimeMs.at(row)).filter((time) => time > 0);
  return {
    group: group.tasks[0]?.group ?? 0,
    task_count: group.tasks.length,
    error: quoteLogOrNull(group.example, GROUP_ERROR_CHARS) ?? quoteLog(UNKNOWN_ERROR),
    executors: nameList(group.tasks.map(({ row }) => tasks.executorId(row))),
    hosts: nameList(group.tasks.map(({ row }) => tasks.host(row))),
    first_time: rfc3339(finishes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)),
    last_time: rfc3339(finishes.reduce((a, b) => Math.max(a, b), 0)),
  };
}

/** Cells of one failed task. */
export function failedTaskCells(
  { tasks }: Application,
  failed: FailedTask,
): Record<(typeof FAILED_TASK_COLUMNS)[number], Cell> {
  const { row, stage, group } = failed;
  return {
    task_id: tasks.columns.taskId.at(row),
    stage_attempt_id: stage.attemptId,
    index: tasks.columns.index.at(row),
    attempt: tasks.columns.attempt.at(row),
    executor_id: labelLog(tasks.executorId(row)),
    host: labelLog(tasks.host(row)),
    launch_time: rfc3339(tasks.columns.launchTimeMs.at(row)),
    duration_ms: tasks.durationMs(row),
    group,
  };
}

/** Errors that differ only in addresses, ids and numbers are equal. */
function normalized(line: string): string {
  return line.replace(/0x[0-9a-f]+|\d+/gi, '#');
}

function nameList(names: readonly string[]): string {
  const distinct = [...new Set(names)].map(labelLog);
  const shown = distinct.slice(0, SHOWN_NAMES).join(',');
  return distinct.length > SHOWN_NAMES ? `${shown} and ${distinct.length - SHOWN_NAMES} more` : shown;
}
