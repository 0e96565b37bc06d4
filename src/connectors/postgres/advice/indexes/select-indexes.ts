import { tableKey } from '../table-facts.ts';
import { candidateKey, type IndexCandidate } from './index-candidates.ts';

/** A query whose cost is to fall. */
export interface WeighedQuery {
  readonly id: number;
  /** How often it runs. */
  readonly calls: number;
  /** `schema.table` of what it reads. */
  readonly tables: ReadonlySet<string>;
}

/** Plans with indexes that do not exist. */
export interface WhatIf {
  /** Planned cost of each of the queries with these indexes in place, by query id. */
  costs(indexes: readonly IndexCandidate[], queries: readonly WeighedQuery[]): Promise<Map<number, number>>;
  /** Estimated size of one that was in place before. Bytes. */
  size(index: IndexCandidate): Promise<number>;
}

/** When to stop. */
export interface SelectionLimits {
  /** Sum of sizes, bytes. */
  readonly maxBytes: number;
  readonly maxIndexes: number;
  /** An index has to save this share of the cost of all queries, weighed by calls… */
  readonly minGain: number;
  /** …or a fifth of it, and this share of the cost of one query. */
  readonly minQueryGain: number;
  /** Either way one run of some query has to become cheaper by this much, in the planner's unit. */
  readonly minSavedCost: number;
  /** True when the time for the search is over. */
  readonly isLate: () => boolean;
}

/** An index that was chosen. */
export interface SelectedIndex {
  readonly index: IndexCandidate;
  readonly bytes: number;
  /** Share of the cost of all queries, weighed by calls, that it saves on top of those before it. */
  readonly gain: number;
  /** Queries that get cheaper by it, with their costs before and after it. */
  readonly queries: ReadonlyArray<{ readonly id: number; readonly before: number; readonly after: number }>;
}

/** What was chosen, in the order in which they pay. */
export interface Selection {
  readonly indexes: readonly SelectedIndex[];
  readonly stoppedEarly: boolean;
}

/** Of one query's cost, to be told that it gains. */
const MIN_QUERY_GAIN = 0.01;
/** A query that is small among the others counts when it becomes much cheaper. */
const MINOR = 5;
/** Two candidates this close in gain are equal: the smaller index wins. Share of the larger gain. */
const TIE = 0.02;

/**
 * Chooses indexes one by one: the one that saves most of the cost of all queries, measured together with those already chosen,
 * until none saves enough or the size is used up; then takes out those that the later ones made superfluous. Cost: in each round a
 * plan of each query on its table for each candidate.
 */
export async function selectIndexes(
  candidates: readonly IndexCandidate[],
  queries: readonly WeighedQuery[],
  whatIf: WhatIf,
  limits: SelectionLimits,
): Promise<Selection> {
  const base = await whatIf.costs([], queries);
  const search: Search = { queries, whatIf, total: sumOf(base, queries), limits };
  const chosen: IndexCandidate[] = [];
  let current = base;
  let bytes = 0;
  let stoppedEarly = false;
  while (chosen.length < limits.maxIndexes && search.total > 0 && !stoppedEarly) {
    const left = candidates.filter((candidate) => !chosen.includes(candidate));
    const trials = await tryEach(left, chosen, current, search);
    stoppedEarly = trials.stoppedEarly;
    const best = bestOf(
      trials.trials.filter((one) => bytes + one.bytes <= limits.maxBytes && isWorthIt(one, current, limits)),
    );
    if (best === undefined) break;
    bytes += best.bytes;
    chosen.push(best.index);
    current = new Map([...current, ...best.costs]);
  }
  const kept = await withoutSuperfluous(chosen, current, search);
  return { indexes: await account(kept, base, search), stoppedEarly };
}

interface Search {
  readonly queries: readonly WeighedQuery[];
  readonly whatIf: WhatIf;
  /** Cost of all queries without new indexes, weighed by calls. */
  readonly total: number;
  readonly limits: SelectionLimits;
}

