import type { Evidence } from '../../kernel/evidence.ts';
import type { Impact } from '../../kernel/finding.ts';
import { countNoun, formatDuration } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { severityOf } from './materiality.ts';
import type { Suspicion } from './rule.ts';

/** One stage attempt that shows a problem. */
export interface Observation {
  readonly stage: StageFacts;
  /** Time that the problem covers in this attempt, ms. */
  readonly coveredMs: number;
  readonly title: string;
  readonly confidence: number;
  readonly evidence: readonly Evidence[];
  readonly advice: readonly string[];
  readonly idleCoreMs?: number;
  readonly concentrated?: boolean;
}

/** Findings that one rule makes of stages, at most; the rest is counted in the last. */
const MAX_FINDINGS = 3;

/**
 * Turns observations into suspicions: one for each line of code, worst first, because a loop that runs the same bad stage
 * two hundred times is one problem. Immaterial groups are dropped; those beyond the third are counted in the third.
 */
export function byCallSite(
  run: Run,
  observations: readonly Observation[],
  impactOf: (run: Run, ms: number) => Impact,
): Suspicion[] {
  const groups = new Map<string, Observation[]>();
  for (const observation of observations) {
    const group = groups.get(observation.stage.callSite);
    if (group === undefined) groups.set(observation.stage.callSite, [observation]);
    else group.push(observation);
  }
  const suspicions = [...groups.values()]
    .map((group) => toSuspicion(run, group, impactOf))
    .filter((suspicion) => suspicion !== null)
    .sort((a, b) => b.impact.seconds - a.impact.seconds || (a.title < b.title ? -1 : 1));
  return countRest(suspicions);
}

function toSuspicion(run: Run, group: Observation[], impactOf: (run: Run, ms: number) => Impact): Suspicion | null {
  const ranked = group.sort((a, b) => b.coveredMs - a.coveredMs || a.stage.stage.row - b.stage.stage.row);
  const worst = ranked[0];
  if (worst === undefined) return null;
  const impact = impactOf(
    run,
    ranked.reduce((sum, observation) => sum + observation.coveredMs, 0),
  );
  const severity = severityOf(run, impact);
  if (severity === null) return null;
  const more = ranked.length - 1;
  return {
    title: more === 0 ? worst.title : `${worst.title}; ${countNoun(more, 'more stage attempt')} of the same code`,
    severity,
    impact,
    confidence: worst.confidence,
    evidence: [...worst.evidence, ...ranked.slice(1, 3).flatMap((observation) => observation.evidence.slice(0, 1))],
    advice: worst.advice,
    stages: ranked.map((observation) => observation.stage.address),
    concentrated: ranked.every((observation) => observation.concentrated === true),
    idleCoreMs: ranked.reduce((sum, observation) => sum + (observation.idleCoreMs ?? 0), 0),
  };
}

function countRest(suspicions: Suspicion[]): Suspicion[] {
  const rest = suspicions.slice(MAX_FINDINGS);
  const kept = suspicions.slice(0, MAX_FINDINGS);
  const last = kept.at(-1);
  if (rest.length === 0 || last === undefined) return kept;
  const stages = rest.flatMap((suspicion) => suspicion.stages);
  const seconds = rest.reduce((sum, suspicion) => sum + suspicion.impact.seconds, 0);
  const counted: Suspicion = {
    ...last,
    stages: [...last.stages, ...stages],
    evidence: [
      ...last.evidence,
      {
        fact: `${countNoun(rest.length, 'more place')} in the code with the same problem, together ${formatDuration(seconds * 1000)} in ${countNoun(stages.length, 'stage attempt')}.`,
        address: stages[0] ?? '',
      },
    ],
  };
  return [...kept.slice(0, -1), counted];
}
