import type { Application, Gap, TaskTotals } from '../../../../eventlog/index.ts';
import { HeadgateError, throwIfCancelled } from '../../../../kernel/errors.ts';
import { countNoun } from '../../../../kernel/units.ts';
import { Slots } from '../../concurrency.ts';
import { toApplication } from './rest-application.ts';
import { hasStatus, type RestClient } from './rest-client.ts';
import { MAX_ERROR_CHARS, RestTasks } from './rest-tasks.ts';
import { WireApplication, WireEnvironment, WireExecutors, WireJobs, WireRdds, WireSql, WireVersion } from './wire.ts';
import { type WireStage, WireStages, type WireTask, WireTasks } from './wire-stages.ts';

/** Questions to one server that are open at once. */
const QUESTIONS_AT_ONCE = 4;
/** Tasks and SQL executions of one answer. */
const TASKS_A_PAGE = 10_000;
const SQL_A_PAGE = 500;

/** Which attempt to read, why not from its log, and how the caller follows it. */
export interface RestReading {
  readonly appId: string;
  readonly attemptId: string | null;
  /** Why the log itself is not read, as part of a sentence. */
  readonly because: string;
  readonly signal?: AbortSignal | undefined;
  /** Answers so far, of so many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Address of an attempt beneath `/api/v1/`. */
export function attemptPath(appId: string, attemptId: string | null): string {
  const application = `applications/${encodeURIComponent(appId)}`;
  return attemptId === null ? application : `${application}/${encodeURIComponent(attemptId)}`;
}

/**
 * Builds an application from the answers of the REST, field by field, where its event log cannot be had. What the REST
 * does not tell, and what its server has dropped, is stated in `log.gaps`.
 *
 * Errors: those of `RestClient`; `not_found` when the server does not know the application. Cost: one question for each
 * stage attempt that ran, and one more for every 10,000 of its tasks.
 */
export async function readApplicationOverRest(client: RestClient, reading: RestReading): Promise<Application> {
  const failed = new AbortController();
  const signal = reading.signal === undefined ? failed.signal : AbortSignal.any([reading.signal, failed.signal]);
  try {
    return await readAll(client, { ...reading, signal });
  } finally {
    // The questions that are still open are of no use when one has failed.
    failed.abort();
    throwIfCancelled(reading.signal);
  }
}

async function readAll(client: RestClient, reading: RestReading & { signal: AbortSignal }): Promise<Application> {
  const { appId, attemptId, signal } = reading;
  const bytesBefore = client.bytesRead;
  const path = attemptPath(appId, attemptId);
  const ask = <S extends Parameters<RestClient['json']>[1]>(name: string, schema: S, query = {}) =>
    client.json({ path: `${path}/${name}`, query, signal }, schema);
  const application = await client.json({ path: attemptPath(appId, null), signal }, WireApplication);
  const attempt = application.attempts.find((one) => attemptId === null || one.attemptId === attemptId);
  if (attempt === undefined)
    throw new HeadgateError('not_found', `The server has no attempt ${attemptId} of ${appId}.`);
  const steps = new Steps(reading.onProgress);
  const [version, jobs, unordered, executors, environment, sql, rdds] = await Promise.all([
    steps.count(orNull(client.json({ path: 'version', signal }, WireVersion))),
    steps.count(ask('jobs', WireJobs)),
    steps.count(ask('stages', WireStages)),
    steps.count(ask('allexecutors', WireExecutors)),
    steps.count(orNull(ask('environment', WireEnvironment))),
    steps.count(orNull(readSql((query) => ask('sql', WireSql, query)))),
    steps.count(orNull(ask('storage/rdd', WireRdds))),
  ]);
  const stages = unordered.toSorted((a, b) => a.stageId - b.stageId || a.attemptId - b.attemptId);
  const tasks = new RestTasks();
  const slots = new Slots(QUESTIONS_AT_ONCE);
  const read = await Promise.all(
    stages.map(async (stage, row): Promise<StageTasks> => {
      if (!hasTasks(stage)) return { totals: null, missing: 0 };
      const list = await steps.count(slots.run(signal, () => readTasks(ask, stage)));
      return { totals: tasks.add(row, list), missing: Math.max(0, taskCountOf(stage) - list.length) };
    }),
  );
  const gaps = gapsOf(reading.because, {
    missingTasks: read.reduce((sum, { missing }) => sum + missing, 0),
    missingJobs: missingIds(jobs.map(({ jobId }) => jobId)),
    missingStages: new Set(jobs.flatMap(({ stageIds }) => stageIds)).difference(
      new Set(stages.map(({ stageId }) => stageId)),
    ).size,
    missingSql: missingIds((sql ?? []).map(({ id }) => id)),
    cutErrors: tasks.cutErrors,
    running: !attempt.completed,
    silent: [
      ...(environment === null ? ['the environment'] : []),
      ...(sql === null ? ['SQL executions'] : []),
      ...(rdds === null ? ['cached RDDs'] : []),
    ],
  });
  return toApplication({
    application,
    attempt,
    serverVersion: attempt.completed ? null : (version?.spark ?? null),
    jobs,
    stages,
    executors,
    environment,
    sql: sql ?? [],
    rdds: rdds ?? [],
    tasks: tasks.toTable(),
    totals: read.map(({ totals }) => totals),
    work: tasks.work,
    lastFinishTime: tasks.lastFinishTime,
    gaps,
    bytesRead: client.bytesRead - bytesBefore,
  });
}

interface StageTasks {
  readonly totals: Partial<TaskTotals> | null;
  /** Tasks that the server counts and does not list. */
  readonly missing: number;
}

/** Reports every answer; how many there will be grows as they are asked for. */
class Steps {
  readonly #report: ((done: number, total: number) => void) | undefined;
  #done = 0;
  #total = 0;

