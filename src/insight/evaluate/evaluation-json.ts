import type { PartChange } from './attribution.ts';
import type { OptimizationEvaluation } from './evaluate-optimization.ts';

/** A part of the wall time as JSON, ms. */
export interface PartJson {
  readonly part: string;
  readonly baseline_ms: number;
  readonly candidate_ms: number;
  readonly delta_ms: number;
}

/** An evaluation as `analyze --baseline --json` prints it. Times ms, ratios candidate ÷ baseline. Unknown values are null. */
export function evaluationToJson({ effect, where, ...evaluation }: OptimizationEvaluation) {
  return {
    verdict: evaluation.verdict,
    reasons: evaluation.reasons,
    runs_needed: evaluation.runsNeeded,
    baseline: evaluation.baseline.map(toRun),
    candidate: evaluation.candidate.map(toRun),
    set_aside: evaluation.setAside.map(({ side, appId, reason }) => ({ side, app_id: appId, reason })),
    effect: effect === null ? null : effectToJson(effect),
    delta_ms: where === null ? null : rounded(where.deltaMs, 1),
    phases: (where?.phases ?? []).map(toPart),
    stages: (where?.groups ?? []).map(toPart),
    cost: evaluation.cost ?? [],
    currency: evaluation.currency,
    explanations: evaluation.explanations,
    gaps: evaluation.gaps,
  };
}

/** An effect on the wire. */
export function effectToJson(effect: NonNullable<OptimizationEvaluation['effect']>) {
  const pair = (interval: readonly [number, number] | null) => interval?.map((ratio) => rounded(ratio, 4)) ?? null;
  return {
    ratio: rounded(effect.ratio, 4),
    interval_95: pair(effect.interval),
    interval_80: pair(effect.interval80),
    baseline_median_ms: effect.baselineMedianMs,
    candidate_median_ms: effect.candidateMedianMs,
    noise_ratio: effect.noise === null ? null : rounded(effect.noise, 4),
    detectable_share: effect.detectableShare === null ? null : rounded(effect.detectableShare, 4),
  };
}

function toRun({ appId, name, wallMs }: OptimizationEvaluation['baseline'][number]) {
  return { app_id: appId, name, wall_ms: wallMs };
}

/** A part of the wall time on the wire. */
export function toPart({ part, baselineMs, candidateMs, deltaMs }: PartChange): PartJson {
  return {
    part,
    baseline_ms: rounded(baselineMs, 1),
    candidate_ms: rounded(candidateMs, 1),
    delta_ms: rounded(deltaMs, 1),
  };
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
