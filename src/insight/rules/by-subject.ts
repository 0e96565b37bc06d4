import type { Evidence } from '../../kernel/evidence.ts';
import { countNoun } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import type { Change } from '../replay/changes.ts';
import { allChanges } from './changes-of.ts';
import { taskImpact } from './materiality.ts';
import type { Suspicion } from './rule.ts';

/** One place in a plan, or in several plans, that shows a problem. */
export interface PlanObservation {
  /** What the problem is about, e.g. a table: observations with the same subject are one finding. */
  readonly subject: string;
  /** Task time that the problem covers, ms. */
  readonly coveredMs: number;
  readonly title: string;
  readonly confidence: number;
  readonly evidence: readonly Evidence[];
  readonly advice: readonly string[];
  /** Absent where nothing measures what it costs. */
  readonly changes?: readonly Change[];
  readonly conf?: Suspicion['conf'];
  /** Stage attempts that have it. */
  readonly stages: readonly StageFacts[];
}

/** Findings that one rule makes of plans, at most; the rest is counted in the last. */
const MAX_FINDINGS = 3;

/** Evidence that further observations of a subject add, at most. */
const MAX_MORE_EVIDENCE = 2;

/** Turns observations into suspicions: one for each subject, what covers most first; those beyond the third are counted in the third. */
export function bySubject(run: Run, observations: readonly PlanObservation[]): Suspicion[] {
  const groups = new Map<string, PlanObservation[]>();
  for (const observation of observations) {
    const group = groups.get(observation.subject);
    if (group === undefined) groups.set(observation.subject, [observation]);
    else group.push(observation);
  }
  const ranked = [...groups.values()]
    .map((group) => group.sort(byCovered))
    .sort((a, b) => covered(b) - covered(a) || byCovered(a[0] as PlanObservation, b[0] as PlanObservation));
  const shown = ranked.slice(0, MAX_FINDINGS);
  const rest = ranked.slice(MAX_FINDINGS).flat();
  return shown.map((group, position) => toSuspicion(run, group, position === shown.length - 1 ? rest : []));
}

const covered = (group: readonly PlanObservation[]): number => group.reduce((sum, one) => sum + one.coveredMs, 0);

function byCovered(a: PlanObservation, b: PlanObservation): number {
  return b.coveredMs - a.coveredMs || (a.title < b.title ? -1 : a.title > b.title ? 1 : 0);
}

function toSuspicion(run: Run, group: readonly PlanObservation[], rest: readonly PlanObservation[]): Suspicion {
  const worst = group[0] as PlanObservation;
  const all = [...group, ...rest];
  const more = group.length - 1;
  const changes = allChanges(all.map((observation) => observation.changes));
  const named = more === 0 ? worst.title : `${worst.title}; ${countNoun(more, 'more time')}`;
  return {
    title: rest.length === 0 ? named : `${named}; and ${countNoun(rest.length, 'more place')} in other queries`,
    severity: 'info',
    impact: taskImpact(run, covered(all)),
    confidence: worst.confidence,
    evidence: [
      ...worst.evidence,
      ...group.slice(1, 1 + MAX_MORE_EVIDENCE).flatMap((observation) => observation.evidence.slice(0, 1)),
    ],
    advice: worst.advice,
    ...(changes === undefined ? {} : { changes }),
    ...(worst.conf === undefined ? {} : { conf: worst.conf }),
    stages: [...new Set(all.flatMap((observation) => observation.stages.map((facts) => facts.address)))],
  };
}

/** Largest part of an attempt that a rule takes away: nothing runs in no time. */
const MAX_PART = 0.98;

/** Attempts of some stages that each take a part (0 to 1) less time. */
export function savePart(run: Run, stages: readonly StageFacts[], part: number): Change[] {
  const kept = Math.min(MAX_PART, part);
  if (!(kept > 0)) return [];
  const rows = rowsOf(stages);
  if (rows.length === 0) return [];
  const savedMs = new Float64Array(rows.length);
  for (let position = 0; position < rows.length; position++) {
    savedMs[position] = run.application.tasks.durationMs(rows[position] as number) * kept;
  }
  return [{ kind: 'save-task-time', rows, savedMs }];
}

function rowsOf(stages: readonly StageFacts[]): Uint32Array {
  const rows = new Uint32Array(stages.reduce((sum, facts) => sum + facts.succeeded.length, 0));
  let filled = 0;
  for (const { succeeded } of stages) {
    rows.set(succeeded, filled);
    filled += succeeded.length;
  }
  return rows;
}

/** Time of the successful attempts of some stages, ms. */
export function taskTimeOf(stages: readonly StageFacts[]): number {
  return stages.reduce((sum, facts) => sum + facts.durations.reduce((part, ms) => part + ms, 0), 0);
}
