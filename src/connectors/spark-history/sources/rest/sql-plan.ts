import type { PlanMetric, PlanNode } from '../../../../eventlog/index.ts';
import type { WirePlanNode, WireSqlExecution } from './wire.ts';

type Growing = PlanNode & { readonly children: PlanNode[] };

/** A plan put together from the graph that the UI draws, and the values of its metrics by ids made up here. */
export interface RestPlan {
  readonly plan: PlanNode | null;
  readonly metricValues: ReadonlyMap<number, number>;
}

/**
 * The tree behind a plan graph. Edges go from child to parent; a fused pipeline is a node without edges, and its members
 * name it. The tree gets `WholeStageCodegen (n)` and `InputAdapter` back where they stand in Spark's own plan. What is
 * used twice hangs where it is used first; `ReusedExchange` stands at the other places. Graphs that are no trees lose the
 * nodes that no root reaches.
 */
export function planOf(execution: Pick<WireSqlExecution, 'nodes' | 'edges'>): RestPlan {
  const values = new Map<number, number>();
  const nodes = new Map(
    execution.nodes
      .toSorted((a, b) => a.nodeId - b.nodeId)
      .map((wire) => [wire.nodeId, { wire, pipeline: wire.wholeStageCodegenId ?? null, tree: toNode(wire, values) }]),
  );
  const pipelines = new Map<number, Growing>();
  for (const { wire, tree } of nodes.values()) {
    const id = pipelineIdOf(wire.nodeName);
    if (id !== null) pipelines.set(id, tree);
  }
  const placed = new Set<number>();
  for (const { fromId, toId } of execution.edges.toSorted((a, b) => a.toId - b.toId || a.fromId - b.fromId)) {
    const child = nodes.get(fromId);
    const parent = nodes.get(toId);
    if (child === undefined || parent === undefined || fromId === toId) continue;
    const again = placed.has(fromId);
    placed.add(fromId);
    const below = again ? { tree: named('ReusedExchange', []), pipeline: null } : child;
    parent.tree.children.push(under(parent.pipeline, below, pipelines));
  }
  const roots = [...nodes.values()].filter(
    ({ wire }) => !placed.has(wire.nodeId) && pipelineIdOf(wire.nodeName) === null,
  );
  const [first, ...others] = roots;
  if (first === undefined) return { plan: null, metricValues: values };
  const plan = under(null, first, pipelines);
  // Subqueries are graphs of their own.
  for (const root of others) first.tree.children.push(under(null, root, pipelines));
  return { plan, metricValues: values };
}

/** A node as its parent has it: within its own pipeline, and behind an `InputAdapter`, where the parent is in another one. */
function under(
  parentPipeline: number | null,
  { tree, pipeline }: { readonly tree: PlanNode; readonly pipeline: number | null },
  pipelines: ReadonlyMap<number, Growing>,
): PlanNode {
  if (pipeline === parentPipeline) return tree;
  const whole = pipeline === null ? tree : wrap(pipelines.get(pipeline), pipeline, tree);
  return parentPipeline === null ? whole : named('InputAdapter', [whole]);
}

function toNode(node: WirePlanNode, values: Map<number, number>): Growing {
  const name = node.nodeName;
  const metrics = node.metrics.flatMap(({ name: metricName, value }): PlanMetric[] => {
    const read = readMetric(metricName, value);
    if (read === null) return [];
    const accumulatorId = values.size;
    values.set(accumulatorId, read.value);
    return [{ name: metricName, accumulatorId, type: read.type }];
  });
  return { name, simpleString: node.desc ?? name, metadata: {}, metrics, children: [] };
}

const named = (name: string, children: PlanNode[]): PlanNode => ({
  name,
  simpleString: name,
  metadata: {},
  metrics: [],
  children,
});

/** Puts a subtree into its pipeline's node, once; a pipeline that is entered again, or is not there, gets an empty one. */
function wrap(pipeline: Growing | undefined, id: number, tree: PlanNode): PlanNode {
  if (pipeline === undefined || pipeline.children.length > 0) return named(`WholeStageCodegen (${id})`, [tree]);
  pipeline.children.push(tree);
  return pipeline;
}

function pipelineIdOf(name: string): number | null {
  const id = /^WholeStageCodegen \((\d+)\)$/.exec(name)?.[1];
  return id === undefined ? null : Number(id);
}

const UNITS: Readonly<Record<string, readonly [type: string, factor: number]>> = {
  B: ['size', 1],
  KiB: ['size', 2 ** 10],
  MiB: ['size', 2 ** 20],
  GiB: ['size', 2 ** 30],
  TiB: ['size', 2 ** 40],
  PiB: ['size', 2 ** 50],
  EiB: ['size', 2 ** 60],
  KB: ['size', 2 ** 10],
  MB: ['size', 2 ** 20],
  GB: ['size', 2 ** 30],
  TB: ['size', 2 ** 40],
  ms: ['timing', 1],
  s: ['timing', 1000],
  m: ['timing', 60_000],
  min: ['timing', 60_000],
  h: ['timing', 3_600_000],
};

/**
 * Value of a metric from the text of the UI: `1,500,000`, `2.9 MiB`, or a total before `(min, med, max …)`. Sizes and times
 * come rounded to a few digits. Averages are left out: their text has no total.
 * Source: SQLMetrics.stringValue, Utils.bytesToString, Utils.msDurationToString.
 */
export function readMetric(name: string, text: string): { readonly type: string; readonly value: number } | null {
  if (/^(avg|average)\b/i.test(name)) return null;
  const line = text.slice(text.lastIndexOf('\n', text.length - 2) + 1);
  const match = /^\s*(-?[\d,]+(?:\.\d+)?)(?: ([A-Za-z]{1,3}))?(?= \(|\s*$)/.exec(line);
  const value = Number(match?.[1]?.replaceAll(',', '') ?? Number.NaN);
  if (!Number.isFinite(value)) return null;
  if (match?.[2] === undefined) return { type: 'sum', value };
  const unit = Object.hasOwn(UNITS, match[2]) ? UNITS[match[2]] : undefined;
  return unit === undefined ? null : { type: unit[0], value: Math.round(value * unit[1]) };
}
