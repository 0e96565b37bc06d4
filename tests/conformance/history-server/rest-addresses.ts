/** An address to ask both servers, and the row of the parity table that it belongs to. */
export interface Address {
  readonly endpoint: string;
  readonly path: string;
}

interface Listed {
  readonly id: string;
  readonly attempts: ReadonlyArray<{ readonly attemptId?: string }>;
}

interface ListedStage {
  readonly stageId: number;
  readonly attemptId: number;
  readonly status: string;
}

/** Asks the History Server; the text of its answer. */
export type Ask = (path: string) => Promise<{ readonly status: number; readonly body: string }>;

const one = (endpoint: string, path: string): Address => ({ endpoint, path });

/** Addresses that need no application. */
export const LIST_ADDRESSES: readonly Address[] = [
  one('version', '/version'),
  ...[
    '',
    '/',
    '?limit=3',
    '?limit=0',
    '?limit=-2',
    '?limit=%2B2',
    '?status=completed',
    '?status=RUNNING',
    '?status=RUNNING&status=COMPLETED',
    '?status=',
    '?minDate=2026-11-21',
    '?minDate=2026-11-21T07:10:00.000GMT',
    '?minDate=2026-11-21T08:10:00.000GMT%2B01:00&limit=5',
    '?minDate=2026-11-20T23:10:00.000PST',
    '?maxDate=2026-11-21T07:10:00.000GMT',
    '?maxDate=2026-11-20',
    '?minEndDate=2026-11-21T07:10:00.000GMT',
    '?maxEndDate=2026-11-21T07:10:00.000GMT&status=completed',
    '?minDate=2026-13-41',
    '?minDate=',
    '?minDate=yesterday',
    '?maxEndDate=2026-11-21T07',
    '?limit=some',
    '?limit=99999999999',
    '?status=done',
    '/nope',
    '/nope/1',
    '/nope/jobs',
    '/nope/1/jobs',
    '/nope/1/2/jobs',
    '/nope/stages/0',
    '/nope/stages?quantiles=x',
    '/nope/logs',
    '/nope/executors',
    '/nope/sql',
    '/nope/storage/rdd',
    '/nope/environment',
  ].map((rest) => one('applications', `/applications${rest}`)),
];

const QUANTILES = [
  '',
  '?quantiles=0,0.05,0.25,0.5,0.75,0.95,1',
  '?quantiles=0.5,0.33,1',
  '?quantiles=0.01',
  '?quantiles=2,0.5',
];

/** Everything that is asked of one attempt of an application. */
export async function addressesOf(ask: Ask, application: Listed, attemptId: string | undefined): Promise<Address[]> {
  const root = `/applications/${application.id}${attemptId === undefined ? '' : `/${attemptId}`}`;
  const json = async <T>(path: string): Promise<T[]> => JSON.parse((await ask(root + path)).body) as T[];
  const jobs = await json<{ jobId: number }>('/jobs');
  const stages = await json<ListedStage>('/stages');
  const executions = await json<{ id: number }>('/sql?length=100000');
  const rdds = await json<{ id: number }>('/storage/rdd');
  const at = (endpoint: string, ...paths: string[]): Address[] => paths.map((path) => one(endpoint, root + path));
  return [
    ...at('application', '', '/'),
    ...at(
      'jobs',
      '/jobs',
      '/jobs?status=succeeded',
      '/jobs?status=FAILED&status=RUNNING',
      '/jobs?status=',
      '/jobs?status=x',
    ),
    ...jobs.flatMap(({ jobId }) => at('job', `/jobs/${jobId}`)),
    ...at('job', '/jobs/99999', '/jobs/x', '/jobs/99999999999'),
    ...at(
      'stages',
      '/stages',
      '/stages?status=complete',
      '/stages?status=FAILED&status=SKIPPED',
      '/stages?status=pending',
      '/stages?details=true',
      '/stages?details=true&taskStatus=failed',
      '/stages?details=true&taskStatus=KILLED&taskStatus=RUNNING',
      '/stages?taskStatus=failed',
      '/stages?details=true&taskStatus=unknown',
      '/stages?withSummaries=true',
      '/stages?withSummaries=true&quantiles=0.1,0.9',
      '/stages?quantiles=x',
      '/stages?status=none',
    ),
    ...stages.flatMap((stage) => stageAddresses(at, stage)),
    ...at('stage', '/stages/99999', '/stages/99999/0', '/stages/0/77', '/stages/x'),
    ...at(
      'taskSummary',
      '/stages/99999/0/taskSummary',
      '/stages/0/0/taskSummary?quantiles=',
      '/stages/0/0/taskSummary?quantiles=a',
    ),
    ...at('taskList', '/stages/99999/0/taskList', '/stages/0/0/taskList?sortBy=speed', '/stages/0/0/taskList?length=x'),
    ...at('executors', '/executors'),
    ...at('allexecutors', '/allexecutors'),
    ...at('threads', '/executors/driver/threads', '/executors/x/threads'),
    ...at('storage', '/storage/rdd', '/storage/rdd/99999', '/storage'),
    ...rdds.flatMap(({ id }) => at('storage', `/storage/rdd/${id}`)),
    ...at('environment', '/environment'),
    ...at(
      'sql',
      '/sql',
      '/sql?details=false',
      '/sql?planDescription=false',
      '/sql?details=true&planDescription=true&length=100000',
      '/sql?offset=1&length=2',
      '/sql?offset=99',
      '/sql?length=0',
      '/sql/99999',
      '/sql/x',
    ),
    ...executions.flatMap(({ id }) =>
      at('sql', `/sql/${id}`, `/sql/${id}?details=false`, `/sql/${id}?planDescription=false`),
    ),
    ...at('streaming', '/streaming/statistics', '/streaming/receivers', '/streaming/batches', '/streaming/batches/1'),
    ...at('processes', '/allmiscellaneousprocess', '/miscellaneousprocess'),
    ...at('unknown', '/nothing/here', '/nothing'),
  ];
}

function stageAddresses(at: (endpoint: string, ...paths: string[]) => Address[], stage: ListedStage): Address[] {
  const { stageId, attemptId } = stage;
  const path = `/stages/${stageId}/${attemptId}`;
  const list = (query: string): string => `${path}/taskList${query}`;
  return [
    ...at('stage', `/stages/${stageId}`, `/stages/${stageId}?details=false`, path, `${path}?details=false`),
    ...at('stage', `${path}?withSummaries=true&quantiles=0.2,0.8`, `${path}?taskStatus=FAILED`),
    ...at('taskSummary', ...QUANTILES.map((quantiles) => `${path}/taskSummary${quantiles}`)),
    ...at(
      'taskList',
      list('?length=100000'),
      list('?sortBy=runtime&length=100000'),
      list('?sortBy=-runtime&length=100000'),
      list('?sortBy=INCREASING_RUNTIME&length=3'),
      list('?sortBy=DECREASING_RUNTIME&offset=2&length=3'),
      list('?status=SUCCESS&length=4&offset=1'),
      list('?status=failed&status=KILLED'),
      list('?offset=1&length=2'),
      list('?offset=10000'),
    ),
  ];
}
