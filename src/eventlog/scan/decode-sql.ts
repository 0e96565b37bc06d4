import { arrayAt, idAt, type JsonObject, textAt, textMapAt, timeAt } from '../model/json-fields.ts';
import type { LoggedPlan, ModelEvent } from '../model/model-event.ts';
import { decodeMetric } from '../model/read-plan.ts';

/** Longer plan lines are not kept, and that is a stated gap: Spark allows plans of up to 2 GB. */
const MAX_PLAN_LINE_BYTES = 16 << 20;

const SQL_PACKAGE = 'org.apache.spark.sql.execution.ui.';

/** Decodes the SQL listener's events; null when the event is none of them. */
export function decodeSqlEvent(
  name: string,
  event: JsonObject,
  line: Uint8Array,
): ModelEvent | 'ignored' | 'invalid' | null {
  if (!name.startsWith(SQL_PACKAGE)) return null;
  const kind = name.slice(SQL_PACKAGE.length);
  const decode = Object.hasOwn(DECODERS, kind) ? DECODERS[kind] : undefined;
  if (decode === undefined) return null;
  const executionId = idAt(event, 'executionId');
  return executionId === null ? 'invalid' : decode(executionId, event, line);
}

const DECODERS: Readonly<Record<string, (executionId: number, event: JsonObject, line: Uint8Array) => ModelEvent>> = {
  SparkListenerSQLExecutionStart: (executionId, event, line) => ({
    type: 'sql-start',
    executionId,
    rootExecutionId: idAt(event, 'rootExecutionId'),
    queryId: textAt(event, 'queryId'),
    description: textAt(event, 'description') ?? '',
    details: textAt(event, 'details') ?? '',
    plan: keepPlan(line),
    time: timeAt(event, 'time'),
    modifiedConfigs: textMapAt(event, 'modifiedConfigs'),
  }),
  SparkListenerSQLAdaptiveExecutionUpdate: (executionId, _event, line) => ({
    type: 'sql-plan-update',
    executionId,
    plan: keepPlan(line),
  }),
  SparkListenerSQLAdaptiveSQLMetricUpdates: (executionId, event) => ({
    type: 'sql-metrics',
    executionId,
    metrics: arrayAt(event, 'sqlPlanMetrics')
      .map(decodeMetric)
      .filter((metric) => metric !== null),
  }),
  SparkListenerSQLExecutionEnd: (executionId, event) => ({
    type: 'sql-end',
    executionId,
    time: timeAt(event, 'time'),
    error: textAt(event, 'errorMessage'),
  }),
  SparkListenerDriverAccumUpdates: (executionId, event) => ({
    type: 'sql-driver-metrics',
    executionId,
    updates: arrayAt(event, 'accumUpdates').filter(isNumberPair),
  }),
};

function isNumberPair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => Number.isFinite(part));
}

function keepPlan(line: Uint8Array): LoggedPlan {
  const tooLarge = line.length > MAX_PLAN_LINE_BYTES;
  return { line: tooLarge ? null : line, tooLarge };
}
