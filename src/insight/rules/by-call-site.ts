import type { Evidence } from '../../kernel/evidence.ts';
import type { Impact } from '../../kernel/finding.ts';
import { countNoun, formatDuration } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { allChanges } from './changes-of.ts';
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
  /** This attempt without the problem. */
  readonly changes?: Suspicion['changes'];
  /** Properties that remedy it; of several attempts of the same code those of the worst hold. */
  readonly conf?: Suspicion['conf'];
  readonly idleCoreMs?: number;
  readonly concentrated?: boolean;
}

/** Findings that one rule makes of stages, at most; the rest is counted in the last. */
const MAX_FINDINGS = 3;

/**
 * Turns observations into suspicions: one for each line of code, worst first, because a loop that runs the same bad stage
 * two hundred times is one problem. Groups that cover no time and change nothing are dropped; those beyond the third are
 * counted in the third, with their changes.
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
  const weighed = [...groups.values()]
    .map((group) => weigh(group))
    .filter((group) => group.coveredMs > 0 || group.ranked.some((observation) => observation.changes !== undefined))
    .sort((a, b) => b.coveredMs - a.coveredMs || (a.worst.title < b.worst.title ? -1 : 1));
  const suspicions = weighed.slice(0, MAX_FINDINGS).map((group) => toSuspicion(run, group, impactOf));
  return countRest(run, suspicions, weighed, impactOf);
}

interface Group {
  readonly worst: Observation;
  /** Worst first. */
  readonly ranked: readonly Observation[];
  readonly coveredMs: number;
}

function weigh(group: Observation[]): Group {
  const ranked = group.sort((a, b) => b.coveredMs - a.coveredMs || a.stage.stage.row - b.stage.stage.row);
  return {
    worst: ranked[0] as Observation,
    ranked,
    coveredMs: ranked.reduce((sum, observation) => sum + observation.coveredMs, 0),
  };
}

function toSuspicion(
  run: Run,
  { worst, ranked, coveredMs }: Group,
  impactOf: (run: Run, ms: number) => Impact,
): Suspicion {
  const impact = impactOf(run, coveredMs);
  const more = ranked.length - 1;
  const changes = allChanges(ranked.map((observation) => observation.changes));
  return {
    title: more === 0 ? worst.title : `${worst.title}; ${countNoun(more, 'more stage attempt')} of the same code`,
    severity: severityOf(run, impact) ?? 'info',
    impact,
    confidence: worst.confidence,
    evidence: [...worst.evidence, ...ranked.slice(1, 3).flatMap((observation) => observation.evidence.slice(0, 1))],
    advice: worst.advice,
    ...(changes === undefined ? {} : { changes }),
    ...(worst.conf === undefined ? {} : { conf: worst.conf }),
    stages: ranked.map((observation) => observation.stage.address),
    concentrated: ranked.every((observation) => observation.concentrated === true),
    idleCoreMs: ranked.reduce((sum, observation) => sum + (observation.idleCoreMs ?? 0), 0),
  };
}

/** The last suspicion speaks for the groups that have none: their stages, time and changes are in it. */
function countRest(
  run: Run,
  suspicions: Suspicion[],
  groups: readonly Group[],
  impactOf: (run: Run, ms: number) => Impact,
): Suspicion[] {
  const rest = groups.slice(MAX_FINDINGS);
  const last = suspicions.at(-1);
  if (rest.length === 0 || last === undefined) return suspicions;
  const observations = rest.flatMap((group) => group.ranked);
  const restMs = rest.reduce((sum, group) => sum + group.coveredMs, 0);
  const impact = impactOf(run, (groups[MAX_FINDINGS - 1]?.coveredMs ?? 0) + restMs);
  const changes = allChanges([last.changes, ...observations.map((observation) => observation.changes)]);
  const counted: Suspicion = {
    ...last,
    title: `${last.title}; and ${countNoun(rest.length, 'more place')} in the code`,
    severity: severityOf(run, impact) ?? 'info',
    impact,
    ...(changes === undefined ? {} : { changes }),
    stages: [...last.stages, ...observations.map((observation) => observation.stage.address)],
    idleCoreMs: (last.idleCoreMs ?? 0) + observations.reduce((sum, one) => sum + (one.idleCoreMs ?? 0), 0),
    evidence: [
      ...last.evidence,
      {
        fact: `${countNoun(rest.length, 'more place')} in the code with the same problem, together ${formatDuration(restMs)} in ${countNoun(observations.length, 'stage attempt')}.`,
        address: observations[0]?.stage.address ?? '',
      },
    ],
  };
  return [...suspicions.slice(0, -1), counted];
}
