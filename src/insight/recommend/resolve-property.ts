import { countNoun, formatShare } from '../../kernel/units.ts';
import { settingOf } from '../facts/settings.ts';
import { isOutcome } from '../rules/catalog.ts';
import type { AnalysedRun, Proposal } from './analysed-run.ts';
import { amountOf, defaultOf, isSameValue } from './property-value.ts';

/** One property that is to change, and the proposals that say so. */
export interface ResolvedProperty {
  readonly key: string;
  /** As the newest run has it, or Spark's default; null where neither is known. */
  readonly now: string | null;
  readonly value: string;
  readonly proposals: readonly Proposal[];
  /** What else there is to say: how a contradiction was decided. */
  readonly notes: readonly string[];
}

/** A proposal that is not followed, and why. */
export interface LeftOut {
  readonly key: string;
  readonly value: string;
  readonly reason: string;
}

/** Problems that one run is enough to show: what failed there fails again. */
const ONE_RUN_IS_ENOUGH: ReadonlySet<string> = new Set(['spark/memory-underprovisioned', 'spark/driver-memory']);

/** Memory is never lowered where any run needed more. */
const NEVER_LOWER = /[mM]emory(Overhead)?$/;

const KEPT_FOR_NEED = 'Other runs needed less, but memory that any run was short of is not lowered.';
const MORE_OF_THE_RUNS = 'Other findings point the other way; these are about more of the runs.';

/** How much more of the runs one side of a contradiction must be about to win. */
const CLEAR_LEAD = 2;

/** Decides one property from the proposals of all runs, newest run first. */
export function resolveProperty(
  key: string,
  proposals: readonly Proposal[],
  runs: readonly AnalysedRun[],
): { property: ResolvedProperty | null; leftOut: LeftOut[] } {
  const now = currentValue(key, runs);
  const asked = proposals.filter(({ value, run }) => !isSameValue(key, value, valueIn(key, run) ?? ''));
  const sides = [...Map.groupBy(asked, (proposal) => sideOf(proposal, now))].map(([side, of]) => sideWith(side, of));
  const [first, second] = sides.sort((a, b) => b.weight - a.weight || (a.side < b.side ? -1 : 1));
  if (first === undefined) return { property: null, leftOut: [] };
  const { winner, losers } = decide(key, first, second, sides);
  const leftOut = losers.map((side) => ({ key, value: side.value, reason: reasonAgainst(key, side, winner, runs) }));
  if (winner === null) return { property: null, leftOut };
  const refusal = tooFew(winner, runs);
  if (refusal !== null) return { property: null, leftOut: [{ key, value: winner.value, reason: refusal }, ...leftOut] };
  if (now !== null && isSameValue(key, winner.value, now)) return { property: null, leftOut };
  const notes = losers.length > 0 ? [NEVER_LOWER.test(key) ? KEPT_FOR_NEED : MORE_OF_THE_RUNS] : [];
  return { property: { key, now, value: winner.value, proposals: winner.proposals, notes }, leftOut };
}

/** Proposals that pull a property the same way. */
interface Side {
  readonly side: string;
  /** The largest amount: the largest need of those that raise it, the smallest step of those that lower it. */
  readonly value: string;
  /** Parts of the runs that it is about, added up. */
  readonly weight: number;
  readonly proposals: readonly Proposal[];
}

function sideOf({ key, value }: Proposal, now: string | null): string {
  const [to, from] = [amountOf(key, value), amountOf(key, now)];
  if (to === null) return `=${value}`;
  return from === null ? 'set' : to > from ? 'up' : 'down';
}

function sideWith(side: string, proposals: readonly Proposal[]): Side {
  const largest = proposals.reduce((most, one) =>
    (amountOf(one.key, one.value) ?? 0) > (amountOf(most.key, most.value) ?? 0) ? one : most,
  );
  return { side, value: largest.value, weight: proposals.reduce((sum, { share }) => sum + share, 0), proposals };
}

function decide(
  key: string,
  first: Side,
  second: Side | undefined,
  sides: readonly Side[],
): { winner: Side | null; losers: Side[] } {
  if (second === undefined) return { winner: first, losers: [] };
  const up = NEVER_LOWER.test(key) ? sides.find(({ side }) => side === 'up') : undefined;
  const winner = up ?? (first.weight >= CLEAR_LEAD * second.weight && first.weight > 0 ? first : null);
  return { winner, losers: sides.filter((side) => side !== winner) };
}

function reasonAgainst(key: string, side: Side, winner: Side | null, runs: readonly AnalysedRun[]): string {
  const shown = `${rulesOf(side.proposals)} in ${countNoun(runsOf(side.proposals).length, 'run')} of ${runs.length}`;
  if (winner === null)
    return `Findings contradict each other and none is about clearly more of the runs: ${shown} (${formatShare(side.weight / runs.length)} of a run on average).`;
  return `${shown} asks for it, but ${rulesOf(winner.proposals)} needs ${key}=${winner.value}.`;
}

function tooFew(side: Side, runs: readonly AnalysedRun[]): string | null {
  const shown = runsOf(side.proposals).length;
  const needed = side.proposals.some(({ rule }) => isOutcome(rule) || ONE_RUN_IS_ENOUGH.has(rule))
    ? 1
    : Math.ceil(runs.length / 2);
  return shown >= needed
    ? null
    : `${rulesOf(side.proposals)} shows in only ${shown} of ${countNoun(runs.length, 'run')}; at least ${needed} must show it.`;
}

/** Names of the rules behind proposals, each once. */
export function rulesOf(proposals: readonly Proposal[]): string {
  return [...new Set(proposals.map(({ rule }) => rule))].sort().join(', ');
}

/** The runs that proposals come from, each once, in the order of the proposals. */
export function runsOf(proposals: readonly Proposal[]): AnalysedRun[] {
  return [...new Set(proposals.map(({ run }) => run))];
}

/** Value of a property as the newest run set it, else Spark's default. */
export function currentValue(key: string, runs: readonly AnalysedRun[]): string | null {
  const [newest] = runs;
  return newest === undefined ? null : valueIn(key, newest);
}

function valueIn(key: string, { run }: AnalysedRun): string | null {
  return settingOf(run, key) ?? defaultOf(key);
}
