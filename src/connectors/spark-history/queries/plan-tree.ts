import type { PlanMetric, PlanNode } from '../../../eventlog/index.ts';

/** Characters of an operator's own description in one line. */
const DETAIL_CHARS = 120;
/** Spark keeps averages of longs as ten times their value. Source: SQLMetrics.createAverageMetric. */
const AVERAGE_FACTOR = 10;
const NS_PER_MS = 1e6;
/** Deepest indentation, so that a plan of thousands of levels does not fill the page with spaces. */
const MAX_INDENT = 40;

/** One operator of a plan, in the order of a depth-first walk. */
export interface PlanLine {
  readonly node: PlanNode;
  readonly nodeId: number;
  readonly depth: number;
  /** Values that are not 0, under short names with units. */
  readonly metrics: ReadonlyArray<readonly [name: string, value: number]>;
}

/** Walks a plan depth first without recursion: plans of hostile logs can be deeper than the stack. */
export function planLines(root: PlanNode, values: ReadonlyMap<number, number>): PlanLine[] {
  const lines: PlanLine[] = [];
  const open: Array<{ node: PlanNode; depth: number }> = [{ node: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    lines.push({ node, nodeId: lines.length, depth, metrics: metricsOf(node, values) });
    for (const child of node.children.toReversed()) open.push({ node: child, depth: depth + 1 });
  }
  return lines;
}

/** A plan as indented lines: `#3 SortMergeJoin [rows=10 sort_time_ms=4] keys…`. It is text of the log: quote it. */
export function renderPlan(root: PlanNode, values: ReadonlyMap<number, number>): string {
  return planLines(root, values).map(renderLine).join('\n');
}

/** Name and value of one metric on the wire: ns become ms, averages are divided by ten. */
export function metricOnWire(metric: PlanMetric, value: number): readonly [name: string, value: number] {
  const name = SHORT_NAMES.get(metric.name) ?? slug(metric.name);
  switch (metric.type) {
    case 'timing':
      return [withUnit(name, '_ms'), value];
    case 'nsTiming':
      return [withUnit(name, '_ms'), Math.round((value / NS_PER_MS) * 10) / 10];
    case 'size':
      return [withUnit(name, '_bytes'), value];
    case 'average':
      return [name, value / AVERAGE_FACTOR];
    default:
      return [name, value];
  }
}

const SHORT_NAMES = new Map([
  ['number of output rows', 'rows'],
  ['number of output batches', 'batches'],
  ['data size', 'data'],
  ['shuffle bytes written', 'shuffle_written'],
  ['peak memory', 'peak_memory'],
  ['spill size', 'spill'],
  ['number of files read', 'files_read'],
  ['size of files read', 'files_read_size'],
]);

function metricsOf(node: PlanNode, values: ReadonlyMap<number, number>): Array<readonly [string, number]> {
  return node.metrics.flatMap((metric) => {
    const value = values.get(metric.accumulatorId);
    return value === undefined || !Number.isFinite(value) || value <= 0 ? [] : [metricOnWire(metric, value)];
  });
}

function renderLine({ node, nodeId, depth, metrics }: PlanLine): string {
  const indent = depth <= MAX_INDENT ? '  '.repeat(depth) : `${'  '.repeat(MAX_INDENT)}(level ${depth}) `;
  const numbers = metrics.map(([name, value]) => `${name}=${value}`).join(' ');
  const detail = detailOf(node);
  return `${indent}#${nodeId} ${oneLine(node.name)}${numbers === '' ? '' : ` [${numbers}]`}${detail === '' ? '' : ` ${detail}`}`;
}

/** The operator's description without its name, cut with the cut stated. */
function detailOf(node: PlanNode): string {
  const text = oneLine(node.simpleString.slice(0, 20 * DETAIL_CHARS));
  const name = oneLine(node.name);
  const detail = (text.startsWith(name) ? text.slice(name.length) : text).trim();
  return detail.length <= DETAIL_CHARS ? detail : `${detail.slice(0, DETAIL_CHARS)}…`;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\(.*?\)/g, ' ')
    .replace(/^number of /, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');

/** Names such as `local_bytes_read` say their unit already. */
const withUnit = (name: string, unit: '_ms' | '_bytes'): string =>
  name.split('_').includes(unit.slice(1)) ? name : `${name}${unit}`;
