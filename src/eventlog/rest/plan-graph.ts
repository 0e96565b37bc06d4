import type { PlanMetric, PlanNode } from '../model/application.ts';

/** A node of a plan as the History Server draws it. `children` are of a WholeStageCodegen cluster alone. */
export interface GraphNode {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly metrics: readonly PlanMetric[];
  /** Nodes that a cluster holds; null for a node that is none. */
  readonly members: GraphNode[] | null;
}

/** From a child to the node that reads it. */
export interface GraphEdge {
  readonly fromId: number;
  readonly toId: number;
}

export interface PlanGraph {
  /** Each cluster behind its members. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

const CLUSTER = 'WholeStageCodegen';
const QUERY_STAGES: ReadonlySet<string> = new Set(['BroadcastQueryStage', 'ShuffleQueryStage']);
const PLAIN_STAGES: ReadonlySet<string> = new Set(['TableCacheQueryStage', 'ResultQueryStage']);

/** The graph of a plan. Source: SparkPlanGraph.buildSparkPlanGraphNode of Spark 4.3. */
export function buildPlanGraph(plan: PlanNode | null): PlanGraph {
  const builder = new GraphBuilder();
  if (plan !== null) builder.add(plan, null, null);
  return {
    nodes: builder.nodes.flatMap((node) => (node.members === null ? [node] : [...node.members, node])),
    edges: builder.edges,
  };
}

class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly edges: GraphEdge[] = [];
  /** Exchanges and subqueries that others can point to, by their text. */
  readonly #shared = new Map<string, Array<{ readonly plan: PlanNode; readonly node: GraphNode }>>();
  #nextId = 0;

  add(plan: PlanNode, parent: GraphNode | null, cluster: GraphNode | null): void {
    const { name } = plan;
    if (name.startsWith(CLUSTER)) {
      const node = this.#node(plan, []);
      this.nodes.push(node);
      this.#addChild(plan, parent, node);
    } else if (name === 'InputAdapter' || PLAIN_STAGES.has(name)) this.#addChild(plan, parent, null);
    else if (QUERY_STAGES.has(name)) {
      if (!this.#point(plan.children[0], parent)) this.#addChild(plan, parent, null);
    } else if (name === 'Subquery' && cluster !== null) this.add(plan, parent, null);
    else if (name === 'Subquery' && this.#sharedNode(plan) !== null) this.#pointOnce(plan, parent);
    else if (name === 'ReusedSubquery') this.#addChild(plan, parent, cluster);
    else if (name !== 'ReusedExchange' || !this.#point(plan.children[0], parent)) this.#addNode(plan, parent, cluster);
  }

  #addNode(plan: PlanNode, parent: GraphNode | null, cluster: GraphNode | null): void {
    const node = this.#node(plan, null);
    (cluster?.members ?? this.nodes).push(node);
    if (plan.name.includes('Exchange') || plan.name === 'Subquery') this.#share(plan, node);
    if (parent !== null) this.edges.push({ fromId: node.id, toId: parent.id });
    for (const child of plan.children) this.add(child, node, cluster);
  }

  #addChild(plan: PlanNode, parent: GraphNode | null, cluster: GraphNode | null): void {
    const child = plan.children[0];
    if (child !== undefined) this.add(child, parent, cluster);
  }

  /** Points to what is used again; false when it was not met before. */
  #point(plan: PlanNode | undefined, parent: GraphNode | null): boolean {
    const node = plan === undefined ? null : this.#sharedNode(plan);
    if (node === null) return false;
    if (parent !== null) this.edges.push({ fromId: node.id, toId: parent.id });
    return true;
  }

  #pointOnce(plan: PlanNode, parent: GraphNode | null): void {
    const node = this.#sharedNode(plan);
    if (node === null || parent === null) return;
    const known = this.edges.some(({ fromId, toId }) => fromId === node.id && toId === parent.id);
    if (!known) this.edges.push({ fromId: node.id, toId: parent.id });
  }

  #node(plan: PlanNode, members: GraphNode[] | null): GraphNode {
    return { id: this.#nextId++, name: plan.name, description: plan.simpleString, metrics: plan.metrics, members };
  }

  #share(plan: PlanNode, node: GraphNode): void {
    const known = this.#shared.get(plan.simpleString) ?? [];
    this.#shared.set(plan.simpleString, [{ plan, node }, ...known.filter((one) => !isSame(one.plan, plan))]);
  }

  #sharedNode(plan: PlanNode): GraphNode | null {
    return this.#shared.get(plan.simpleString)?.find((one) => isSame(one.plan, plan))?.node ?? null;
  }
}

/** Plans are the same when their names, texts and children are. Source: SparkPlanInfo.equals. */
function isSame(a: PlanNode, b: PlanNode): boolean {
  return (
    a.name === b.name &&
    a.simpleString === b.simpleString &&
    a.children.length === b.children.length &&
    a.children.every((child, i) => isSame(child, b.children[i] as PlanNode))
  );
}
