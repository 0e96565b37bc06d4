import type { PlanMetric, PlanNode } from '../model/application.ts';
import type { ModelEvent } from '../model/model-event.ts';
import { arrayAt, idAt, isObject, type JsonObject, textAt, textMapAt, timeAt } from './json-fields.ts';

const SQL_PACKAGE = 'org.apache.spark.sql.execution.ui.';

/** Deeper plans are cut here and end in a node that says so: a hostile log must not exhaust the stack. */
const MAX_PLAN_DEPTH = 2_000;

/** Decodes the SQL listener's events; null when the event is none of them. */
export function decodeSqlEvent(name: string, event: JsonObject): ModelEvent | 'ignored' | 'invalid' | null {
  if (!name.startsWith(SQL_PACKAGE)) return null;
  const kind = name.slice(SQL_PACKAGE.length);
  const decode = Object.hasOwn(DECODERS, kind) ? DECODERS[kind] : undefined;
  if (decode === undefined) return null;
  const executionId = idAt(event, 'executionId');
  return executionId === null ? 'invalid' : decode(executionId, event);
}

const DECODERS: Readonly<Record<string, (executionId: number, event: JsonObject) => ModelEvent>> = {
  SparkListenerSQLExecutionStart: (executionId, event) => ({
    type: 'sql-start',
    executionId,
    rootExecutionId: idAt(event, 'rootExecutionId'),
    description: textAt(event, 'description') ?? '',
    details: textAt(event, 'details') ?? '',
    planText: textAt(event, 'physicalPlanDescription') ?? '',
    plan: decodePlan(event['sparkPlanInfo'], 0),
    time: timeAt(event, 'time'),
    modifiedConfigs: textMapAt(event, 'modifiedConfigs'),
  }),
  SparkListenerSQLAdaptiveExecutionUpdate: (executionId, event) => ({
    type: 'sql-plan-update',
    executionId,
    planText: textAt(event, 'physicalPlanDescription') ?? '',
    plan: decodePlan(event['sparkPlanInfo'], 0),
  }),
  SparkListenerSQLAdaptiveSQLMetricUpdates: (executionId, event) => ({
    type: 'sql-metrics',
    executionId,
    metrics: arrayAt(event, 'sqlPlanMetrics')
      .map(decodeMetric)
      .filter((metric) => metric !== null),
  }),
  SparkListenerSQLExecutionEnd: (executionId, event) => {
    const error = textAt(event, 'errorMessage');
    return { type: 'sql-end', executionId, time: timeAt(event, 'time'), error: error === '' ? null : error };
  },
  SparkListenerDriverAccumUpdates: (executionId, event) => ({
    type: 'sql-driver-metrics',
    executionId,
    updates: arrayAt(event, 'accumUpdates').filter(isNumberPair),
  }),
};

function isNumberPair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => Number.isFinite(part));
}

function decodePlan(value: unknown, depth: number): PlanNode | null {
  if (!isObject(value)) return null;
  const tooDeep = depth >= MAX_PLAN_DEPTH;
  return {
    name: textAt(value, 'nodeName') ?? '',
    simpleString: tooDeep ? `plan cut at depth ${MAX_PLAN_DEPTH}` : (textAt(value, 'simpleString') ?? ''),
    metadata: textMapAt(value, 'metadata'),
    metrics: arrayAt(value, 'metrics')
      .map(decodeMetric)
      .filter((metric) => metric !== null),
    children: tooDeep
      ? []
      : arrayAt(value, 'children')
          .map((child) => decodePlan(child, depth + 1))
          .filter((child) => child !== null),
  };
}

function decodeMetric(value: unknown): PlanMetric | null {
  if (!isObject(value)) return null;
  const accumulatorId = idAt(value, 'accumulatorId');
  if (accumulatorId === null) return null;
  return { name: textAt(value, 'name') ?? '', accumulatorId, type: textAt(value, 'metricType') ?? 'sum' };
}
