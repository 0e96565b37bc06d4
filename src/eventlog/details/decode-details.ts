import type { PlanNode } from '../model/application.ts';
import { arrayAt, idAt, idsAt, isObject, type JsonObject, numberAt, objectAt, textAt } from '../model/json-fields.ts';
import { decodeMetric, decodePlan } from '../model/read-plan.ts';
import type { DetailEvent, TaskAccumulable } from './detail-event.ts';

const SQL = 'org.apache.spark.sql.execution.ui.';

type Decoder = (event: JsonObject) => DetailEvent | null;

/** Events that details are made of, beside task ends. */
export const DETAIL_EVENTS: Readonly<Record<string, Decoder>> = {
  SparkListenerJobStart: decodeJobStart,
  SparkListenerJobEnd: (event) => {
    const jobId = idAt(event, 'Job ID');
    return jobId === null ? null : { type: 'job-end', jobId };
  },
  SparkListenerStageSubmitted: (event) => {
    const stage = objectAt(event, 'Stage Info');
    const stageId = idAt(stage, 'Stage ID');
    return stageId === null
      ? null
      : { type: 'stage-submitted', stageId, attemptId: idAt(stage, 'Stage Attempt ID') ?? 0 };
  },
  [`${SQL}SparkListenerSQLExecutionStart`]: decodePlanMetrics,
  [`${SQL}SparkListenerSQLAdaptiveExecutionUpdate`]: decodePlanMetrics,
  [`${SQL}SparkListenerSQLAdaptiveSQLMetricUpdates`]: (event) => {
    const executionId = idAt(event, 'executionId');
    if (executionId === null) return null;
    const metrics = arrayAt(event, 'sqlPlanMetrics').map(decodeMetric);
    return {
      type: 'metrics',
      executionId,
      metrics: metrics.filter((metric) => metric !== null).map(({ accumulatorId, type }) => [accumulatorId, type]),
    };
  },
  [`${SQL}SparkListenerDriverAccumUpdates`]: (event) => {
    const executionId = idAt(event, 'executionId');
    if (executionId === null) return null;
    const updates = arrayAt(event, 'accumUpdates').filter(isNumberPair);
    return { type: 'driver-metrics', executionId, updates };
  },
  [`${SQL}SparkListenerSQLExecutionEnd`]: (event) => {
    const executionId = idAt(event, 'executionId');
    return executionId === null ? null : { type: 'sql-end', executionId };
  },
};

/** Null for jobs that no SQL execution started. */
function decodeJobStart(event: JsonObject): DetailEvent | null {
  const jobId = idAt(event, 'Job ID');
  const executionId = idAt(objectAt(event, 'Properties'), 'spark.sql.execution.id');
  if (jobId === null || executionId === null) return null;
  const stages = arrayAt(event, 'Stage Infos').flatMap((stage) => {
    const stageId = isObject(stage) ? idAt(stage, 'Stage ID') : null;
    return stageId === null ? [] : { stageId, taskCount: idAt(stage as JsonObject, 'Number of Tasks') ?? 0 };
  });
  const ids = idsAt(event, 'Stage IDs');
  return {
    type: 'job-start',
    jobId,
    executionId,
    stageIds: ids.length > 0 ? ids : stages.map(({ stageId }) => stageId),
    stages,
  };
}

function decodePlanMetrics(event: JsonObject): DetailEvent | null {
  const executionId = idAt(event, 'executionId');
  if (executionId === null) return null;
  const metrics: Array<readonly [number, string]> = [];
  const root = decodePlan(event.sparkPlanInfo);
  const open: PlanNode[] = root === null ? [] : [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const { accumulatorId, type } of node.metrics) metrics.push([accumulatorId, type]);
    for (const child of node.children) open.push(child);
  }
  return { type: 'metrics', executionId, metrics };
}

function isNumberPair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => Number.isFinite(part));
}

/** Takes one task end apart: SQL metrics as pairs into `pairs`, and the user's accumulators. Null when it names no task. */
export function decodeTaskEnd(
  event: JsonObject,
  pairs: number[],
): { readonly head: readonly number[]; readonly changes: TaskAccumulable[] } | null {
  const task = objectAt(event, 'Task Info');
  const stageId = idAt(event, 'Stage ID');
  const taskId = idAt(task, 'Task ID');
  if (stageId === null || taskId === null) return null;
  const changes: TaskAccumulable[] = [];
  for (const accumulable of arrayAt(task, 'Accumulables').filter(isObject))
    takeAccumulable(accumulable, pairs, changes);
  const succeeded = idAt(task, 'Finish Time') !== 0 && task.Failed !== true && task.Killed !== true;
  return {
    head: [stageId, idAt(event, 'Stage Attempt ID') ?? 0, taskId, idAt(task, 'Index') ?? 0, succeeded ? 1 : 0],
    changes,
  };
}

function takeAccumulable(accumulable: JsonObject, pairs: number[], changes: TaskAccumulable[]): void {
  const id = idAt(accumulable, 'ID');
  if (id === null) return;
  if (accumulable.Metadata === 'sql') {
    const update = numberAt(accumulable, 'Update');
    if (update !== null) pairs.push(id, update);
  } else if (accumulable.Internal !== true) changes.push(toChange(id, accumulable));
}

function toChange(id: number, accumulable: JsonObject): TaskAccumulable {
  return {
    id,
    name: textAt(accumulable, 'Name') ?? '',
    update: valueText(accumulable.Update),
    value: valueText(accumulable.Value),
  };
}

function valueText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
