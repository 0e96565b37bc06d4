import {
  type Application,
  type ApplicationDetails,
  type JobStatus,
  type Json,
  noStreamingListener,
  type RestTaskStatus,
  renderEnvironment,
  renderExecutors,
  renderJob,
  renderJobs,
  renderMiscellaneousProcesses,
  renderRdd,
  renderRdds,
  renderSql,
  renderSqlList,
  renderStage,
  renderStageAttempts,
  renderStages,
  renderTaskList,
  renderTaskSummary,
  type Stage,
  type StageDetail,
  type StageStatus,
  type TaskSorting,
} from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quoted.ts';
import { RouteRefusal } from './answers.ts';
import { MAX_INT, type QueryParameters } from './parameters.ts';

/** What a resource is rendered from. */
export interface ResourceRequest {
  /** Parses the application. Refuses an unknown one with 404. */
  readonly load: () => Promise<Application>;
  /** What a second reading of its log tells; null where the source cannot read it. */
  readonly readDetails: () => Promise<ApplicationDetails | null>;
  readonly query: QueryParameters;
  readonly params: Readonly<Record<string, string>>;
  /** Now, epoch ms. */
  readonly now: number;
}

/** What stands below an application or one of its attempts. */
export interface Resource {
  /** Below the application, with variables as fastify writes them. */
  readonly path: string;
  readonly name: string;
  readonly render: (request: ResourceRequest) => Promise<Json>;
  /** True when the answer depends on the application and the query alone, so that its text can be kept. */
  readonly isFixed?: (query: QueryParameters) => boolean;
}

const JOB_STATUSES: readonly JobStatus[] = ['RUNNING', 'SUCCEEDED', 'FAILED', 'UNKNOWN'];
const STAGE_STATUSES: readonly StageStatus[] = ['ACTIVE', 'COMPLETE', 'FAILED', 'PENDING', 'SKIPPED'];
const TASK_STATUSES: readonly RestTaskStatus[] = ['RUNNING', 'KILLED', 'FAILED', 'SUCCESS', 'UNKNOWN'];
/** Spellings of TaskSorting beside its names. */
const SORTINGS: Readonly<Record<string, TaskSorting>> = {
  ID: 'ID',
  INCREASING_RUNTIME: 'INCREASING_RUNTIME',
  RUNTIME: 'INCREASING_RUNTIME',
  DECREASING_RUNTIME: 'DECREASING_RUNTIME',
  '-RUNTIME': 'DECREASING_RUNTIME',
};

const STAGE_QUANTILES = '0.0,0.25,0.5,0.75,1.0';
const TASK_QUANTILES = '0.05,0.25,0.5,0.75,0.95';

/** Paths about DStreams. */
const STREAMING_PATHS = [
  'statistics',
  'receivers',
  'receivers/:streamId(^\\d+$)',
  'batches',
  'batches/:batchId(^\\d+$)',
  'batches/:batchId(^\\d+$)/operations',
  'batches/:batchId(^\\d+$)/operations/:outputOpId(^\\d+$)',
];

