import type { Severity } from '../../kernel/finding.ts';
import type { Suspicion } from './rule.ts';

/** A suspicion with the rule that raised it. */
export interface RuledSuspicion extends Suspicion {
  readonly rule: string;
}

/** Problems that bring others with them, and which: a hot partition spills, collects garbage and leaves other cores idle. */
const EFFECTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['spark/task-skew', ['spark/disk-spill', 'spark/gc-pressure', 'spark/idle-cores']],
  ['spark/straggler', ['spark/gc-pressure', 'spark/idle-cores']],
  ['spark/huge-partitions', ['spark/disk-spill', 'spark/gc-pressure']],
]);

/** Part of the idle core time that causes must explain before idle cores are no finding of their own. */
const EXPLAINED_IDLE_SHARE = 0.5;

const RANK: Readonly<Record<Severity, number>> = { critical: 2, warning: 1, info: 0 };

/**
 * Takes away findings that are only effects of another one, and shows them as evidence under it. An effect goes when all its
 * stages are in the cause and, under a skewed or straggling task, one task accounts for half of it; idle cores go when causes
 * explain half of them and are as grave.
 */
export function foldEffects(suspicions: readonly RuledSuspicion[]): RuledSuspicion[] {
  const folded = new Map<RuledSuspicion, RuledSuspicion[]>();
  const gone = new Set<RuledSuspicion>();
  for (const effect of suspicions) {
    const cause = causeOf(effect, suspicions, gone);
    if (cause === null) continue;
    gone.add(effect);
    folded.set(cause, [...(folded.get(cause) ?? []), effect]);
  }
  return suspicions
    .filter((suspicion) => !gone.has(suspicion))
    .map((cause) => withEffects(cause, folded.get(cause) ?? []));
}

function causeOf(
  effect: RuledSuspicion,
  suspicions: readonly RuledSuspicion[],
  gone: ReadonlySet<RuledSuspicion>,
): RuledSuspicion | null {
  const causes = suspicions.filter((cause) => !gone.has(cause) && mayCause(cause, effect));
  if (effect.rule === 'spark/idle-cores') {
    const explained = causes.reduce((sum, cause) => sum + (cause.idleCoreMs ?? 0), 0);
    return explained >= EXPLAINED_IDLE_SHARE * (effect.idleCoreMs ?? 0) ? (causes[0] ?? null) : null;
  }
  return causes.find((cause) => effect.stages.every((stage) => cause.stages.includes(stage))) ?? null;
}

function mayCause(cause: RuledSuspicion, effect: RuledSuspicion): boolean {
  if (EFFECTS.get(cause.rule)?.includes(effect.rule) !== true) return false;
  if (effect.rule === 'spark/idle-cores') return RANK[cause.severity] >= RANK[effect.severity];
  return cause.rule === 'spark/huge-partitions' || effect.concentrated === true;
}

/** The cause with its effects as evidence; where an effect is graver, so is the cause, by the effect's impact. */
function withEffects(cause: RuledSuspicion, effects: readonly RuledSuspicion[]): RuledSuspicion {
  const gravest = effects.reduce<RuledSuspicion>((worst, effect) => graver(worst, effect), cause);
  const consequences = effects.flatMap((effect) => {
    const first = effect.evidence[0];
    return first === undefined ? [] : [{ ...first, fact: `Follows from it (${effect.rule}): ${first.fact}` }];
  });
  return {
    ...cause,
    severity: gravest.severity,
    impact: gravest.impact,
    evidence: [...cause.evidence, ...consequences],
  };
}

function graver(a: RuledSuspicion, b: RuledSuspicion): RuledSuspicion {
  return RANK[a.severity] >= RANK[b.severity] ? a : b;
}
