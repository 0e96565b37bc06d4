import { z } from 'zod';
import { loadRunStatistics, observationOf } from '../../../insight/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import { countNoun, formatDuration } from '../../../kernel/units.ts';
import { gapsOutput } from '../gaps.ts';
import { optionalText, textOr } from '../parameters.ts';
import { forecastDeadline, refuseUnreadableDeadline } from '../runs/forecast-deadline.ts';
import { loadRuns, runsInput } from '../runs/load-runs.ts';
import { defineSparkTool } from '../spark-history.ts';
import { rfc3339 } from '../times.ts';

const { since, until, ...named } = runsInput;

export const forecastRun = defineSparkTool({
  name: 'forecast_run',
  title: 'Forecast the next run',
  description:
    'When the next run of a recurring application starts, how long it takes (median, 80 % interval), and whether it misses its deadline: a time of day, or a longest duration; now, and from when on along the trend.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...named,
    deadline: optionalText().describe('Done by HH:MM, or a longest duration: 90 min'),
    time_zone: textOr('UTC').describe('Of HH:MM: Europe/Berlin'),
  }),
  output: z.object({
    application: z.string().nullable(),
    run_count: z.number(),
    next_start_time: z.string().nullable(),
    expected_duration_ms: z.number().nullable(),
    low_duration_ms: z.number().nullable(),
    high_duration_ms: z.number().nullable(),
    growth_per_month_ratio: z.number().nullable(),
    deadline: z
      .object({
        done_by_time: z.string().nullable(),
        longest_duration_ms: z.number(),
        probability_of_missing: z.number(),
        missed_from_time: z.string().nullable(),
        sentence: z.string(),
      })
      .nullable(),
    summary: z.array(z.string()),
    unread_logs: z.number(),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    if (input.app_name === undefined && input.app_id === undefined) {
      throw new HeadgateError('invalid_argument', 'Neither app_name nor app_id is given.', {
        hint: 'list_run_history without a name lists the recurring applications.',
      });
    }
    const statistics = await loadRunStatistics();
    if (input.deadline !== undefined) refuseUnreadableDeadline(input.deadline, input.time_zone, statistics);
    const { applications, unreadCount, gaps } = await loadRuns(input, context);
    const [one] = applications;
    const runs = one?.runs.flatMap(({ record }) => observationOf(record) ?? []) ?? [];
    const forecast = statistics.forecastRun(runs);
    const deadline =
      forecast === null || input.deadline === undefined
        ? null
        : forecastDeadline(forecast, { deadline: input.deadline, zone: input.time_zone }, statistics);
    const also = applications
      .slice(1)
      .map(({ key }) => `Also of this name, and not in the forecast: ${labelLog(key)}.`);
    return {
      application: one === undefined ? null : labelLog(one.key),
      run_count: runs.length,
      next_start_time: rfc3339(forecast?.nextStart ?? null),
      expected_duration_ms: forecast === null ? null : Math.round(forecast.durationMs),
      low_duration_ms: forecast === null ? null : Math.round(forecast.intervalMs[0]),
      high_duration_ms: forecast === null ? null : Math.round(forecast.intervalMs[1]),
      growth_per_month_ratio: forecast === null ? null : Number(forecast.growthPerMonth.toPrecision(3)),
      deadline,
      summary: [
        ...summaryOf(forecast, runs.length, statistics),
        ...also,
        ...(deadline === null ? [] : [deadline.sentence]),
      ],
      unread_logs: unreadCount,
      gaps: [...gaps],
    };
  },
});

type Statistics = Awaited<ReturnType<typeof loadRunStatistics>>;

function summaryOf(
  forecast: ReturnType<Statistics['forecastRun']>,
  runCount: number,
  { FEWEST_FORECAST_RUNS, isFullForecast }: Statistics,
): string[] {
  if (forecast === null) {
    return [`${countNoun(runCount, 'run')} succeeded: a forecast needs ${FEWEST_FORECAST_RUNS}.`];
  }
  const [low, high] = forecast.intervalMs;
  const expected = `The next run takes ${formatDuration(forecast.durationMs)}, in 4 of 5 cases ${formatDuration(low)} to ${formatDuration(high)}.`;
  return [
    expected,
    ...(forecast.nextStart === null ? ['Starts have no rhythm: when it starts is not known.'] : []),
    ...(isFullForecast(runCount) ? [] : ['Few runs: neither volume nor season nor trend is taken into account.']),
  ];
}