/** Everything below an application but its logs. */
export const RESOURCES: readonly Resource[] = [
  {
    path: 'jobs',
    name: 'jobs',
    render: async ({ load, query }) => {
      const statuses = query.choices('status', JOB_STATUSES);
      return renderJobs(await load(), statuses);
    },
    isFixed: () => true,
  },
  {
    path: 'jobs/:jobId(^\\d+$)',
    name: 'job',
    render: async ({ load, params }) => {
      const jobId = idOf(params, 'jobId');
      return renderJob(await load(), jobId) ?? refuse(`unknown job: ${jobId}`);
    },
  },
  {
    path: 'stages',
    name: 'stages',
    render: async ({ load, query, readDetails }) => {
      const statuses = query.choices('status', STAGE_STATUSES);
      // Of the list alone, Spark reads the quantiles before it looks for the application.
      const detail = detailOf(query, false)();
      const application = await load();
      return renderStages(application, statuses, await withAccumulables(application, detail, readDetails));
    },
    // Details read the log again, which another time may not be there.
    isFixed: (query) => !query.flag('details', false),
  },
  {
    path: 'stages/:stageId(^\\d+$)',
    name: 'stage',
    render: async ({ load, query, params, readDetails }) => {
      const stageId = idOf(params, 'stageId');
      const detailFor = detailOf(query, true);
      const application = await load();
      const detail = await withAccumulables(application, detailFor(), readDetails);
      return renderStageAttempts(application, stageId, detail) ?? refuse(`unknown stage: ${stageId}`);
    },
  },
  {
    path: 'stages/:stageId(^\\d+$)/:stageAttemptId(^\\d+$)',
    name: 'stage-attempt',
    render: async ({ load, query, params, readDetails }) => {
      const [stageId, attemptId] = [idOf(params, 'stageId'), idOf(params, 'stageAttemptId')];
      const detailFor = detailOf(query, true);
      const application = await load();
      const stage = stageAt(application, stageId, attemptId);
      const detail = await withAccumulables(application, detailFor(), readDetails);
      return stage === undefined
        ? refuse(unknownAttempt(application, stageId))
        : renderStage(application, stage, detail);
    },
  },
  {
    path: 'stages/:stageId(^\\d+$)/:stageAttemptId(^\\d+$)/taskSummary',
    name: 'task-summary',
    render: async ({ load, query, params }) => {
      const [stageId, attemptId] = [idOf(params, 'stageId'), idOf(params, 'stageAttemptId')];
      const application = await load();
      const quantiles = query.quantiles(TASK_QUANTILES);
      const summary = renderTaskSummary(application, stageAt(application, stageId, attemptId), quantiles);
      return summary ?? refuse(`No tasks reported metrics for ${stageId} / ${attemptId} yet.`);
    },
  },
  {
    path: 'stages/:stageId(^\\d+$)/:stageAttemptId(^\\d+$)/taskList',
    name: 'task-list',
    render: async ({ load, query, params, readDetails }) => {
      const [stageId, attemptId] = [idOf(params, 'stageId'), idOf(params, 'stageAttemptId')];
      const request = {
        offset: query.integer('offset', 0),
        length: query.integer('length', 20),
        sortBy: sortingOf(query.text('sortBy')),
        statuses: query.choices('status', TASK_STATUSES),
      };
      const application = await load();
      const stage = stageAt(application, stageId, attemptId);
      const details = (stage?.accumulators.length ?? 0) > 0 ? await readDetails() : null;
      return renderTaskList(application, stage, request, details?.taskAccumulables);
    },
  },
  {
    path: 'executors',
    name: 'executors',
    render: async ({ load, now }) => renderExecutors(await load(), { activeOnly: true }, now),
  },
  {
    path: 'allexecutors',
    name: 'all-executors',
    render: async ({ load, now }) => renderExecutors(await load(), { activeOnly: false }, now),
  },
  {
    path: 'executors/:executorId/threads',
    name: 'executor-threads',
    render: async ({ load, params }) => {
      await load();
      if (params.executorId !== 'driver' && !/^\d+$/.test(params.executorId ?? ''))
        throw new RouteRefusal(400, "Invalid executorId: neither 'driver' nor number.");
      throw new RouteRefusal(503, 'Thread dumps not available through the history server.');
    },
  },
  { path: 'environment', name: 'environment', render: async ({ load }) => renderEnvironment(await load()) },
  { path: 'storage/rdd', name: 'rdds', render: async ({ load }) => renderRdds(await load()) },
  {
    path: 'storage/rdd/:rddId(^\\d+$)',
    name: 'rdd',
    render: async ({ load, params }) => {
      const rddId = idOf(params, 'rddId');
      return renderRdd(await load(), rddId) ?? refuse(`no rdd found w/ id ${rddId}`);
    },
  },
  {
    path: 'sql',
    name: 'sql-executions',
    render: async ({ load, query, readDetails, now }) => {
      const request = {
        ...sqlDetailOf(query),
        offset: query.integer('offset', 0),
        length: query.integer('length', -1),
      };
      const application = await load();
      return renderSqlList(application, request, request.details ? await readDetails() : null, now);
    },
  },
  {
    path: 'sql/:executionId(^\\d+$)',
    name: 'sql-execution',
    render: async ({ load, query, params, readDetails, now }) => {
      const executionId = idOf(params, 'executionId', Number.MAX_SAFE_INTEGER);
      const request = sqlDetailOf(query);
      const application = await load();
      const details = request.details ? await readDetails() : null;
      return (
        renderSql(application, executionId, request, details, now) ??
        refuse(`unknown query execution id: ${executionId}`)
      );
    },
  },
  {
    path: 'allmiscellaneousprocess',
    name: 'processes',
    render: async ({ load }) => renderMiscellaneousProcesses(await load()),
  },
  ...STREAMING_PATHS.map(
    (path): Resource => ({
      path: `streaming/${path}`,
      name: 'streaming',
      render: async ({ load }) => refuse(noStreamingListener(await load())),
    }),
  ),
];

/** Refuses as the History Server does what it does not know. */
function refuse(message: string): never {
  throw new RouteRefusal(404, message);
}

/** An id of the path. Errors: `not_found` for one beyond `largest`, which is that of Java's `int`. */
function idOf(params: Readonly<Record<string, string>>, name: string, largest = MAX_INT): number {
  const id = Number(params[name]);
  if (id <= largest) return id;
  throw new HeadgateError('not_found', `There is no id ${label(params[name] ?? '')}: ids end at ${largest}.`);
}

/** Tasks have user accumulators only where their stages have: most logs need no second reading. */
async function withAccumulables(
  application: Application,
  detail: StageDetail,
  readDetails: ResourceRequest['readDetails'],
): Promise<StageDetail> {
  if (!detail.details || !application.stages.some(({ accumulators }) => accumulators.length > 0)) return detail;
  return { ...detail, accumulables: (await readDetails())?.taskAccumulables };
}

const sqlDetailOf = (query: QueryParameters) => ({
  details: query.flag('details', true),
  planDescription: query.flag('planDescription', true),
});

/** Reads everything but the quantiles at once: a bad quantile is refused after an unknown application. */
function detailOf(query: QueryParameters, details: boolean): () => StageDetail {
  const asked = {
    details: query.flag('details', details),
    withSummaries: query.flag('withSummaries', false),
    taskStatuses: query.choices('taskStatus', TASK_STATUSES),
  };
  return () => ({ ...asked, quantiles: query.quantiles(STAGE_QUANTILES) });
}

function sortingOf(text: string | null): TaskSorting {
  if (text === null) return 'ID';
  const sorting = Object.hasOwn(SORTINGS, text.toUpperCase()) ? SORTINGS[text.toUpperCase()] : undefined;
  if (sorting !== undefined) return sorting;
  throw new HeadgateError(
    'not_found',
    `The parameter sortBy is ${label(text)}: it must be one of ID, runtime, -runtime.`,
  );
}

const stageAt = (application: Application, stageId: number, attemptId: number): Stage | undefined =>
  application.stages.find((stage) => stage.stageId === stageId && stage.attemptId === attemptId);

function unknownAttempt(application: Application, stageId: number): string {
  const attempts = application.stages.filter((stage) => stage.stageId === stageId).map(({ attemptId }) => attemptId);
  return attempts.length === 0
    ? `unknown stage: ${stageId}`
    : `unknown attempt for stage ${stageId}.  Found attempts: [${attempts.join(',')}]`;
}
