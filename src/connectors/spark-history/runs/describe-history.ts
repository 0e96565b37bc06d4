import { z } from 'zod';
import { type loadRunStatistics as Load, loadRunStatistics } from '../../../insight/index.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import { countNoun, formatDuration } from '../../../kernel/units.ts';
import { rfc3339 } from '../times.ts';
import type { LogicalRuns } from './load-runs.ts';

type Statistics = Awaited<ReturnType<typeof Load>>;
type Judgement = ReturnType<Statistics['judgeApplication']>;
export type Regression = Judgement['regressions'][number];

const DAY_MS = 86_400_000;

/** Duration at the end of the history ÷ at its beginning along its trend, and the 95 % interval of that; null with fewer than eight runs. */
export const TREND = z
  .object({ ratio: z.number(), ratio_low: z.number(), ratio_high: z.number(), significant: z.boolean() })
  .nullable();

/** What a history says of its runs. */
export interface DescribedHistory {
  readonly judgement: Judgement;
  readonly unusual: ReadonlyMap<string, { readonly kind: string; readonly expectedMs: number }>;
  readonly trend: z.input<typeof TREND>;
  readonly summary: readonly string[];
}

const SEASONS = {
  weekend: 'weekends differ from working days',
  weekday: 'days of the week differ',
  'hour-of-day': 'times of the day differ',
} as const;

/** Judges the runs of one logical application, and says so in sentences. */
export async function describeHistory({ runs }: LogicalRuns): Promise<DescribedHistory> {
  const statistics = await loadRunStatistics();
  const judgement = statistics.judgeApplication(runs.map(({ record }) => record));
  const { history } = judgement;
  const found = history === null ? [] : statistics.unusualRuns(history);
  const trend = trendOf(judgement, statistics);
  return {
    judgement,
    unusual: new Map(found.map(({ run, kind, expectedMs }) => [run.id, { kind, expectedMs }])),
    trend,
    summary: [
      ...counted(judgement, runs.length, statistics),
      ...(history === null ? [] : explained(history)),
      ...trendSentence(trend),
      ...judgement.regressions.map(sentenceOf),
    ],
  };
}

function counted({ runs, history }: Judgement, total: number, { FEWEST_RUNS }: Statistics): string[] {
  const durations = runs.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const middle = durations[durations.length >> 1];
  const median = middle === undefined ? '' : `, median ${formatDuration(middle)}`;
  const all = `${countNoun(total, 'run')}, ${runs.length} of them succeeded${median}.`;
  return history === null
    ? [all, `Changes and anomalies need ${FEWEST_RUNS} runs that succeeded: too few to tell.`]
    : [all];
}

function explained({ fit }: NonNullable<Judgement['history']>): string[] {
  const { season, volumes } = fit.circumstances;
  const noise = `Runs scatter by ${percent(Math.expm1(fit.noise))} around what is expected of them`;
  const parts = [
    ...(volumes === null ? [] : [`durations follow the input volume (power ${fit.volumeSlope.toFixed(2)})`]),
    ...(season === 'none' ? [] : [SEASONS[season]]),
  ];
  return [parts.length === 0 ? `${noise}.` : `${noise}; ${parts.join('; ')}.`];
}

function trendOf({ runs }: Judgement, { theilSen }: Statistics): z.input<typeof TREND> {
  const first = runs[0]?.at ?? 0;
  const days = ((runs.at(-1)?.at ?? first) - first) / DAY_MS;
  const trend = theilSen(runs.map(({ at, durationMs }) => [(at - first) / DAY_MS, Math.log(durationMs)] as const));
  if (trend === null) return null;
  const [ratio, low, high] = [trend.slope, ...trend.interval].map((slope) => rounded(Math.exp(slope * days)));
  return { ratio: ratio ?? 1, ratio_low: low ?? 1, ratio_high: high ?? 1, significant: trend.significant };
}

function trendSentence(trend: z.input<typeof TREND>): string[] {
  if (trend === null) return [];
  const { ratio, ratio_low: low, ratio_high: high } = trend;
  return trend.significant
    ? [
        `Along its trend the duration went to ${percent(ratio)} of what it was (${percent(low)} to ${percent(high)}), volume included.`,
      ]
    : ['No trend stands out of the noise.'];
}

/** A regression in one sentence. */
export function sentenceOf({ kind, direction, since, ratio, interval, beforeMs, afterMs }: Regression): string {
  const change = `${percent(Math.abs(ratio - 1))} ${direction}`;
  const ends = interval.map((end) => (direction === 'slower' ? end - 1 : 1 - end)).sort((a, b) => a - b);
  const [low, high] = ends.map(percent);
  const at = `${labelLog(since.appId)}${since.startMs === null ? '' : ` of ${rfc3339(since.startMs)}`}`;
  const took = `${formatDuration(beforeMs)} → ${formatDuration(afterMs)}`;
  if (kind === 'latest-run') return `The latest run, ${at}, is ${change} than expected (${took}).`;
  if (kind === 'drift') return `Runs drift: ${change} over the whole history (${low} to ${high}).`;
  return `${change} since ${at} (95 %: ${low} to ${high}; ${took}).`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Three significant digits, and no more than can be believed: a ratio. */
export const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(3)) : 0);
