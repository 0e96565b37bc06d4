import { mean } from 'simple-statistics';
import type { Application } from '../../eventlog/index.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { countNoun, formatCount } from '../../kernel/units.ts';
import { costBasis, runCost } from '../cost/cost.ts';
import type { PriceTable } from '../cost/prices.ts';
import { type Attribution, attribute } from './attribution.ts';
import { type Effect, effectOf } from './effect.ts';
import { type Explanation, explain } from './explanations.ts';
import {
  type MatchedRuns,
  matchRuns,
  type SetAside,
  type SideName,
  type UsedRun,
  type VolumePolicy,
} from './match-runs.ts';
import { type Judgement, judgeEffect, type OptimizationVerdict } from './verdict-reasons.ts';

/** How two sets of runs are compared. */
export interface EvaluationOptions {
  /** Default: `match`. */
  readonly volume?: VolumePolicy;
  /** Seed of the bootstrap. Default: 1. */
  readonly seed?: number;
  /** Known run-to-run noise (standard deviation of the logarithm of the time), for fewer than three runs a side. */
  readonly noise?: number | undefined;
  /** Prices for the cost in money; none without it. */
  readonly prices?: PriceTable | null;
}

/** A quantity of both sides, means over the runs that were compared; null where a side does not tell it. */
export interface CostChange {
  readonly measure: 'core_hours' | 'memory_gib_hours' | 'money';
  readonly baseline: number | null;
  readonly candidate: number | null;
}

/** Whether a change helped: by how much, where, at what cost, and what explains it. */
export interface OptimizationEvaluation {
  readonly verdict: OptimizationVerdict;
  readonly reasons: readonly string[];
  readonly runsNeeded: number | null;
  /** Ids of the runs that were compared, and their times. */
  readonly baseline: readonly RunLine[];
  readonly candidate: readonly RunLine[];
  readonly setAside: readonly SetAside[];
  /** Null when a side has no run that can be compared; so are the three below. */
  readonly effect: Effect | null;
  readonly where: Attribution | null;
  readonly cost: readonly CostChange[] | null;
  readonly currency: string | null;
  readonly explanations: readonly Explanation[];
  /** What limits the answer. */
  readonly gaps: readonly string[];
}

export interface RunLine {
  readonly appId: string;
  readonly name: string;
  readonly wallMs: number;
}

/**
 * Says whether a change made an application faster: runs before it against runs after it. Runs that failed, did not end, or
 * read another volume of input are set aside with the reason. Pure; the order of runs does not count, and exchanged sides give
 * the opposite verdict.
 *
 * Errors: `invalid_argument` when a side is empty.
 */
export function evaluateOptimization(
  baseline: readonly Application[],
  candidate: readonly Application[],
  { volume = 'match', seed = 1, noise, prices = null }: EvaluationOptions = {},
): OptimizationEvaluation {
  refuseEmpty('baseline', baseline);
  refuseEmpty('candidate', candidate);
  const runs = matchRuns(baseline, candidate, volume);
  const lines = { baseline: runs.baseline.map(toLine), candidate: runs.candidate.map(toLine), setAside: runs.setAside };
  const failures = failureReasons(baseline, candidate);
  if (runs.baseline.length === 0 || runs.candidate.length === 0) {
    return {
      ...lines,
      verdict: 'inconclusive',
      reasons: [...failures, noneLeft(runs)],
      runsNeeded: null,
      effect: null,
      where: null,
      cost: null,
      currency: null,
      explanations: [],
      gaps: gapsOf(runs, volume),
    };
  }
  const effect = effectOf(
    runs.baseline.map(({ ms }) => ms),
    runs.candidate.map(({ ms }) => ms),
    { seed, noise },
  );
  const judgement: Judgement = judgeEffect(effect, {
    baseline: runs.baseline.length,
    candidate: runs.candidate.length,
  });
  return {
    ...lines,
    ...judgement,
    reasons: [...judgement.reasons, ...failures],
    effect,
    where: attribute(runs.baseline, runs.candidate),
    ...costOf(runs, prices),
    explanations: explain(runs.baseline, runs.candidate),
    gaps: gapsOf(runs, volume),
  };
}

