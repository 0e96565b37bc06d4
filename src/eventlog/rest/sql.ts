import type { ApplicationDetails } from '../details/read-details.ts';
import type { Application, JobStatus, SqlExecution } from '../model/application.ts';
import { gmt, type Json, Streamed } from './json.ts';
import { buildPlanGraph, type GraphNode, type PlanGraph } from './plan-graph.ts';
import { immutableIntOrder, immutableTextOrder } from './scala-map-order.ts';

/** What is told of each execution. */
export interface SqlDetail {
  /** Nodes with their metrics, and edges. */
  readonly details: boolean;
  readonly planDescription: boolean;
}

/** Which executions, by id. A length of 0 or less means all of them, whatever the offset. */
export interface SqlListRequest extends SqlDetail {
  readonly offset: number;
  readonly length: number;
}

const CLUSTER_NAME = /^WholeStageCodegen \((-?\d+)\)$/;
const CLUSTER = 'WholeStageCodegen';

/**
 * `/sql`. `details` holds the texts of the metrics, which need a second reading of the log (`readDetails`); without it the
 * nodes have none. `nowMs` ends executions that have no end.
 */
export function renderSqlList(
  application: Application,
  request: SqlListRequest,
  details: ApplicationDetails | null,
  nowMs = Date.now(),
): Json {
  const { offset, length } = request;
  const all = application.sqlExecutions;
  const wanted = length <= 0 ? all : all.slice(offset, offset + length);
  return Streamed.array(executionsJson(application, wanted, request, details, nowMs));
}

/** `/sql/{id}`; null when there is no such execution. */
export function renderSql(
  application: Application,
  executionId: number,
  request: SqlDetail,
  details: ApplicationDetails | null,
  nowMs = Date.now(),
): Json | null {
  const execution = application.sqlExecutions.find((one) => one.executionId === executionId);
  if (execution === undefined) return null;
  return executionJson(execution, statusesOf(application), request, details, nowMs);
}

function* executionsJson(
  application: Application,
  executions: readonly SqlExecution[],
  request: SqlDetail,
  details: ApplicationDetails | null,
  nowMs: number,
): Generator<Json> {
  const statuses = statusesOf(application);
  for (const execution of executions) yield executionJson(execution, statuses, request, details, nowMs);
}

type Statuses = ReadonlyMap<number, JobStatus>;

const statusesOf = (application: Application): Statuses =>
  new Map(application.jobs.map(({ jobId, status }) => [jobId, status]));

function executionJson(
  execution: SqlExecution,
  statuses: Statuses,
  request: SqlDetail,
  details: ApplicationDetails | null,
  nowMs: number,
): Json {
  const jobs = immutableIntOrder(execution.jobIds, (id) => id);
  const withStatus = (status: JobStatus) => jobs.filter((id) => statuses.get(id) === status);
  const graph: PlanGraph = request.details ? buildPlanGraph(execution.plan) : { nodes: [], edges: [] };
  return {
    id: execution.executionId,
    status: statusOf(execution, withStatus('FAILED').length > 0),
    description: execution.description,
    planDescription: request.planDescription ? execution.physicalPlanText : '',
    submissionTime: gmt(execution.submissionTime),
    duration: (execution.completionTime ?? nowMs) - (execution.submissionTime ?? 0),
    runningJobIds: withStatus('RUNNING'),
    successJobIds: withStatus('SUCCEEDED'),
    failedJobIds: withStatus('FAILED'),
    nodes: nodesJson(graph, details?.sqlMetrics.get(execution.executionId) ?? new Map()),
    edges: graph.edges.map(({ fromId, toId }) => ({ fromId, toId })),
    queryId: execution.queryId,
    errorMessage: execution.loggedError,
    rootExecutionId: execution.rootExecutionId ?? execution.executionId,
    modifiedConfigs: new Map(immutableTextOrder(Object.entries(execution.modifiedConfigs), ([name]) => name)),
  };
}

/** Source: SQLExecutionUIData.executionStatus. */
function statusOf({ loggedError, completionTime }: SqlExecution, jobFailed: boolean): string {
  if (loggedError !== null) return loggedError === '' ? 'COMPLETED' : 'FAILED';
  if (completionTime === null) return 'RUNNING';
  return jobFailed ? 'FAILED' : 'COMPLETED';
}

/** The last node first. */
function nodesJson(graph: PlanGraph, texts: ReadonlyMap<number, string>): Json {
  const clusterIds = new Map<number, number>();
  for (const { name, members } of graph.nodes) {
    const id = CLUSTER_NAME.exec(name.trim())?.[1];
    if (id !== undefined && name.trim().startsWith(CLUSTER))
      for (const member of members ?? []) clusterIds.set(member.id, Number(id));
  }
  return [...graph.nodes].sort((a, b) => b.id - a.id).map((node) => nodeJson(node, clusterIds.get(node.id), texts));
}

function nodeJson(node: GraphNode, clusterId: number | undefined, texts: ReadonlyMap<number, string>): Json {
  return {
    nodeId: node.id,
    nodeName: node.name.trim(),
    wholeStageCodegenId: clusterId,
    metrics: node.metrics.flatMap(({ name, accumulatorId }) => {
      const text = texts.get(accumulatorId);
      return text === undefined ? [] : { name: name.trim(), value: text.startsWith('\n') ? text.slice(1) : text };
    }),
    desc: node.description,
  };
}
