import type { SqlExecution } from '../../eventlog/index.ts';
import { metricOf, type PlanSite, sitesOf } from './plan-nodes.ts';
import type { Run } from './run.ts';
import { canonicalParents, type RanStage, ranStagesOf } from './sql-stages.ts';
import type { StageFacts } from './stage-facts.ts';

/** What becomes of the rows of a fragment. `result` goes to the driver or to files. */
export type FragmentKind = 'shuffle' | 'broadcast' | 'cache' | 'subquery' | 'result';

/** A part of a plan between exchanges, which Spark runs as one stage. */
export interface PlanFragment {
  readonly kind: FragmentKind;
  /** Topmost node: the exchange that it feeds, else the root of the plan or of the subquery. */
  readonly top: PlanSite;
  readonly sites: readonly PlanSite[];
  /** Fragments whose shuffles it reads. */
  readonly reads: readonly PlanFragment[];
  /** Last attempts of the stages that ran it, by what they wrote and read; empty where the log does not tell them apart. */
  readonly stages: readonly StageFacts[];
}

interface Fragment extends PlanFragment {
  readonly sites: PlanSite[];
  readonly reads: Fragment[];
  stages: readonly StageFacts[];
}

const kept = new WeakMap<Run, Map<SqlExecution, ReadonlyMap<PlanSite, PlanFragment>>>();

/** The fragment that a node belongs to; null for nodes that ran elsewhere. An exchange belongs to the fragment that writes it. */
export function fragmentOf(run: Run, site: PlanSite): PlanFragment | null {
  return fragmentsIn(run, site.execution).get(site) ?? null;
}

/** Every fragment of an execution's plan, each once. */
export function fragmentsOf(run: Run, execution: SqlExecution): readonly PlanFragment[] {
  return [...new Set(fragmentsIn(run, execution).values())];
}

function fragmentsIn(run: Run, execution: SqlExecution): ReadonlyMap<PlanSite, PlanFragment> {
  const ofRun = kept.get(run) ?? new Map<SqlExecution, ReadonlyMap<PlanSite, PlanFragment>>();
  kept.set(run, ofRun);
  const known = ofRun.get(execution);
  if (known !== undefined) return known;
  const bySite = cut(execution);
  const fragments = [...new Set(bySite.values())];
  const stages = ranStagesOf(run, execution.executionId);
  matchWriters(run, fragments, stages);
  matchOthers(run, fragments, stages);
  ofRun.set(execution, bySite);
  return bySite;
}

const SHUFFLE = /^(?!Broadcast|Reused).*Exchange$/;

function kindFrom(site: PlanSite): FragmentKind | null {
  if (site.parent === null) return 'result';
  if (SHUFFLE.test(site.name)) return 'shuffle';
  if (site.name === 'BroadcastExchange') return 'broadcast';
  if (site.parent.name === 'InMemoryTableScan') return 'cache';
  return site.name.startsWith('Subquery') ? 'subquery' : null;
}

/** Cuts a plan at its exchanges, subqueries and cached tables. */
function cut(execution: SqlExecution): Map<PlanSite, Fragment> {
  const bySite = new Map<PlanSite, Fragment>();
  for (const site of sitesOf(execution)) {
    if (site.again) continue;
    const above = site.parent === null ? undefined : bySite.get(site.parent);
    const kind = kindFrom(site);
    if (kind === null && above !== undefined) {
      above.sites.push(site);
      bySite.set(site, above);
      continue;
    }
    const fragment: Fragment = { kind: kind ?? 'result', top: site, sites: [site], reads: [], stages: [] };
    bySite.set(site, fragment);
    if (kind === 'shuffle') above?.reads.push(fragment);
  }
  linkReused(sitesOf(execution), bySite);
  return bySite;
}

/** Who reads a reused exchange reads the fragment that wrote it, which shares its accumulators. */
function linkReused(sites: readonly PlanSite[], bySite: ReadonlyMap<PlanSite, Fragment>): void {
  const reused = sites.filter((site) => site.again && SHUFFLE.test(site.name) && site.parent?.again === false);
  if (reused.length === 0) return;
  const writers = new Map<number, Fragment>();
  for (const fragment of new Set(bySite.values()))
    if (fragment.kind === 'shuffle')
      for (const { accumulatorId } of fragment.top.node.metrics) writers.set(accumulatorId, fragment);
  for (const { node, parent } of reused) {
    const writer = writers.get(node.metrics[0]?.accumulatorId ?? -1);
    if (writer !== undefined && parent !== null) bySite.get(parent)?.reads.push(writer);
  }
}