function refuseEmpty(side: SideName, applications: readonly Application[]): void {
  if (applications.length > 0) return;
  throw new HeadgateError('invalid_argument', `There is no ${side} run.`, {
    hint: 'Name at least one run a side; three a side tell chance from effect.',
  });
}

function toLine({ application, run }: UsedRun): RunLine {
  return { appId: labelLog(application.appId), name: labelLog(application.name), wallMs: run.wallMs };
}

/** A change after which runs fail is no improvement, however fast the others are. */
function failureReasons(baseline: readonly Application[], candidate: readonly Application[]): string[] {
  const failed = (runs: readonly Application[]) => runs.filter(({ status }) => status === 'FAILED').length;
  const [a, b] = [failed(baseline), failed(candidate)];
  if (a === 0 && b === 0) return [];
  return [
    `${a} of ${countNoun(baseline.length, 'baseline run')} and ${b} of ${countNoun(candidate.length, 'candidate run')} failed: the verdict is about the others.`,
  ];
}

function noneLeft({ baseline, candidate }: MatchedRuns): string {
  const empty = baseline.length === 0 ? (candidate.length === 0 ? 'either side' : 'the baseline') : 'the candidate';
  return `No run of ${empty} can be compared.`;
}

function costOf(
  { baseline, candidate }: MatchedRuns,
  prices: PriceTable | null,
): { cost: CostChange[]; currency: string | null } {
  const [a, b] = [baseline, candidate].map((side) => side.map(({ run }) => runCost(costBasis(run), prices)));
  const row = (name: CostChange['measure'], amountOf: (cost: ReturnType<typeof runCost>) => number | null) => ({
    measure: name,
    baseline: meanKnown((a ?? []).map(amountOf)),
    candidate: meanKnown((b ?? []).map(amountOf)),
  });
  const cost = [
    row('core_hours', ({ use }) => (use.coreHours > 0 ? use.coreHours : null)),
    row('memory_gib_hours', ({ use }) => (use.memoryGibHours > 0 ? use.memoryGibHours : null)),
    ...(prices === null ? [] : [row('money', ({ money }) => money?.amount ?? null)]),
  ];
  return { cost, currency: prices?.currency ?? null };
}

function meanKnown(values: ReadonlyArray<number | null>): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 || known.length < values.length ? null : mean(known);
}

function gapsOf(runs: MatchedRuns, volume: VolumePolicy): string[] {
  const used = [...runs.baseline, ...runs.candidate];
  const gaps = runs.setAside.map(({ side, appId, reason }) => `Set aside ${side} ${appId}: ${reason}`);
  const incomplete = used.filter(({ application }) => application.log.incomplete).length;
  if (incomplete > 0)
    gaps.push(`The logs of ${countNoun(incomplete, 'run')} are incomplete: where the time went may be off.`);
  if (used.some(({ work }) => work.rows === null && work.bytes === null)) {
    gaps.push('Some logs do not tell what was read: that the runs had the same input is taken for granted.');
  }
  if (volume === 'scale') gaps.push('Times are scaled to one volume of input, as if they were proportional to it.');
  if (volume === 'ignore') gaps.push('Input volumes were not compared, as asked.');
  return [...gaps, ...differentWork(runs)];
}

/** What hints at runs that did not do the same, and only the caller can judge. */
function differentWork({ baseline, candidate }: MatchedRuns): string[] {
  const gaps: string[] = [];
  const names = new Set([...baseline, ...candidate].map(({ application }) => application.name));
  if (names.size > 1) gaps.push('The runs have different application names.');
  const rows = (side: readonly UsedRun[]) => meanKnown(side.map(({ work }) => work.outputRows));
  const [a, b] = [rows(baseline), rows(candidate)];
  if (a !== null && b !== null && Math.abs(a - b) > 0.01 * Math.max(a, b)) {
    gaps.push(`The baseline writes ${formatCount(a)} rows, the candidate ${formatCount(b)}: the results may differ.`);
  }
  return gaps;
}
