import { median } from 'simple-statistics';
import { type Difference, differencesBetween, runsAround } from './change-causes.ts';
import type { History } from './changes.ts';
import { type JudgedRuns, judgeRuns } from './judge-runs.ts';
import { observationOf, type RunRecord } from './run-record.ts';
import type { Observation } from './series.ts';

/** A run that succeeded, with its record. */
export type RecordedRun = Observation & { readonly record: RunRecord };

/** Something that made runs slower, or faster, than they were. */
export interface Regression {
  /** `step`: since one run; `drift`: all the time; `latest-run`: so far one run alone, the latest. */
  readonly kind: 'step' | 'drift' | 'latest-run';
  readonly direction: 'slower' | 'faster';
  /** First run of which it is true. */
  readonly since: RunRecord;
  /** Duration with ÷ without it, of equal volume and season. */
  readonly ratio: number;
  /** 95 % interval of `ratio`; for a latest run, its duration ÷ the ends of what was expected. */
  readonly interval: readonly [low: number, high: number];
  /** Median durations of the runs before and after, as they were, ms; for a latest run the expected one and its own. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** Probability that it is chance; null for a latest run, which is unusual at one in a thousand. */
  readonly chance: number | null;
  /** What came with it. */
  readonly differences: readonly Difference[];
}

/** What became of a logical application. */
export interface ApplicationJudgement extends JudgedRuns<RecordedRun> {
  /** The latest run, then changes, the latest first, then a drift. */
  readonly regressions: readonly Regression[];
}

/** Judges the runs of one logical application. Runs that did not succeed are left out: how long they took says nothing. */
export function judgeApplication(records: readonly RunRecord[], seed = 1): ApplicationJudgement {
  const judged = judgeRuns(
    records.flatMap((record) => observationOf(record) ?? []),
    seed,
  );
  const { history } = judged;
  const regressions = history === null ? [] : [...steps(history), ...drifts(history)];
  return { ...judged, regressions: [...latestRun(judged), ...regressions] };
}

const directionOf = (ratio: number): Regression['direction'] => (ratio > 1 ? 'slower' : 'faster');

const durationOf = (runs: readonly RecordedRun[]): number => median(runs.map(({ durationMs }) => durationMs));

const recordsOf = (runs: readonly RecordedRun[]): RunRecord[] => runs.map(({ record }) => record);

function steps({ runs, changes }: History<RecordedRun>): Regression[] {
  const places = changes.map(({ index }) => index);
  return changes
    .map(({ index, ratio, interval, chance }): Regression => {
      const { before, after } = runsAround(runs, index, places);
      return {
        kind: 'step',
        direction: directionOf(ratio),
        since: (runs[index] as RecordedRun).record,
        ratio,
        interval,
        beforeMs: durationOf(before),
        afterMs: durationOf(after),
        chance,
        differences: differencesBetween(recordsOf(before), recordsOf(after)),
      };
    })
    .reverse();
}

function drifts({ runs, drift }: History<RecordedRun>): Regression[] {
  const [first] = runs;
  if (drift === null || first === undefined) return [];
  const { before } = runsAround(runs, Math.min(5, runs.length), []);
  const after = runs.slice(-before.length);
  return [
    {
      kind: 'drift',
      direction: directionOf(drift.ratio),
      since: first.record,
      ratio: drift.ratio,
      interval: drift.interval,
      beforeMs: durationOf(before),
      afterMs: durationOf(after),
      chance: drift.chance,
      differences: differencesBetween(recordsOf(before), recordsOf(after)),
    },
  ];
}

function latestRun({ runs, latest }: JudgedRuns<RecordedRun>): Regression[] {
  const last = runs.at(-1);
  if (last === undefined || latest === null || latest.verdict === 'as-expected') return [];
  const { before } = runsAround(runs, runs.length - 1, []);
  const [low, high] = latest.intervalMs;
  return [
    {
      kind: 'latest-run',
      direction: latest.verdict,
      since: last.record,
      ratio: latest.ratio,
      interval: [last.durationMs / high, last.durationMs / low],
      beforeMs: latest.expectedMs,
      afterMs: last.durationMs,
      chance: null,
      differences: differencesBetween(recordsOf(before), [last.record]),
    },
  ];
}
