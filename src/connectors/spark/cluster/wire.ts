import { z } from 'zod';

// What Spark's standalone servers send. Source: JsonProtocol.scala and SubmitRestProtocolResponse.scala of Spark 3.5 and 4.3,
// and answers of both.

const count = z.number().catch(0);

/** One application in the master's `/json/`. */
export const MasterApplication = z.object({
  id: z.string(),
  name: z.string().catch(''),
  cores: count,
  state: z.string().catch('UNKNOWN'),
  starttime: count,
  duration: count,
});
export type MasterApplication = z.infer<typeof MasterApplication>;

const MasterDriver = z.object({ id: z.string(), state: z.string().catch('UNKNOWN') });

/** `/json/` of a master. */
export const MasterState = z.object({
  url: z.string(),
  status: z.string(),
  workers: z
    .array(
      z.object({
        id: z.string(),
        host: z.string(),
        webuiaddress: z.string().catch(''),
        cores: count,
        coresused: count,
        /** MiB. */
        memory: count,
        memoryused: count,
        state: z.string(),
      }),
    )
    .catch([]),
  cores: count,
  coresused: count,
  memory: count,
  memoryused: count,
  activeapps: z.array(MasterApplication).catch([]),
  completedapps: z.array(MasterApplication).catch([]),
  activedrivers: z.array(MasterDriver).catch([]),
});
export type MasterState = z.infer<typeof MasterState>;

const WorkerExecutor = z.object({ id: z.union([z.number(), z.string()]).transform(String), appid: z.string() });

/** `/json/` of a worker. */
export const WorkerState = z.object({
  executors: z.array(WorkerExecutor).catch([]),
  finishedexecutors: z.array(WorkerExecutor).catch([]),
});

/** What the submission API answers. */
export const SubmissionAnswer = z.object({
  action: z.string(),
  success: z.boolean().catch(false),
  message: z.string().optional().catch(undefined),
  submissionId: z.string().optional(),
  serverSparkVersion: z.string().optional(),
  driverState: z.string().optional(),
  workerId: z.string().optional(),
});
export type SubmissionAnswer = z.infer<typeof SubmissionAnswer>;

/** `/applications` of a driver's page. */
export const UiApplications = z.array(z.object({ id: z.string(), name: z.string().catch('') }));

/** `/applications/{id}/environment`, as far as it names the job. */
export const UiEnvironment = z.object({ sparkProperties: z.array(z.tuple([z.string(), z.string()])) });

/** `/applications/{id}/jobs`. */
export const UiJobs = z.array(
  z.object({
    jobId: z.number(),
    status: z.string(),
    numTasks: count,
    numCompletedTasks: count,
    numSkippedTasks: count,
    numFailedTasks: count,
  }),
);

/** `/applications/{id}/stages`. */
export const UiStages = z.array(
  z.object({
    stageId: z.number(),
    attemptId: z.number().catch(0),
    status: z.string(),
    name: z.string().catch(''),
    numTasks: count,
    numCompleteTasks: count,
    numFailedTasks: count,
  }),
);
export type UiStages = z.infer<typeof UiStages>;

/** `/applications/{id}/allexecutors`. */
export const UiExecutors = z.array(
  z.object({
    id: z.string(),
    isActive: z.boolean().catch(false),
    totalCores: count,
    completedTasks: count,
    failedTasks: count,
    totalDuration: count,
    totalGCTime: count,
    totalInputBytes: count,
    totalShuffleRead: count,
    totalShuffleWrite: count,
    memoryUsed: count,
  }),
);
