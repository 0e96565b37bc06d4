import type { Evidence } from '../../kernel/evidence.ts';
import type { Change } from '../replay/changes.ts';
import { isOutcome } from './catalog.ts';
import { allChanges } from './changes-of.ts';
import type { Folded, Group, RuledSuspicion } from './fold.ts';
import type { Suspicion } from './rule.ts';

/** Kinds of change that only take measured time away: those of an effect go with its cause. */
const SAVINGS: ReadonlySet<Change['kind']> = new Set(['save-task-time', 'drop-attempts', 'drop-stage']);

const INTRODUCTIONS = {
  effect: 'Follows from it',
  symptom: 'Follows from it',
  advice: 'Contributes to it',
  same: 'Also seen as',
} as const;

/**
 * What the run would be without a group: the changes of the cause, and the time that its effects took. How an effect would be
 * remedied by itself (other partitions, other executors) is left out.
 */
export function changesOfGroup({ cause, folded }: Group): Suspicion['changes'] {
  return allChanges([
    cause.changes,
    ...folded.map(({ suspicion, as }) => (isEffect(as) ? savingsOf(suspicion) : undefined)),
  ]);
}

const isEffect = (as: Folded['as']): boolean => as === 'effect' || as === 'symptom';

function savingsOf({ changes }: RuledSuspicion): Suspicion['changes'] {
  if (changes === undefined || typeof changes === 'function') return undefined;
  const savings = changes.filter((change) => SAVINGS.has(change.kind));
  return savings.length === 0 ? undefined : savings;
}

/** True for an effect whose own remedy `changesOfGroup` leaves out, so that it has to be weighed by itself. */
export function isWeighedAlone({ suspicion: { changes }, as }: Folded): boolean {
  if (!isEffect(as)) return false;
  if (changes === undefined || typeof changes === 'function') return true;
  return changes.some((change) => !SAVINGS.has(change.kind));
}

/**
 * A group as one suspicion: what stands under the cause is evidence there; advice and properties are taken over where they do
 * not say otherwise than the cause, and not from symptoms.
 */
export function mergeGroup({ cause, folded }: Group): RuledSuspicion {
  if (folded.length === 0) return cause;
  const advisers = folded.filter(({ as }) => as !== 'symptom');
  const conf: Record<string, string> = { ...cause.conf };
  for (const { suspicion } of advisers) {
    for (const [key, value] of Object.entries(suspicion.conf ?? {})) conf[key] ??= value;
  }
  const advice = [...cause.advice];
  for (const { suspicion, as } of advisers) {
    const more = suspicion.advice.filter(
      // What sends the reader to the cause has nothing to say under it.
      (line) => !advice.includes(line) && !line.includes(`see ${cause.rule}`) && !contradicts(line, conf),
    );
    if (as === 'advice') advice.unshift(...more.slice(0, 1));
    else advice.push(...more);
  }
  return {
    ...cause,
    evidence: [...cause.evidence, ...folded.flatMap(consequenceOf)],
    advice,
    ...(Object.keys(conf).length === 0 ? {} : { conf }),
    stages: [...new Set([...cause.stages, ...folded.flatMap(({ suspicion }) => suspicion.stages)])],
  };
}

/** The first evidence of what is folded; all of it where it is a failure, whose errors stand there. */
function consequenceOf({ suspicion, as }: Folded): Evidence[] {
  const shown = isOutcome(suspicion.rule) ? suspicion.evidence : suspicion.evidence.slice(0, 1);
  return shown.map((evidence) => ({
    ...evidence,
    fact: `${INTRODUCTIONS[as]} (${suspicion.rule}): ${evidence.fact}`,
  }));
}

/** True for advice that sets a property to another value than the patch does. */
function contradicts(advice: string, conf: Readonly<Record<string, string>>): boolean {
  for (const [, key, value] of advice.matchAll(/\b(spark\.[\w.]+\w)=([\w.]*\w)/g)) {
    if (key !== undefined && conf[key] !== undefined && conf[key] !== value) return true;
  }
  return false;
}