  constructor(report: ((done: number, total: number) => void) | undefined) {
    this.#report = report;
  }

  async count<T>(work: Promise<T>): Promise<T> {
    this.#total += 1;
    const result = await work;
    this.#done += 1;
    this.#report?.(this.#done, this.#total);
    return result;
  }
}

/** An answer that older servers do not have. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (hasStatus(error, [404, 405, 501])) return null;
    throw error;
  }
}

const taskCountOf = (stage: WireStage): number =>
  stage.numActiveTasks + stage.numCompleteTasks + stage.numFailedTasks + stage.numKilledTasks;

const hasTasks = (stage: WireStage): boolean => stage.status !== 'SKIPPED' && taskCountOf(stage) > 0;

type AskTasks = (name: string, schema: typeof WireTasks, query: Record<string, number | string>) => Promise<WireTask[]>;

async function readTasks(ask: AskTasks, { stageId, attemptId }: WireStage): Promise<WireTask[]> {
  const tasks = new Map<number, WireTask>();
  for (let offset = 0; ; offset += TASKS_A_PAGE) {
    const query = { offset, length: TASKS_A_PAGE, sortBy: 'ID' };
    const page = await orNull(ask(`stages/${stageId}/${attemptId}/taskList`, WireTasks, query));
    for (const task of page ?? []) tasks.set(task.taskId, task);
    if (page === null || page.length < TASKS_A_PAGE) return [...tasks.values()];
  }
}

/** All pages. Servers before 3.1 do not know pages and answer all at once. */
async function readSql<T extends { id: number }>(ask: (query: Record<string, number | boolean>) => Promise<T[]>) {
  const all = new Map<number, T>();
  for (let offset = 0; ; offset += SQL_A_PAGE) {
    const page = await ask({ details: true, planDescription: true, offset, length: SQL_A_PAGE });
    const known = all.size;
    for (const one of page) all.set(one.id, one);
    if (page.length < SQL_A_PAGE || all.size === known) return [...all.values()];
  }
}

/** Ids count up from 0: how many below the largest are not there. */
const missingIds = (ids: readonly number[]): number =>
  ids.reduce((max, id) => Math.max(max, id + 1), 0) - new Set(ids).size;

interface Losses {
  readonly missingTasks: number;
  readonly missingJobs: number;
  readonly missingStages: number;
  readonly missingSql: number;
  readonly cutErrors: number;
  readonly running: boolean;
  readonly silent: readonly string[];
}

function gapsOf(because: string, losses: Losses): Gap[] {
  const gaps: Gap[] = [
    {
      kind: 'read-over-rest',
      count: 1,
      message: `Read over REST, field by field, because ${because}: parents of stages, initial SQL plans and plan updates, streaming queries, exit code and RDDs no longer cached are not told; SQL sizes and times are rounded as the UI shows them; a failed job's error is that of its failed stage.`,
    },
  ];
  const add = (kind: Gap['kind'], count: number, message: string) => {
    if (count > 0) gaps.push({ kind, count, message });
  };
  add('no-application-end', losses.running ? 1 : 0, 'The application was still running when it was read.');
  add('read-over-rest', losses.silent.length, `The server does not tell ${losses.silent.join(', ')}.`);
  const dropped = (count: number, noun: string, setting: string) =>
    add(
      'dropped-by-server',
      count,
      `The server has dropped ${countNoun(count, noun)}: it keeps as many as ${setting} says. Raise it there, or read the event log.`,
    );
  dropped(losses.missingJobs, 'job', 'spark.ui.retainedJobs');
  dropped(losses.missingStages, 'stage', 'spark.ui.retainedStages');
  dropped(losses.missingTasks, 'task', 'spark.ui.retainedTasks');
  dropped(losses.missingSql, 'SQL execution', 'spark.sql.ui.retainedExecutions');
  add(
    'capped-text',
    losses.cutErrors,
    `${losses.cutErrors} task error texts were cut to ${MAX_ERROR_CHARS} characters.`,
  );
  return gaps;
}
