import { type Outcome, type Summary, scoreOf } from './scores.ts';

const percent = (share: number): string => `${(share * 100).toFixed(1).replace('-', '−')} %`;
const seconds = (times: readonly number[]): string =>
  times.length === 0 ? '–' : `${(times.reduce((sum, ms) => sum + ms, 0) / times.length / 1000).toFixed(1)} s`;

/** One workload on one line. */
export function outcomeLine(outcome: Outcome): string {
  const { name, predicted, measured, measuredInterval, beforeMs, afterMs, verdict, failures } = outcome;
  const said =
    predicted === null
      ? 'nothing predicted'
      : `predicted ${percent(predicted.share)} (${percent(predicted.low)} to ${percent(predicted.high)}) by ${predicted.rule}`;
  const spread = measuredInterval === null ? '' : ` (${measuredInterval.map(percent).join(' to ')})`;
  const seen = measured === null ? 'not measured' : `measured ${percent(measured)}${spread}, ${verdict}`;
  const score = scoreOf(outcome);
  const judged =
    score === null
      ? ''
      : `error ${percent(score.errorOfRun)} of the run, ${percent(score.errorOfSaving)} of the saving; ${score.covered ? 'covered' : 'not covered'}${score.signRight ? '' : '; wrong sign'}${score.harmful ? '; HARMFUL' : ''}`;
  const times = `${seconds(beforeMs)} → ${seconds(afterMs)}`;
  return [
    `${name.padEnd(20)} ${times.padEnd(18)} ${said}; ${seen}; ${judged}`,
    ...failures.map((text) => `    ${text}`),
  ].join('\n');
}

/** Figures over all workloads beside their goals. */
export function summaryLines(summary: Summary): string[] {
  return [
    `advice for ${summary.predicted} of ${summary.workloads} workloads`,
    `median absolute error, of the measured saving  ${percent(summary.medianErrorOfSaving)}  (goal ≤ 20 %)`,
    `median absolute error, of the run time         ${percent(summary.medianErrorOfRun)}`,
    `sign right                                     ${percent(summary.signRightShare)}  (goal ≥ 95 %)`,
    `harmful (> 5 % slower, or failed)              ${percent(summary.harmfulShare)}  (goal ≤ 3 %)`,
    `80 % interval covers what was measured         ${percent(summary.coveredShare)}  (goal 70 to 90 %)`,
  ];
}
