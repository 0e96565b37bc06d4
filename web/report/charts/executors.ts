import type { Occupancy } from '../../../src/insight/report/model/report-model.ts';
import { formatDuration } from '../../../src/kernel/units.ts';
import { type Bar, barSeries } from './bars.ts';
import { type Look, textStyle, timeAxis, tooltipOf } from './look.ts';
import type { Drawing } from './surface.ts';
import { rowAxis } from './timeline.ts';

const ROW_PX = 20;
/** Neighbouring bins whose share of busy cores rounds to the same of these steps are one bar. Percent. */
const STEP_PERCENT = 10;

/** Cores that were there as a line, those that were busy as an area under it. */
export function occupancyDrawing(occupancy: Occupancy, look: Look): Drawing {
  const { binMs, cores, busy } = occupancy;
  const stepped = (values: readonly number[]) => [
    ...values.map((value, bin) => [bin * binMs, value]),
    [values.length * binMs, values.at(-1) ?? 0],
  ];
  const most = Math.max(1, ...cores);
  return {
    height: 220,
    option: {
      textStyle: textStyle(look),
      grid: { left: 52, right: 16, top: 26, bottom: 28, outerBoundsMode: 'none' },
      xAxis: timeAxis(look, cores.length * binMs),
      yAxis: {
        type: 'value',
        name: 'cores',
        nameTextStyle: { ...textStyle(look), align: 'right' },
        max: Math.ceil(most),
        minInterval: 1,
        axisLabel: textStyle(look),
        splitLine: { lineStyle: { color: look.line, opacity: 0.6 } },
        splitNumber: 4,
      },
      series: [
        {
          name: 'there',
          type: 'line',
          step: 'end',
          symbol: 'none',
          data: stepped(cores),
          lineStyle: { color: look.muted, width: 2 },
          areaStyle: { color: look.idle, opacity: 1 },
        },
        {
          name: 'busy',
          type: 'line',
          step: 'end',
          symbol: 'none',
          data: stepped(busy),
          lineStyle: { color: look.accent, width: 1 },
          areaStyle: { color: look.accent, opacity: 0.85 },
        },
      ],
      tooltip: {
        ...tooltipOf(look, () => []),
        trigger: 'axis',
        axisPointer: { type: 'line', lineStyle: { color: look.muted } },
        formatter: (params: unknown) => {
          const [{ dataIndex } = { dataIndex: 0 }] = params as Array<{ dataIndex: number }>;
          const bin = Math.min(dataIndex, cores.length - 1);
          return `${formatDuration(bin * binMs)}: ${busy[bin] ?? 0} of ${cores[bin] ?? 0} cores busy`;
        },
      },
    },
  };
}

/** One row an executor, as dark as it was busy. */
export function executorsDrawing({ executors, binMs, cores }: Occupancy, look: Look, end: number): Drawing {
  const rows = executors.items.toReversed();
  const cells = rows.flatMap((executor, row) => runsOf(executor.busyPercent).map((run) => ({ ...run, row })));
  const bars: Bar[] = cells.map(({ first, last, percent, row }) => ({
    row,
    from: first * binMs,
    to: Math.min(end, (last + 1) * binMs),
    color: look.accent,
    filled: percent / 100,
    square: true,
  }));
  return {
    height: 12 + rows.length * ROW_PX + 28,
    option: {
      textStyle: textStyle(look),
      grid: { left: 72, right: 16, top: 4, bottom: 28, outerBoundsMode: 'none' },
      xAxis: timeAxis(look, cores.length * binMs),
      yAxis: rowAxis(
        look,
        rows.map(({ executorId }) => executorId),
      ),
      series: [barSeries(bars, 0.8)],
      tooltip: tooltipOf(look, (at) => {
        const cell = cells[at];
        const executor = cell === undefined ? undefined : rows[cell.row];
        if (cell === undefined || executor === undefined) return [];
        return [
          `Executor ${executor.executorId} on ${executor.host}`,
          `about ${cell.percent} % of ${executor.cores} cores busy`,
          `${formatDuration(cell.first * binMs)} to ${formatDuration((cell.last + 1) * binMs)}`,
        ];
      }),
    },
  };
}

interface BusyRun {
  readonly first: number;
  last: number;
  readonly percent: number;
}

function runsOf(percents: ReadonlyArray<number | null>): BusyRun[] {
  const runs: BusyRun[] = [];
  for (const [bin, value] of percents.entries()) {
    if (value === null) continue;
    const percent = Math.round(value / STEP_PERCENT) * STEP_PERCENT;
    const before = runs.at(-1);
    if (before !== undefined && before.last === bin - 1 && before.percent === percent) before.last = bin;
    else runs.push({ first: bin, last: bin, percent });
  }
  return runs;
}
