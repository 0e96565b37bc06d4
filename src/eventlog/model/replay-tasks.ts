import { type ApplicationBuilder, earlier } from './application-builder.ts';
import type { LiveStage, TaskOutcome } from './live-stages.ts';
import type { TaskMerger } from './merge-tasks.ts';
import { TASK_FLAGS } from './task-table.ts';

const OUTCOMES: readonly TaskOutcome[] = ['failed', 'completed', 'failed', 'killed'];

/** Applies the task ends of rows [from, to) to stages, jobs and executors, in log order. Returns `to`, or `from` when it is later. */
export function replayTasks(builder: ApplicationBuilder, tasks: TaskMerger, from: number, to: number): number {
  const stageCache: Array<LiveStage | undefined> = [];
  for (let row = from; row < to; row++) {
    if (!tasks.firstEnd(row)) continue;
    const stageRow = tasks.columns.stageRow.at(row);
    const stage = stageCache[stageRow] ?? findStage(builder, tasks, stageRow);
    stageCache[stageRow] = stage;
    replayTask(builder, tasks, row, stage);
  }
  return Math.max(from, to);
}

function findStage(builder: ApplicationBuilder, tasks: TaskMerger, stageRow: number): LiveStage {
  const [stageId, attemptId] = tasks.stageKeys[stageRow] as readonly [number, number];
  return builder.stages.stageOfTask(stageId, attemptId);
}

function replayTask(builder: ApplicationBuilder, tasks: TaskMerger, row: number, stage: LiveStage): void {
  const { columns } = tasks;
  const outcome = OUTCOMES[columns.status.at(row)] ?? 'failed';
  const errorRow = columns.errorRow.at(row);
  const resubmitted = (columns.flags.at(row) & TASK_FLAGS.resubmitted) !== 0;
  builder.stages.countTask(
    stage,
    outcome,
    columns.index.at(row),
    errorRow === 0 ? null : (tasks.errors[errorRow - 1] ?? null),
  );
  stage.firstTaskLaunchedTime = earlier(stage.firstTaskLaunchedTime, columns.launchTimeMs.at(row));
  const finish = columns.finishTimeMs.at(row);
  builder.executors.taskEnded(tasks.executorIds[columns.executorRow.at(row)] ?? '', {
    outcome,
    resubmitted,
    launchTimeMs: columns.launchTimeMs.at(row),
    durationMs: finish === 0 ? 0 : Math.max(0, finish - columns.launchTimeMs.at(row)),
    gcTimeMs: columns.jvmGcTimeMs.at(row),
    inputBytes: columns.inputBytes.at(row),
    shuffleReadBytes: columns.shuffleRemoteBytesRead.at(row) + columns.shuffleLocalBytesRead.at(row),
    shuffleWriteBytes: columns.shuffleWriteBytes.at(row),
  });
}
