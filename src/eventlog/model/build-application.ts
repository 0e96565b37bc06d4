import type { Application, ApplicationStatus, Environment, Gap, Job } from './application.ts';
import { ApplicationBuilder, earlier } from './application-builder.ts';
import { toStage } from './live-stages.ts';
import { MAX_ERRORS_CHARS, TaskMerger } from './merge-tasks.ts';
import type { ModelEvent } from './model-event.ts';
import { replayTasks } from './replay-tasks.ts';
import { type CollectedTasks, MAX_ERROR_CHARS, type StartedTask } from './task-collector.ts';

/** What one stretch of a log tells, in log order: its tasks, and its other events with the number of task ends before each. */
export interface SegmentContent {
  readonly tasks: CollectedTasks;
  readonly events: Iterable<{ readonly afterTaskEnds: number; readonly event: ModelEvent }>;
  /** Segments of the log in all, where they are of about the same size. */
  readonly segmentCount?: number;
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

/** Puts an application together from the segments of one log, handed over in log order. */
export class ApplicationAssembler {
  readonly #builder = new ApplicationBuilder();
  readonly #tasks = new TaskMerger();

  add(segment: SegmentContent): void {
    if (this.#builder.otherAppId !== null) return;
    const offset = this.#tasks.count;
    this.#tasks.add(segment.tasks, segment.segmentCount);
    let next = offset;
    for (const { afterTaskEnds, event } of segment.events) {
      next = replayTasks(this.#builder, this.#tasks, next, offset + afterTaskEnds);
      this.#builder.apply(event);
      if (this.#builder.otherAppId !== null) {
        this.#tasks.cutAt(next);
        return;
      }
    }
    replayTasks(this.#builder, this.#tasks, next, this.#tasks.count);
  }

  /** True when the log holds another application, of which nothing more is taken in. */
  get stopped(): boolean {
    return this.#builder.otherAppId !== null;
  }

  /** Bytes held by the tasks, which are most of what is held. */
  get byteLength(): number {
    return this.#tasks.byteLength;
  }

  /** The application; nothing can be added afterwards. */
  finish(facts: LogFacts): Application {
    return finish(this.#builder, this.#tasks, facts);
  }

  /** The application so far, which does not change when more is added. Costs a copy of the tasks' columns. */
  finishSoFar(facts: LogFacts): Application {
    const running = this.#tasks.running();
    const undo = rememberRunning(this.#builder, running);
    const application = finish(this.#builder, this.#tasks.copy(), facts, running);
    undo();
    return detached(application);
  }
}

function finish(
  builder: ApplicationBuilder,
  merged: TaskMerger,
  facts: LogFacts,
  running = merged.running(),
): Application {
  const { stages: liveStages, executors } = builder;
  addRunningTasks(builder, running);
  for (const { key, executorId, peaks } of merged.peaks()) {
    liveStages.peaks(key[0], key[1], executorId, peaks);
    executors.peaks(executorId, peaks);
  }
  const ordered = liveStages.ordered();
  const tasks = merged.toTable(ordered, running);
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
    executors: executors.toExecutors(),
    sqlExecutions: builder.sql.toExecutions(liveStages.jobs, ordered),
    streamingQueries: builder.streaming.toQueries(),
    rdds: executors.toRdds(),
    processes: [...builder.processes.values()],
    log: {
      incomplete: gaps.some((gap) => gap.kind !== 'capped-text'),
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
    for (const job of stage.jobs) job.activeTaskCount += 1;
    stage.firstTaskLaunchedTime = earlier(stage.firstTaskLaunchedTime, task.launchTimeMs);
    builder.executors.taskRunning(task.executorId);
  }
}

/** Remembers what counting running tasks changes. The returned function undoes it: they may have ended when the log has grown. */
function rememberRunning({ stages, executors }: ApplicationBuilder, running: readonly StartedTask[]): () => void {
  const undos = running.map((task) => {
    const stage = stages.find(task.stageId, task.stageAttempt);
    const executor = executors.executors.get(task.executorId);
    const stageBefore = stage === undefined ? null : { ...stage };
    const executorBefore = executor === undefined ? null : { ...executor };
    return () => {
      if (stage === undefined || stageBefore === null) stages.forget(task.stageId, task.stageAttempt);
      else {
        stage.activeTaskCount = stageBefore.activeTaskCount;
        stage.firstTaskLaunchedTime = stageBefore.firstTaskLaunchedTime;
        for (const job of stage.jobs) job.activeTaskCount -= 1;
      }
      if (executor === undefined || executorBefore === null) executors.executors.delete(task.executorId);
      else {
        executor.taskCount = executorBefore.taskCount;
        executor.activeTaskCount = executorBefore.activeTaskCount;
      }
    };
  });
  return () => {
    for (const undo of undos) undo();
  };
}

/** The application without anything that its builder goes on changing. */
function detached(application: Application): Application {
  const { jobs, stages, executors, streamingQueries, rdds, processes } = application;
  const copied = copyOf({ jobs, stages, executors, streamingQueries, rdds, processes });
  return { ...application, ...copied };
}

function copyOf<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [key, copyOf(held)])) as T;
  const copy = { ...value } as Record<string, unknown>;
  for (const [key, held] of Object.entries(copy)) if (typeof held === 'object') copy[key] = copyOf(held);
  return copy as T;
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

function gapsOf(builder: ApplicationBuilder, merged: TaskMerger, facts: LogFacts): Gap[] {
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
  add(
    'capped-text',
    merged.cutErrors,
    `${merged.cutErrors} task error texts were cut: at most ${MAX_ERROR_CHARS} characters of one and ${MAX_ERRORS_CHARS >> 20} Mi of all together are kept.`,
  );
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
  const lost = facts.gaps.some((gap) => gap.kind === 'compacted') ? 0 : lostTaskEnds(builder);
  add(
    'lost-task-events',
    lost,
    `${lost} task ends are missing of stages that completed: their times and bytes are in no total.`,
  );
  const duplicates = merged.duplicateCount + builder.duplicateEvents + builder.stages.duplicateEvents;
  add('duplicate-events', duplicates, `${duplicates} events are in the log twice; the second ones were left out.`);
  add(
    'several-applications',
    builder.otherAppId === null ? 0 : 1,
    `The log goes on with another application, ${builder.otherAppId}: only the first one was read. Split the file at its second SparkListenerApplicationStart.`,
  );
  add(
    'impossible-values',
    merged.unusable,
    `${merged.unusable} task events hold numbers that nothing can have measured; these count as missing.`,
  );
  add(
    'impossible-values',
    merged.impossibleTimes,
    `${merged.impossibleTimes} tasks finish before they start; their duration counts as 0.`,
  );
  return gaps;
}

/** Successful ends that are missing of completed stages. A stage that was tried again can share them with its other attempts. */
function lostTaskEnds(builder: ApplicationBuilder): number {
  const stages = [...builder.stages.stages.values()];
  const retried = new Set(stages.filter(({ stage }) => stage.attemptId > 0).map(({ stage }) => stage.stageId));
  return stages.reduce((lost, { stage, status, completedIndexes }) => {
    if (status !== 'COMPLETE' || retried.has(stage.stageId)) return lost;
    return lost + Math.max(0, stage.taskCount - completedIndexes.size);
  }, 0);
}

function versionFromProperties(environment: Omit<Environment, 'resourceProfiles'>): string | null {
  return environment.spark['spark.databricks.clusterUsageTags.sparkVersion'] ?? null;
}
