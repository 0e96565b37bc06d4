import type { Application } from '../../src/eventlog/index.ts';
import { analyze } from '../../src/insight/analyze.ts';
import { describeRun } from '../../src/insight/facts/run.ts';
import { createReplay } from '../../src/insight/replay/replay.ts';
import type { Finding } from '../../src/kernel/finding.ts';
import type { Workload } from './catalogue.ts';

/** What Headgate says of a run: how much less time it would take, as a share of the run's time, with the 80 % interval. */
export interface PredictedSaving {
  /** Rule whose advice it is; `what-if` for other cores. */
  readonly rule: string;
  readonly conf: Readonly<Record<string, string>>;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The saving that a run's own analysis predicts: of the finding of `rule`, else of the one that saves most. One problem may be
 * reported under another rule from run to run: they have the same remedy. Null without a finding for which the workload has one.
 */
export function predictSaving(application: Application, workload: Workload, rule?: string): PredictedSaving | null {
  if (workload.cores !== undefined) return predictCores(application, workload.cores.count);
  const run = describeRun(application);
  const [finding] = analyze(application)
    .findings.filter((one) => one.rule in workload.remedies && isWallTime(one))
    .sort((a, b) => Number(b.rule === rule) - Number(a.rule === rule) || b.impact.seconds - a.impact.seconds);
  if (finding === undefined || run.wallMs === 0) return null;
  const [low, high] = finding.impact.interval_seconds ?? [finding.impact.seconds, finding.impact.seconds];
  const seconds = run.wallMs / 1000;
  return {
    rule: finding.rule,
    conf: finding.conf ?? {},
    share: finding.impact.seconds / seconds,
    low: low / seconds,
    high: high / seconds,
  };
}

function isWallTime({ impact }: Finding): boolean {
  return impact.basis === 'replay' && impact.share_of === 'wall_time';
}

function predictCores(application: Application, cores: number): PredictedSaving | null {
  const replay = createReplay(describeRun(application));
  const { wallMs, wallInterval } = replay.predict([{ kind: 'executors', count: 1, coresEach: cores }]);
  const before = replay.asRun.wallMs;
  if (!(before > 0)) return null;
  return {
    rule: 'what-if',
    conf: {},
    share: 1 - wallMs / before,
    low: 1 - wallInterval[1] / before,
    high: 1 - wallInterval[0] / before,
  };
}

/** The mean of what several runs of one workload predict; null when none does. */
export function meanSaving(predictions: ReadonlyArray<PredictedSaving | null>): PredictedSaving | null {
  const made = predictions.filter((one) => one !== null);
  const [first] = made;
  if (first === undefined) return null;
  const mean = (of: (one: PredictedSaving) => number) => made.reduce((sum, one) => sum + of(one), 0) / made.length;
  return { ...first, share: mean(({ share }) => share), low: mean(({ low }) => low), high: mean(({ high }) => high) };
}
