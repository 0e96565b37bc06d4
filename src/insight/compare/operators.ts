import type { PlanMetric, PlanNode } from '../../eventlog/index.ts';

export type OperatorKind = 'join' | 'exchange' | 'scan' | 'aggregate' | 'sort' | 'window' | 'shuffle-read' | 'other';

/** One operator of a plan without the wrappers that only say how Spark runs it. */
export interface Operator {
  /** Node id as Spark's UI counts: position in a depth-first walk over all nodes. */
  readonly nodeId: number;
  readonly depth: number;
  readonly name: string;
  readonly kind: OperatorKind;
  /** By what the same operator is known in another plan: join keys, scanned relation, partitioning. Free of ids. */
  readonly subject: string;
  readonly node: PlanNode;
  readonly rows: number | null;
  readonly bytes: number | null;
  /** Own time, or the time of the fused pipeline at its topmost operator; summed over tasks. */
  readonly timeMs: number | null;
}

/** Nodes that wrap others and do no work of their own. */
const WRAPPER =
  /^(WholeStageCodegen( \(\d+\))?|InputAdapter|AdaptiveSparkPlan|ResultQueryStage|ShuffleQueryStage|BroadcastQueryStage|TableCacheQueryStage|ColumnarToRow|RowToColumnar)$/;

const KINDS: ReadonlyArray<readonly [OperatorKind, RegExp]> = [
  ['shuffle-read', /^(AQEShuffleRead|CustomShuffleReader)/],
  ['exchange', /Exchange$/],
  ['join', /(Join(\(skew=true\))?|CartesianProduct)$/],
  ['scan', /^(Scan|FileScan|BatchScan|InMemoryTableScan|LocalTableScan|HiveTableScan|Range)\b/],
  ['aggregate', /Aggregate$/],
  ['sort', /^Sort$/],
  ['window', /Window/],
];

/** Operators in the order of a depth-first walk, wrappers left out. Without recursion: hostile plans are deep. */
export function operatorsOf(root: PlanNode, values: ReadonlyMap<number, number>): Operator[] {
  const operators: Operator[] = [];
  const pending: Array<{ node: PlanNode; depth: number; pipelineMs: number | null }> = [
    { node: root, depth: 0, pipelineMs: null },
  ];
  let nodeId = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, depth } = next;
    const id = nodeId++;
    const name = node.name.trim();
    const wraps = WRAPPER.test(name);
    let pipelineMs = next.pipelineMs;
    if (wraps) pipelineMs = name.startsWith('WholeStageCodegen') ? sumMetrics(node, values, isTime) : pipelineMs;
    else {
      operators.push(toOperator(node, id, depth, values, pipelineMs));
      pipelineMs = null;
    }
    for (const child of node.children.toReversed())
      pending.push({ node: child, depth: wraps ? depth : depth + 1, pipelineMs });
  }
  return operators;
}

function toOperator(
  node: PlanNode,
  nodeId: number,
  depth: number,
  values: ReadonlyMap<number, number>,
  pipelineMs: number | null,
): Operator {
  const kind = kindOf(node);
  return {
    nodeId,
    depth,
    name: node.name.trim(),
    kind,
    subject: subjectOf(node, kind),
    node,
    rows: rowsOf(node, values),
    bytes: sumMetrics(node, values, isSize),
    timeMs: sumMetrics(node, values, isTime) ?? pipelineMs,
  };
}

function kindOf(node: PlanNode): OperatorKind {
  const name = node.name.trim();
  return KINDS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';
}

/** Expression ids (`#12L`), plan ids and instance counts differ from run to run and mean nothing. */
export function withoutIds(text: string): string {
  return text
    .replace(/#\d+L?/g, '')
    .replace(/,? ?\[(plan_id|id)=#?\d+\]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Longest plan text that is looked at, characters. */
const MAX_TEXT = 20_000;

function subjectOf(node: PlanNode, kind: OperatorKind): string {
  const text = withoutIds(node.simpleString.slice(0, MAX_TEXT));
  switch (kind) {
    case 'join':
      return joinKeys(text);
    case 'scan':
      return relationOf(node, text);
    case 'exchange':
      return text
        .replace(/^\S+ ?/, '')
        .replace(/, (ENSURE_REQUIREMENTS|REPARTITION\w*|REBALANCE\w*|SHUFFLE_\w+).*$/, '');
    case 'shuffle-read':
      return '';
    default:
      return text.startsWith(node.name.trim()) ? text.slice(node.name.trim().length).trim() : text;
  }
}

/** `SortMergeJoin [a], [b], Inner` → `a = b`, keys in the order of the alphabet so that swapped sides are the same join. */
function joinKeys(text: string): string {
  const match = /\[([^\]]*)\], \[([^\]]*)\]/.exec(text);
  if (match === null) return text.replace(/^\S+ ?/, '');
  return [match[1] ?? '', match[2] ?? ''].sort().join(' = ');
}

/** The table or the folders that a scan reads. */
function relationOf(node: PlanNode, text: string): string {
  const location = node.metadata.Location ?? /Location: ([^\]]*\])/.exec(text)?.[1];
  if (location !== undefined) return locationOf(location);
  return text.replace(/\[[^\]]*\].*$/, '').trim();
}

/** Paths of `InMemoryFileIndex(1 paths)[file:/a/b]`, the index kind left out. */
export function locationOf(location: string): string {
  return /\[(.*?)\]?$/s.exec(location)?.[1] ?? location;
}

function rowsOf(node: PlanNode, values: ReadonlyMap<number, number>): number | null {
  const names = ['number of output rows', 'shuffle records written', 'records read'];
  for (const name of names) {
    const value = sumMetrics(node, values, (metric) => metric.name === name);
    if (value !== null) return value;
  }
  return null;
}

function isTime(metric: PlanMetric): boolean {
  return metric.type === 'timing' || metric.type === 'nsTiming';
}

/** Sizes of data that an operator reads or makes; memory and spill are no data. Written before read: an exchange has both. */
const DATA_SIZES = [
  'shuffle bytes written',
  'size of files read',
  'written output',
  'data size',
  'partition data size',
];

function isSize(metric: PlanMetric): boolean {
  return metric.type === 'size' && DATA_SIZES.includes(metric.name);
}

/** Sum of the metrics that match and have a value; for sizes the first in the order of DATA_SIZES. Null when none has one. */
function sumMetrics(
  node: PlanNode,
  values: ReadonlyMap<number, number>,
  matches: (metric: PlanMetric) => boolean,
): number | null {
  const found = node.metrics.filter(matches).flatMap((metric) => {
    const value = values.get(metric.accumulatorId);
    if (value === undefined || !Number.isFinite(value)) return [];
    return [{ name: metric.name, value: Math.max(0, metric.type === 'nsTiming' ? value / 1e6 : value) }];
  });
  if (found.length === 0) return null;
  const size = found
    .filter(({ name }) => DATA_SIZES.includes(name))
    .sort((a, b) => DATA_SIZES.indexOf(a.name) - DATA_SIZES.indexOf(b.name))[0];
  return size !== undefined ? size.value : found.reduce((sum, { value }) => sum + value, 0);
}
