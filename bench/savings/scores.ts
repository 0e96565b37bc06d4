import { median } from 'simple-statistics';
import type { PredictedSaving } from './prediction.ts';

/** What one workload came to. Shares of the run time before. */
export interface Outcome {
  readonly name: string;
  readonly what: string;
  /** Null when no run before had a finding with a remedy. */
  readonly predicted: PredictedSaving | null;
  /** 1 − time after ÷ time before, geometric means. Null when an application failed. */
  readonly measured: number | null;
  /** 95 % interval of `measured`; null with too few runs. */
  readonly measuredInterval: readonly [low: number, high: number] | null;
  readonly verdict: string;
  readonly beforeMs: readonly number[];
  readonly afterMs: readonly number[];
  readonly failures: readonly string[];
}

/** How good the predictions of one workload or of all are. */
export interface Score {
  /** |predicted − measured| as a share of the run time: an error of 0.05 is 5 % of the run. */
  readonly errorOfRun: number;
  /** |predicted − measured| ÷ |measured|: an error of 0.2 is a saving of 5 s that was predicted as 4 or 6. */
  readonly errorOfSaving: number;
  readonly signRight: boolean;
  readonly covered: boolean;
  readonly harmful: boolean;
}

/** Slow-down from which advice counts as harmful. Source: evaluation, savings. */
const HARMFUL_SHARE = 0.05;

/** Scores one workload; null where nothing was predicted. Advice after which an application fails is harmful and wrong. */
export function scoreOf({ predicted, measured }: Outcome): Score | null {
  if (predicted === null) return null;
  if (measured === null) return { errorOfRun: 1, errorOfSaving: 1, signRight: false, covered: false, harmful: true };
  const error = Math.abs(predicted.share - measured);
  return {
    errorOfRun: error,
    errorOfSaving: measured === 0 ? 1 : error / Math.abs(measured),
    signRight: predicted.share > 0 === measured > 0,
    covered: predicted.low <= measured && measured <= predicted.high,
    harmful: measured < -HARMFUL_SHARE,
  };
}

/** Figures over all workloads with a prediction. */
export interface Summary {
  readonly workloads: number;
  readonly predicted: number;
  readonly medianErrorOfRun: number;
  readonly medianErrorOfSaving: number;
  readonly signRightShare: number;
  readonly coveredShare: number;
  readonly harmfulShare: number;
}

/** Adds up the scores. Without any prediction errors are 1 and shares 0. */
export function summarize(outcomes: readonly Outcome[]): Summary {
  const scores = outcomes.map(scoreOf).filter((score) => score !== null);
  const share = (of: (score: Score) => boolean) => (scores.length === 0 ? 0 : scores.filter(of).length / scores.length);
  const middle = (of: (score: Score) => number) => (scores.length === 0 ? 1 : median(scores.map(of)));
  return {
    workloads: outcomes.length,
    predicted: scores.length,
    medianErrorOfRun: middle(({ errorOfRun }) => errorOfRun),
    medianErrorOfSaving: middle(({ errorOfSaving }) => errorOfSaving),
    signRightShare: share(({ signRight }) => signRight),
    coveredShare: share(({ covered }) => covered),
    harmfulShare: share(({ harmful }) => harmful),
  };
}
