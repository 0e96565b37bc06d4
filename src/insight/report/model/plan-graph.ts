import type { PlanMetric, PlanNode, SqlExecution } from '../../../eventlog/index.ts';
import { labelLog, quoteLogLine } from '../../../kernel/log-text.ts';
import { formatBytes, formatCount, formatDuration } from '../../../kernel/units.ts';
import { type PlanSite, sitesOf } from '../../facts/plan-nodes.ts';
import type { Run } from '../../facts/run.ts';
import { rankIn } from './findings.ts';
import type { ReportLimits } from './limits.ts';
import type { Listed, PlanBox, PlanGraph } from './report-model.ts';
import { spanAfter } from './timeline.ts';

const DESCRIPTION_CHARS = 160;
const DETAIL_CHARS = 120;
const MAX_METRICS = 8;
const NS_PER_MS = 1e6;
/** Spark keeps averages of longs as ten times their value. Source: SQLMetrics.createAverageMetric. */
const AVERAGE_FACTOR = 10;
/** Nodes that only wrap another one, as the History Server leaves them out. */
const WRAPPERS = /^(?:AdaptiveSparkPlan|(?:Shuffle|Broadcast|TableCache|Result)QueryStage)\b/;
const CODEGEN = /^WholeStageCodegen(?: \((\d+)\))?/;

/** Final plans of the SQL executions that findings cite (`cited`, ids, the most important first) and of the longest others. */
export function buildPlans(run: Run, cited: readonly number[], limits: ReportLimits): Listed<PlanGraph> {
  const { window } = run;
  const withPlan = run.application.sqlExecutions.filter((execution) => execution.plan !== null);
  const rank = rankIn(cited);
  const ranked = withPlan.sort(
    (a, b) =>
      rank(a.executionId) - rank(b.executionId) || lengthOf(run, b) - lengthOf(run, a) || a.executionId - b.executionId,
  );
  return {
    items: ranked.slice(0, limits.plans).map((execution) => ({
      executionId: execution.executionId,
      description: execution.description === '' ? '' : quoteLogLine(execution.description, DESCRIPTION_CHARS),
      status: execution.status,
      ...(window === null || execution.submissionTime === null
        ? { from: 0, to: 0 }
        : spanAfter(window, execution.submissionTime, execution.completionTime ?? window.end)),
      nodes: boxesOf(execution, limits.planNodes),
    })),
    total: ranked.length,
  };
}

function lengthOf(run: Run, { submissionTime, completionTime }: SqlExecution): number {
  const end = completionTime ?? run.window?.end ?? null;
  return submissionTime === null || end === null ? 0 : Math.max(0, end - submissionTime);
}

interface Open {
  readonly site: PlanSite;
  /** Node that reads it, wrappers left out. */
  readonly reader: number | null;
  readonly codegen: { readonly id: number; readonly timeMs: number | null } | null;
}

/**
 * Breadth first, so that a cut keeps the side of the result whole. Wrappers give way to what they wrap; what is used again is
 * shown where it ran.
 */
function boxesOf(execution: SqlExecution, max: number): Listed<PlanBox> {
  const { metricValues } = execution;
  const boxes: Array<Omit<PlanBox, 'share'>> = [];
  const open: Open[] = sitesOf(execution)
    .slice(0, 1)
    .map((site) => ({ site, reader: null, codegen: null }));
  let total = 0;
  // The list grows while it is walked.
  for (const { site, reader, codegen } of open) {
    const wrapped = wrapperOf(site.node, codegen, metricValues);
    if (wrapped === null) {
      total += 1;
      if (boxes.length < max) boxes.push(toBox(site, reader, codegen, metricValues));
    }
    const inside = wrapped ?? { codegen };
    for (const child of site.children.filter(({ again }) => !again))
      open.push({ site: child, reader: wrapped === null ? site.nodeId : reader, codegen: inside.codegen });
  }
  return { items: withShares(boxes), total };
}

/** The generated code that a wrapper's children are in; null for a node that is no wrapper. */
function wrapperOf(
  node: PlanNode,
  codegen: Open['codegen'],
  values: ReadonlyMap<number, number>,
): Pick<Open, 'codegen'> | null {
  const cluster = CODEGEN.exec(node.name);
  if (cluster !== null) return { codegen: { id: Number(cluster[1] ?? 0), timeMs: timeOf(node, values) } };
  if (node.name === 'InputAdapter') return { codegen: null };
  return WRAPPERS.test(node.name) ? { codegen } : null;
}

function toBox(
  { node, nodeId }: PlanSite,
  parent: number | null,
  codegen: Open['codegen'],
  values: ReadonlyMap<number, number>,
): Omit<PlanBox, 'share'> {
  const known = node.metrics.flatMap((metric): Array<readonly [PlanMetric, number]> => {
    const value = values.get(metric.accumulatorId);
    return value === undefined || !Number.isFinite(value) || value <= 0 ? [] : [[metric, value]];
  });
  const rows = known.find(([metric]) => metric.name === 'number of output rows');
  const detail = node.simpleString.startsWith(node.name)
    ? node.simpleString.slice(node.name.length)
    : node.simpleString;
  return {
    id: nodeId,
    parent,
    name: labelLog(node.name),
    detail: detail.trim() === '' ? '' : quoteLogLine(detail.trim(), DETAIL_CHARS),
    rows: rows?.[1] ?? null,
    timeMs: timeOf(node, values) ?? codegen?.timeMs ?? null,
    codegen: codegen?.id ?? null,
    metrics: known.slice(0, MAX_METRICS).map(([metric, value]) => [labelLog(metric.name), metricText(metric, value)]),
  };
}

/** Sum of a node's time metrics, ms over all tasks; null where it has none above 0. */
function timeOf(node: PlanNode, values: ReadonlyMap<number, number>): number | null {
  let time = 0;
  for (const metric of node.metrics) {
    const value = values.get(metric.accumulatorId) ?? 0;
    if (!(value > 0)) continue;
    if (metric.type === 'timing') time += value;
    if (metric.type === 'nsTiming') time += value / NS_PER_MS;
  }
  return time > 0 ? Math.round(time * 10) / 10 : null;
}

/** Each generated code counts once, however many nodes it holds. */
function withShares(boxes: ReadonlyArray<Omit<PlanBox, 'share'>>): PlanBox[] {
  const counted = new Set<string>();
  let total = 0;
  for (const { timeMs, codegen, id } of boxes) {
    const key = codegen === null ? `node ${id}` : `codegen ${codegen} ${timeMs}`;
    if (timeMs === null || counted.has(key)) continue;
    counted.add(key);
    total += timeMs;
  }
  return boxes.map((box) => ({
    ...box,
    share: total > 0 && box.timeMs !== null ? Math.round(Math.min(1, box.timeMs / total) * 1000) / 1000 : 0,
  }));
}

function metricText(metric: PlanMetric, value: number): string {
  switch (metric.type) {
    case 'timing':
      return formatDuration(value);
    case 'nsTiming':
      return formatDuration(value / NS_PER_MS);
    case 'size':
      return formatBytes(value);
    case 'average':
      return String(Math.round(value) / AVERAGE_FACTOR);
    default:
      return formatCount(value);
  }
}
