import type { ReportModel } from '../../../src/insight/report/model/report-model.ts';
import { countNoun, formatDuration } from '../../../src/kernel/units.ts';
import { type Bar, barSeries } from './bars.ts';
import { type Look, textStyle, timeAxis, tooltipOf } from './look.ts';
import type { Drawing } from './surface.ts';

/** Lanes that are drawn: what runs beside more jobs than this is in the table. */
const MAX_LANES = 24;
const LANE_PX = 22;
const STEPS_PX = 56;

/** Jobs in lanes, the driver alone below them, and the number of executors. */
export function timelineDrawing({ timeline, header }: ReportModel, look: Look): Drawing {
  const jobs = timeline.jobs.items.filter(({ lane }) => lane < MAX_LANES);
  const lanes = Math.max(1, ...jobs.map(({ lane }) => lane + 1));
  const end = endOf(timeline, header.durationMs);
  const bars: Bar[] = [
    ...jobs.map((job) => ({
      row: job.lane + 1,
      from: job.from,
      to: job.to,
      color: job.status === 'FAILED' ? look.critical : job.status === 'SUCCEEDED' ? look.accent : look.warning,
      label: `job ${job.jobId}`,
      labelColor: look.panel,
    })),
    ...timeline.driverAlone.items.map((gap) => ({ row: 0, ...gap, color: look.muted })),
  ];
  const lines = (at: number): string[] => {
    const job = jobs[at];
    if (job !== undefined)
      return [
        `Job ${job.jobId}: ${job.status.toLowerCase()}`,
        job.name,
        `${formatDuration(job.to - job.from)}, from ${formatDuration(job.from)}`,
        countNoun(job.stageCount, 'stage'),
      ];
    const gap = timeline.driverAlone.items[at - jobs.length];
    return gap === undefined
      ? []
      : ['Driver alone', `${formatDuration(gap.to - gap.from)}, from ${formatDuration(gap.from)}`];
  };
  const top = 8 + (lanes + 1) * LANE_PX;
  const counts = timeline.executors.map(([, count]) => count);
  const most = Math.max(1, ...counts);
  return {
    height: top + 24 + STEPS_PX + 30,
    option: {
      textStyle: textStyle(look),
      grid: [
        { left: 88, right: 16, top: 8, height: (lanes + 1) * LANE_PX, outerBoundsMode: 'none' },
        { left: 88, right: 16, top: top + 24, height: STEPS_PX, outerBoundsMode: 'none' },
      ],
      xAxis: [
        { ...timeAxis(look, end), axisLabel: { show: false } },
        { ...timeAxis(look, end), gridIndex: 1 },
      ],
      yAxis: [rowAxis(look, ['driver alone', 'jobs', ...new Array<string>(lanes - 1).fill('')]), countAxis(look, most)],
      series: [
        barSeries(bars, 0.72),
        {
          type: 'line',
          step: 'end',
          symbol: 'none',
          xAxisIndex: 1,
          yAxisIndex: 1,
          data: [...timeline.executors.map(([ms, count]) => [ms, count]), [end, counts.at(-1) ?? 0]],
          lineStyle: { color: look.ok, width: 2 },
          areaStyle: { color: look.ok, opacity: 0.15 },
          silent: true,
        },
      ],
      tooltip: tooltipOf(look, lines),
    },
  };
}

function endOf(timeline: ReportModel['timeline'], durationMs: number | null): number {
  const last = Math.max(1, ...[...timeline.jobs.items, ...timeline.driverAlone.items].map(({ to }) => to));
  return Math.max(last, durationMs ?? 0);
}

/** An axis of rows from the bottom up; rows without a name have no label. */
export function rowAxis(look: Look, names: readonly string[]) {
  return {
    type: 'category' as const,
    data: [...names],
    axisLabel: { ...textStyle(look), interval: 0 },
    axisLine: { show: false },
    axisTick: { show: false },
  };
}

function countAxis(look: Look, most: number) {
  return {
    type: 'value' as const,
    gridIndex: 1,
    name: 'executors',
    nameLocation: 'middle' as const,
    nameGap: 24,
    nameRotate: 0,
    nameTextStyle: { ...textStyle(look), align: 'right' as const },
    min: 0,
    max: most,
    interval: most,
    axisLabel: textStyle(look),
    splitLine: { show: false },
  };
}
