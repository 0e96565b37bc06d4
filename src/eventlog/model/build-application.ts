import type { Application, ApplicationStatus, Environment, Gap, Job } from './application.ts';
import { ApplicationBuilder, earlier } from './application-builder.ts';
import { toStage } from './live-stages.ts';
import { type MergedTasks, mergeTasks } from './merge-tasks.ts';
import type { ModelEvent } from './model-event.ts';
import { replayTasks } from './replay-tasks.ts';
import type { CollectedTasks, StartedTask } from './task-collector.ts';

/** One event and how many task ends came before it in its segment. */
export interface PlacedEvent {
  readonly afterTaskEnds: number;
  readonly event: ModelEvent;
}

/** What one stretch of a log tells, in log order. */
export interface SegmentContent {
  readonly tasks: CollectedTasks;
  readonly events: readonly PlacedEvent[];
}

/** What is known of the log besides its events. */
export interface LogFacts {
  readonly appIdHint: string | null;
  readonly attemptIdHint: string | null;
  readonly inProgress: boolean;
  readonly gaps: readonly Gap[];
  readonly eventCount: number;
  readonly bytesRead: number;
  readonly unknownEvents: ReadonlyMap<string, number>;
}

/** Builds the model from the segments of one log, in log order. */
export function buildApplication(segments: readonly SegmentContent[], facts: LogFacts): Application {
  const builder = new ApplicationBuilder();
  const merged = mergeTasks(segments.map((segment) => segment.tasks));
  segments.forEach((segment, i) => {
    const offset = merged.endOffsets[i] as number;
    let next = offset;
    for (const { afterTaskEnds, event } of segment.events) {
      next = replayTasks(builder, merged, next, offset + afterTaskEnds);
      builder.apply(event);
    }
    replayTasks(builder, merged, next, merged.endOffsets[i + 1] as number);
  });
  return finish(builder, merged, facts);
}

function finish(builder: ApplicationBuilder, merged: MergedTasks, facts: LogFacts): Application {
  const { stages: liveStages, executors } = builder;
  addRunningTasks(builder, merged.running);
  for (const [executorId, peaks] of merged.peaks) executors.peaks(executorId, peaks);
  const ordered = liveStages.ordered();
  const tasks = merged.toTable(ordered);
  const stages = ordered.map(toStage);
  const jobs = liveStages.toJobs();
  const { started, ended } = builder;
  const gaps = [...facts.gaps, ...gapsOf(builder, merged, facts)];
  const lastTime = Math.max(builder.lastEventTime, merged.lastFinishTime, started?.time ?? 0);
  return {
    appId: started?.appId ?? facts.appIdHint ?? 'unknown',
    attemptId: started?.attemptId ?? facts.attemptIdHint,
    name: started?.name ?? '',
    user: started?.user ?? '',
    sparkVersion: builder.sparkVersion ?? versionFromProperties(builder.environment),
    startTime: started?.time ?? null,
    endTime: ended?.time ?? null,
    lastEventTime: lastTime === 0 ? null : lastTime,
    status: statusOf(ended, jobs, facts.inProgress),
    exitCode: ended?.exitCode ?? null,
    environment: { ...builder.environment, resourceProfiles: [...builder.profiles.values()] },
    jobs,
    stages,
    tasks,
    executors: executors.toExecutors(cpusPerTask(builder.environment)),
    sqlExecutions: builder.sql.toExecutions(liveStages.jobs, ordered),
    streamingQueries: builder.streaming.toQueries(),
    rdds: executors.toRdds(),
    log: {
      incomplete: gaps.some((gap) => gap.kind !== 'no-log-start' && gap.kind !== 'capped-text'),
      gaps,
      eventCount: facts.eventCount,
      bytesRead: facts.bytesRead,
      unknownEvents: facts.unknownEvents,
    },
  };
}

function addRunningTasks(builder: ApplicationBuilder, running: readonly StartedTask[]): void {
  for (const task of running) {
    const stage = builder.stages.stageOfTask(task.stageId, task.stageAttempt);
    stage.activeTaskCount += 1;
    stage.firstTaskLaunchedTime = earlier(stage.firstTaskLaunchedTime, task.launchTimeMs);
    builder.executors.taskRunning(task.executorId);
  }
}

function statusOf(ended: ApplicationBuilder['ended'], jobs: readonly Job[], inProgress: boolean): ApplicationStatus {
  if (ended === null) return inProgress ? 'RUNNING' : 'INCOMPLETE';
  if (ended.exitCode !== null) return ended.exitCode === 0 && !lastJobFailed(jobs) ? 'SUCCEEDED' : 'FAILED';
  return lastJobFailed(jobs) ? 'FAILED' : 'SUCCEEDED';
}

function lastJobFailed(jobs: readonly Job[]): boolean {
  const done = jobs.filter((job) => job.completionTime !== null);
  const last = done.reduce<Job | null>(
    (latest, job) => (latest === null || (job.completionTime ?? 0) >= (latest.completionTime ?? 0) ? job : latest),
    null,
  );
  return last?.status === 'FAILED';
}

function gapsOf(builder: ApplicationBuilder, merged: MergedTasks, facts: LogFacts): Gap[] {
  const gaps: Gap[] = [];
  const add = (kind: Gap['kind'], count: number, message: string) => {
    if (count > 0) gaps.push({ kind, count, message });
  };
  add(
    'no-application-start',
    builder.started === null ? 1 : 0,
    'The log has no SparkListenerApplicationStart: name, user and start time are unknown.',
  );
  add(
    'no-application-end',
    builder.ended === null ? 1 : 0,
    facts.inProgress
      ? 'The application was still running when this log was read, or its driver died: there is no SparkListenerApplicationEnd.'
      : 'The log ends without SparkListenerApplicationEnd: the end of the run is missing.',
  );
  add('capped-text', merged.cutErrors, `${merged.cutErrors} task error texts were cut to 300 characters.`);
  add(
    'capped-text',
    builder.sql.droppedPlans,
    `${builder.sql.droppedPlans} SQL plans larger than 16 MiB were left out.`,
  );
  const unfinished = [...builder.stages.stages.values()].filter((stage) => stage.status === 'ACTIVE').length;
  add(
    'unfinished-stages',
    builder.ended === null ? 0 : unfinished,
    `${unfinished} stage attempts have no end in the log: their SQL metrics are missing.`,
  );
  add(
    'impossible-values',
    merged.impossibleTimes,
    `${merged.impossibleTimes} tasks finish before they start; their duration counts as 0.`,
  );
  return gaps;
}

function versionFromProperties(environment: Omit<Environment, 'resourceProfiles'>): string | null {
  return environment.spark['spark.databricks.clusterUsageTags.sparkVersion'] ?? null;
}

function cpusPerTask(environment: Omit<Environment, 'resourceProfiles'>): number {
  const cpus = Number(environment.spark['spark.task.cpus'] ?? 1);
  return Number.isInteger(cpus) && cpus > 0 ? cpus : 1;
}
