import { coreTimeWithin } from '../facts/capacity.ts';
import type { Run } from '../facts/run.ts';
import { ADVISERS, CAUSES, type CauseCondition, OUTSIDE_JOBS } from './causes.ts';
import { leverOf } from './changes-of.ts';
import type { Suspicion } from './rule.ts';

/** A suspicion with the rule that raised it. */
export interface RuledSuspicion extends Suspicion {
  readonly rule: string;
}

/** A suspicion that stands under another, and why. */
export interface Folded {
  readonly suspicion: RuledSuspicion;
  /**
   * `effect`: it follows from the cause. `symptom`: so, and its own remedy would miss the cause, as more memory for all tasks
   * misses one hot task. `advice`: it says how the cause can be remedied. `same`: both name the same changes.
   */
  readonly as: 'effect' | 'symptom' | 'advice' | 'same';
}

/** A suspicion and what stands under it. */
export interface Group {
  readonly cause: RuledSuspicion;
  readonly folded: readonly Folded[];
}

/** How an effect stands under its cause, by the condition that put it there. */
const ROLES: Readonly<Record<CauseCondition, Folded['as']>> = {
  stages: 'effect',
  'stages-or-run': 'effect',
  concentrated: 'symptom',
  idle: 'symptom',
  changes: 'same',
};

/** Part of the idle core time that causes must explain before idle cores are no finding of their own. */
const EXPLAINED_IDLE_SHARE = 0.5;

/**
 * Groups suspicions under their causes. What only follows from another suspicion (table `CAUSES`) stands under it, through as
 * many steps as it takes; a setting that explains others (`ADVISERS`) stands under the largest of them. Every suspicion is in
 * exactly one group, groups in the order of their causes. What stands where does not depend on that order.
 */
export function foldEffects(run: Run, suspicions: readonly RuledSuspicion[]): Group[] {
  const ranked = [...suspicions].sort(byStake);
  const parents = new Map<RuledSuspicion, Link>();
  for (const suspicion of ranked) {
    const link = causeOf(run, suspicion, ranked);
    if (link !== null) parents.set(suspicion, link);
  }
  for (const suspicion of ranked) {
    if (parents.has(suspicion)) continue;
    const advised = ranked.find((other) => advises(suspicion, other));
    if (advised !== undefined) parents.set(suspicion, { parent: advised, as: 'advice' });
  }
  const roots = ranked.map((suspicion) => rootOf(suspicion, parents));
  return suspicions.flatMap((cause) =>
    rootOf(cause, parents) === cause ? [{ cause, folded: foldedUnder(cause, ranked, roots, parents) }] : [],
  );
}

/** Most at stake first; a total order but for suspicions of one rule with the same title. */
function byStake(a: RuledSuspicion, b: RuledSuspicion): number {
  return (
    b.impact.share - a.impact.share ||
    b.impact.seconds - a.impact.seconds ||
    (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : a.title < b.title ? -1 : 1)
  );
}

interface Link {
  readonly parent: RuledSuspicion;
  readonly as: Folded['as'];
}

type Parents = ReadonlyMap<RuledSuspicion, Link>;

/** The cause of the cause, to the last; a circle ends where it was entered. */
function rootOf(suspicion: RuledSuspicion, parents: Parents): RuledSuspicion {
  const seen = new Set<RuledSuspicion>([suspicion]);
  let root = suspicion;
  for (let next = parents.get(root); next !== undefined && !seen.has(next.parent); next = parents.get(root)) {
    root = next.parent;
    seen.add(root);
  }
  return root;
}

function foldedUnder(
  cause: RuledSuspicion,
  ranked: readonly RuledSuspicion[],
  roots: readonly RuledSuspicion[],
  parents: Parents,
): Folded[] {
  return ranked.flatMap((suspicion, index) =>
    roots[index] === cause && suspicion !== cause ? [{ suspicion, as: parents.get(suspicion)?.as ?? 'effect' }] : [],
  );
}