/** Bytes that two sources tell of the same shuffle may differ by so much: the REST API rounds them. */
const BYTES_TOLERANCE = 0.06;

/**
 * A stage that fed an exchange wrote as many records, and bytes, as the exchange counted; of several the one that read what the
 * fragment reads. Deepest first, so that what a fragment reads is known.
 */
function matchWriters(run: Run, fragments: readonly Fragment[], stages: readonly RanStage[]): void {
  const taken = new Set<RanStage>();
  for (const fragment of fragments.toReversed()) {
    if (fragment.kind !== 'shuffle') continue;
    const records = metricOf(fragment.top, 'shuffle records written');
    const bytes = metricOf(fragment.top, 'shuffle bytes written');
    if (records === null || records === 0) continue;
    const candidates = stages.filter(
      (stage) => !taken.has(stage) && stage.recordsWritten === records && isNear(stage.bytesWritten, bytes),
    );
    const parents = parentsOf(fragment);
    const match =
      candidates.find((stage) => isSame(canonicalParents(run, stage.facts.stage), parents)) ?? candidates[0];
    if (match === undefined) continue;
    taken.add(match);
    fragment.stages = [match.facts];
  }
}

/** Ids of the stages that wrote what a fragment reads. */
function parentsOf(fragment: Fragment): ReadonlySet<number> {
  return new Set(fragment.reads.flatMap((read) => read.stages.map((facts) => facts.stage.stageId)));
}

function isNear(bytes: number, told: number | null): boolean {
  return told === null || Math.abs(bytes - told) <= BYTES_TOLERANCE * Math.max(bytes, told);
}

/** A stage that wrote no shuffle is known by the stages that it read, or by being the only one that read none. */
function matchOthers(run: Run, fragments: readonly Fragment[], stages: readonly RanStage[]): void {
  const ends = fragments.filter((fragment) => fragment.kind !== 'shuffle');
  const free = stages.filter((stage) => stage.recordsWritten === 0);
  for (const fragment of ends) {
    if (fragment.reads.length === 0) continue;
    const parents = parentsOf(fragment);
    if (parents.size < new Set(fragment.reads).size) continue;
    fragment.stages = free
      .filter((stage) => isSame(canonicalParents(run, stage.facts.stage), parents))
      .map((stage) => stage.facts);
  }
  matchLeaves(
    ends.filter((fragment) => fragment.reads.length === 0),
    free.filter((stage) => stage.facts.stage.parentIds.length === 0),
  );
}

/** What reads no shuffle is known by being alone, else by the records that it read. A cached table is read by who builds it, too. */
function matchLeaves(leaves: readonly Fragment[], roots: readonly RanStage[]): void {
  const tables = leaves.filter((fragment) => fragment.kind === 'cache');
  for (const fragment of tables)
    fragment.stages = roots.filter((stage) => readsWhat(fragment, stage)).map((stage) => stage.facts);
  const building = new Set(tables.flatMap((fragment) => fragment.stages));
  const others = leaves.filter((fragment) => fragment.kind !== 'cache');
  const left = roots.filter((stage) => !building.has(stage.facts) || roots.length === 1);
  for (const fragment of others) {
    const matching = others.length === 1 ? left : left.filter((stage) => readsWhat(fragment, stage));
    fragment.stages = matching.map((stage) => stage.facts);
  }
}

/** Whether a stage read as many records as the scans of a fragment gave out. */
function readsWhat(fragment: Fragment, stage: RanStage): boolean {
  let rows = 0;
  for (const site of fragment.sites) {
    if (site.children.length > 0) continue;
    const out = metricOf(site, 'number of output rows');
    if (out === null) return false;
    rows += out;
  }
  return rows > 0 && stage.recordsRead === rows;
}

function isSame(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}