interface Trial {
  readonly index: IndexCandidate;
  readonly costs: Map<number, number>;
  readonly gain: number;
  readonly bytes: number;
}

async function tryEach(
  left: readonly IndexCandidate[],
  chosen: readonly IndexCandidate[],
  current: ReadonlyMap<number, number>,
  search: Search,
): Promise<{ trials: Trial[]; stoppedEarly: boolean }> {
  const trials: Trial[] = [];
  for (const index of left) {
    if (search.limits.isLate()) return { trials, stoppedEarly: true };
    trials.push(await tryOne(index, chosen, current, search));
  }
  return { trials, stoppedEarly: false };
}

async function tryOne(
  index: IndexCandidate,
  chosen: readonly IndexCandidate[],
  current: ReadonlyMap<number, number>,
  { queries, whatIf, total }: Search,
): Promise<Trial> {
  const touched = queries.filter(({ tables }) => tables.has(tableKey(index.table)));
  const costs = await whatIf.costs([...chosen, index], touched);
  const saved = sumOf(current, touched) - sumOf(costs, touched);
  return { index, costs, gain: saved / total, bytes: saved > 0 ? await whatIf.size(index) : 0 };
}

const costOf = (costs: ReadonlyMap<number, number>, id: number): number => costs.get(id) ?? 0;

function sumOf(costs: ReadonlyMap<number, number>, queries: readonly WeighedQuery[]): number {
  return queries.reduce((sum, { id, calls }) => sum + calls * costOf(costs, id), 0);
}

function isWorthIt({ gain, costs }: Trial, current: ReadonlyMap<number, number>, limits: SelectionLimits): boolean {
  const saved = [...costs].map(([id, cost]) => costOf(current, id) - cost);
  if (Math.max(0, ...saved) < limits.minSavedCost) return false;
  if (gain >= limits.minGain) return true;
  const falls = [...costs].some(([id, cost]) => cost <= costOf(current, id) * (1 - limits.minQueryGain));
  return falls && gain >= limits.minGain / MINOR;
}

/** Of those that save about the most, the smallest. */
function bestOf(trials: readonly Trial[]): Trial | undefined {
  const most = Math.max(0, ...trials.map(({ gain }) => gain));
  return trials
    .filter(({ gain }) => gain >= most * (1 - TIE))
    .sort(
      (a, b) =>
        a.bytes - b.bytes ||
        a.index.keys.length - b.index.keys.length ||
        candidateKey(a.index).localeCompare(candidateKey(b.index)),
    )[0];
}

/** Takes out what costs next to nothing to be without, now that all are there; what was chosen first is tried first. */
async function withoutSuperfluous(
  chosen: readonly IndexCandidate[],
  current: ReadonlyMap<number, number>,
  { queries, whatIf, total, limits }: Search,
): Promise<IndexCandidate[]> {
  let kept = [...chosen];
  const best = sumOf(current, queries);
  for (const index of chosen.slice(0, -1)) {
    const without = kept.filter((one) => one !== index);
    const cost = sumOf(await whatIf.costs(without, queries), queries);
    if ((cost - best) / total < limits.minGain / MINOR / 2) kept = without;
  }
  return kept;
}

/** What each saves on top of those before it. */
async function account(
  kept: readonly IndexCandidate[],
  base: ReadonlyMap<number, number>,
  { queries, whatIf, total }: Search,
): Promise<SelectedIndex[]> {
  const selected: SelectedIndex[] = [];
  let before = base;
  for (const [position, index] of kept.entries()) {
    const after = await whatIf.costs(kept.slice(0, position + 1), queries);
    const gain = (sumOf(before, queries) - sumOf(after, queries)) / total;
    selected.push({ index, bytes: await whatIf.size(index), gain, queries: gainsOf(before, after) });
    before = after;
  }
  return selected;
}

function gainsOf(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>) {
  return [...after]
    .map(([id, cost]) => ({ id, before: costOf(before, id), after: cost }))
    .filter((one) => one.after < one.before * (1 - MIN_QUERY_GAIN))
    .sort((a, b) => b.before - b.after - (a.before - a.after));
}