function causeOf(run: Run, effect: RuledSuspicion, ranked: readonly RuledSuspicion[]): Link | null {
  const idle: RuledSuspicion[] = [];
  for (const line of CAUSES.filter(({ effects }) => effects.includes(effect.rule))) {
    const causes = ranked.filter((cause) => cause.rule === line.cause && cause !== effect);
    if (line.condition === 'idle') {
      idle.push(...causes);
      continue;
    }
    const parent = causes.find((cause) => covers(line.condition, cause, effect));
    if (parent !== undefined) return { parent, as: ROLES[line.condition] };
  }
  const [largest] = idle.sort(byStake);
  return largest !== undefined && explainsIdle(run, effect, idle) ? { parent: largest, as: 'symptom' } : null;
}

function covers(condition: CauseCondition, cause: RuledSuspicion, effect: RuledSuspicion): boolean {
  if (condition === 'changes') return changesLikewise(cause, effect);
  if (effect.stages.length === 0) return condition === 'stages-or-run';
  if (condition === 'stages-or-run' && cause.stages.length === 0) return true;
  if (condition === 'concentrated' && effect.concentrated !== true) return false;
  return isWithin(effect.stages, cause.stages);
}

/** True when every change of the effect moves what a change of the cause moves too. */
function changesLikewise(cause: RuledSuspicion, effect: RuledSuspicion): boolean {
  if (typeof cause.changes !== 'object' || typeof effect.changes !== 'object') return false;
  const levers = new Set(cause.changes.map(leverOf));
  return (
    effect.changes.length > 0 &&
    effect.changes.every((change) => leverOf(change) !== null && levers.has(leverOf(change)))
  );
}

/** `stages/12.0` → `12`: attempts of a stage run the same code over the same data. */
const stageOf = (address: string): string => address.replace('stages/', '').split('.')[0] ?? '';

function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  const stages = new Set(outer.map(stageOf));
  return inner.every((address) => stages.has(stageOf(address)));
}

function explainsIdle(run: Run, effect: RuledSuspicion, causes: readonly RuledSuspicion[]): boolean {
  if (causes.length === 0) return false;
  const outside = causes.filter((cause) => OUTSIDE_JOBS.has(cause.rule));
  const inside = causes.filter((cause) => !OUTSIDE_JOBS.has(cause.rule));
  const sumOf = (list: readonly RuledSuspicion[]): number =>
    list.reduce((sum, cause) => sum + idleUnder(run, cause), 0);
  const inJobs = effect.idleCoreMs ?? 0;
  const anywhere = inJobs + run.split.noJob;
  return (
    (inJobs > 0 && sumOf(inside) >= EXPLAINED_IDLE_SHARE * inJobs) ||
    (anywhere > 0 && outside.length > 0 && sumOf(outside) >= EXPLAINED_IDLE_SHARE * anywhere)
  );
}

/** Core-ms without a task that a cause accounts for: as its rule says, else all of its stages. */
function idleUnder(run: Run, cause: RuledSuspicion): number {
  if (cause.idleCoreMs !== undefined) return cause.idleCoreMs;
  const stages = new Set(cause.stages);
  return run.stages.reduce((sum, facts) => {
    if (facts.span === null || !stages.has(facts.address)) return sum;
    return sum + Math.max(0, coreTimeWithin(run.workers, facts.span) - facts.taskMs * run.coresPerTask);
  }, 0);
}

function advises(adviser: RuledSuspicion, other: RuledSuspicion): boolean {
  if (adviser.changes !== undefined || ADVISERS.get(adviser.rule)?.includes(other.rule) !== true) return false;
  if (adviser.stages.length === 0 || other.stages.length === 0) return true;
  const stages = new Set(adviser.stages.map(stageOf));
  return other.stages.some((address) => stages.has(stageOf(address)));
}
