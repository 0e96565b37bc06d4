import type { PlanMetric, PlanNode, SqlExecution } from '../../eventlog/index.ts';

/** A node of the final plan of an execution, with its place in it. */
export interface PlanSite {
  readonly execution: SqlExecution;
  readonly node: PlanNode;
  /** Without the space that Spark leaves behind `Scan parquet `. */
  readonly name: string;
  /** Position in a depth-first walk over all nodes, as the plans of the tools count. */
  readonly nodeId: number;
  readonly parent: PlanSite | null;
  readonly children: readonly PlanSite[];
  /** True beneath a reused exchange or subquery: it ran elsewhere in the plan, and its metrics are those of that place. */
  readonly again: boolean;
}

/** The nodes of a plan in the order of a depth-first walk; the first is the root. */
export type PlanSites = readonly PlanSite[];

const walked = new WeakMap<SqlExecution, PlanSites>();

/** The nodes of an execution's final plan; empty when the log has none. Walked once. Without recursion: hostile plans are deep. */
export function sitesOf(execution: SqlExecution): PlanSites {
  const known = walked.get(execution);
  if (known !== undefined) return known;
  const sites = execution.plan === null ? [] : walk(execution, execution.plan);
  walked.set(execution, sites);
  return sites;
}

function walk(execution: SqlExecution, plan: PlanNode): PlanSites {
  const sites: PlanSite[] = [];
  const pending = [draftOf(execution, plan, null)];
  for (let site = pending.pop(); site !== undefined; site = pending.pop()) {
    site.nodeId = sites.length;
    sites.push(site);
    const { children } = site.node;
    for (let place = 0; place < children.length; place++)
      site.children.push(draftOf(execution, children[place] as PlanNode, site));
    for (let place = site.children.length - 1; place >= 0; place--) pending.push(site.children[place] as Draft);
  }
  return sites;
}

/** A site whose place in the walk is not known yet. */
interface Draft extends PlanSite {
  nodeId: number;
  readonly children: Draft[];
}

function draftOf(execution: SqlExecution, node: PlanNode, parent: PlanSite | null): Draft {
  const again = parent !== null && (parent.again || parent.name.startsWith('Reused'));
  return { execution, node, name: node.name.trim(), nodeId: -1, parent, children: [], again };
}

/** `sql/4/nodes/7`. */
export function siteAddress({ execution, nodeId }: Pick<PlanSite, 'execution' | 'nodeId'>): string {
  return `sql/${execution.executionId}/nodes/${nodeId}`;
}

/**
 * Value of the first of some metrics that has one, by the names that Spark shows; null when none has: a metric that no task
 * reported is unknown, not 0. Times in ms.
 */
export function metricOf(site: PlanSite, ...names: readonly string[]): number | null {
  for (const name of names) {
    const value = metricValue(
      site.execution,
      site.node.metrics.find((metric) => metric.name === name),
    );
    if (value !== null) return value;
  }
  return null;
}

/** True when Spark keeps the metric for this node, whether or not it has a value. */
export function hasMetric(site: PlanSite, name: string): boolean {
  return site.node.metrics.some((metric) => metric.name === name);
}

function metricValue(execution: SqlExecution, metric: PlanMetric | undefined): number | null {
  if (metric === undefined) return null;
  const value = execution.metricValues.get(metric.accumulatorId);
  if (value === undefined || !Number.isFinite(value) || value < 0) return null;
  return metric.type === 'nsTiming' ? value / 1e6 : value;
}

/** Rows that a node gave on, as far as Spark counts them: its own, else those of the only node below it that does not change them. */
export function rowsOut(site: PlanSite): number | null {
  let at: PlanSite | undefined = site;
  for (let steps = 0; at !== undefined && steps < MAX_STEPS; steps++) {
    const rows = metricOf(at, 'number of output rows', 'records read', 'shuffle records written');
    if (rows !== null) return rows;
    if (!KEEPS_ROWS.test(at.name)) return null;
    at = at.children[0];
  }
  return null;
}

/** Longest chain of nodes that is followed for a row count. */
const MAX_STEPS = 32;

/** Nodes that give on as many rows as they get, and wrappers. A limit is not among them. */
const KEEPS_ROWS =
  /^(Project|Sort|InputAdapter|WholeStageCodegen.*|AQEShuffleRead|CustomShuffleReader|\w*QueryStage|AdaptiveSparkPlan|Exchange|ReusedExchange|BroadcastExchange|ColumnarToRow|RowToColumnar|Coalesce)$/;

/** Nodes that only say how Spark runs what is below them. */
const WRAPPERS =
  /^(WholeStageCodegen( \(\d+\))?|InputAdapter|AdaptiveSparkPlan|\w*QueryStage|AQEShuffleRead|CustomShuffleReader|ColumnarToRow|RowToColumnar|ReusedExchange)$/;

/** The node itself, or the first one below it that does work of its own. */
export function underWrappers(site: PlanSite | undefined): PlanSite | null {
  let at = site;
  while (at !== undefined && WRAPPERS.test(at.name)) at = at.children[0];
  return at ?? null;
}

/** The first node below a site, the site included, that matches, looking through nodes with one child only; null when a join or a leaf comes first. */
export function firstBelow(site: PlanSite | undefined, name: RegExp): PlanSite | null {
  let at = site;
  while (at !== undefined && !name.test(at.name)) at = at.children.length === 1 ? at.children[0] : undefined;
  return at ?? null;
}

const named = new WeakMap<readonly SqlExecution[], Map<string, PlanSite[]>>();

/** Nodes of all executions of a run whose name matches and that ran at this place, in the order of executions and nodes. */
export function sitesNamed(executions: readonly SqlExecution[], name: RegExp): PlanSite[] {
  const byName = named.get(executions) ?? groupByName(executions);
  named.set(executions, byName);
  const found: PlanSite[] = [];
  for (const [one, sites] of byName) if (name.test(one)) for (const site of sites) found.push(site);
  return found.sort((a, b) => a.execution.executionId - b.execution.executionId || a.nodeId - b.nodeId);
}

function groupByName(executions: readonly SqlExecution[]): Map<string, PlanSite[]> {
  const byName = new Map<string, PlanSite[]>();
  for (const execution of executions) {
    for (const site of sitesOf(execution)) {
      if (site.again) continue;
      const sites = byName.get(site.name);
      if (sites === undefined) byName.set(site.name, [site]);
      else sites.push(site);
    }
  }
  return byName;
}
