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

/** Spark writes no space there; whoever writes a log anew may. */
const ACCUMULATOR = /"accumulatorId"\s*:\s*/;

/**
 * Accumulators of the metrics in such a line, several times as fast as decoding its plan. Quotes within a JSON text are
 * escaped, so no text can name one.
 */
export function accumulatorsIn(line: Uint8Array): number[] {
  const [, ...from] = decoder.decode(line).split(ACCUMULATOR);
  return from.map((text) => Number.parseInt(text, 10)).filter((id) => Number.isSafeInteger(id));
}

/** A plan as Spark logs it; null when it is none. */
export function decodePlan(value: unknown, depth = 0): PlanNode | null {
  if (!isObject(value)) return null;
  const tooDeep = depth >= MAX_PLAN_DEPTH;
  return {
    name: textAt(value, 'nodeName') ?? '',
    simpleString: tooDeep ? `plan cut at depth ${MAX_PLAN_DEPTH}` : (textAt(value, 'simpleString') ?? ''),
    metadata: textMapAt(value, 'metadata'),
    metrics: decodeEach(arrayAt(value, 'metrics'), decodeMetric),
    children: tooDeep ? [] : decodeEach(arrayAt(value, 'children'), (child) => decodePlan(child, depth + 1)),
  };
}

/** What can be decoded of some values. */
function decodeEach<T>(values: readonly unknown[], decode: (value: unknown) => T | null): T[] {
  const decoded: T[] = [];
  for (let position = 0; position < values.length; position++) {
    const one = decode(values[position]);
    if (one !== null) decoded.push(one);
  }
  return decoded;
}

/** A plan node's metric; null when it names no accumulator. */
export function decodeMetric(value: unknown): PlanMetric | null {
  if (!isObject(value)) return null;
  const accumulatorId = idAt(value, 'accumulatorId');
  if (accumulatorId === null) return null;
  return { name: textAt(value, 'name') ?? '', accumulatorId, type: textAt(value, 'metricType') ?? 'sum' };
}
