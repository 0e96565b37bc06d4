import type { PlanMetric, PlanNode } from './application.ts';
import { arrayAt, idAt, isObject, textAt, textMapAt } from './json-fields.ts';

/** Deeper plans are cut here and end in a node that says so: a hostile log must not exhaust the stack. */
const MAX_PLAN_DEPTH = 2_000;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The plan of a SparkListenerSQLExecutionStart or SparkListenerSQLAdaptiveExecutionUpdate line, which was checked to be JSON. */
export function readPlan(line: Uint8Array): { plan: PlanNode | null; text: string } {
  const event: unknown = JSON.parse(decoder.decode(line));
  if (!isObject(event)) return { plan: null, text: '' };
  return { plan: decodePlan(event.sparkPlanInfo), text: textAt(event, 'physicalPlanDescription') ?? '' };
}

/** A plan as Spark logs it; null when it is none. */
export function decodePlan(value: unknown, depth = 0): PlanNode | null {
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

/** A plan node's metric; null when it names no accumulator. */
export function decodeMetric(value: unknown): PlanMetric | null {
  if (!isObject(value)) return null;
  const accumulatorId = idAt(value, 'accumulatorId');
  if (accumulatorId === null) return null;
  return { name: textAt(value, 'name') ?? '', accumulatorId, type: textAt(value, 'metricType') ?? 'sum' };
}
