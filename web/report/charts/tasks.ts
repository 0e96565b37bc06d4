import type { TaskDistribution } from '../../../src/insight/report/model/report-model.ts';
import { countNoun, formatBytes, formatDuration } from '../../../src/kernel/units.ts';
import { type Look, textStyle, timeAxis, tooltipOf } from './look.ts';
import type { Drawing } from './surface.ts';

const HEIGHT_PX = 220;
const STATUS_SYMBOLS = { SUCCESS: 'circle', FAILED: 'triangle', KILLED: 'diamond', RUNNING: 'emptyCircle' } as const;

/** How many tasks took how long. */
export function histogramDrawing({ histogram }: TaskDistribution, look: Look): Drawing {
  const { edges, counts } = histogram;
  const range = (at: number) => `${formatDuration(edges[at] ?? 0)} to ${formatDuration(edges[at + 1] ?? 0)}`;
  return {
    height: HEIGHT_PX,
    option: {
      textStyle: textStyle(look),
      grid: { left: 52, right: 12, top: 24, bottom: 44 },
      xAxis: {
        type: 'category',
        data: counts.map((_, at) => formatDuration(edges[at + 1] ?? 0)),
        name: 'task took up to',
        nameLocation: 'middle',
        nameGap: 26,
        nameTextStyle: textStyle(look),
        axisLabel: { ...textStyle(look), hideOverlap: true },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: look.line } },
      },
      yAxis: countAxis(look),
      series: [{ type: 'bar', data: [...counts], barCategoryGap: '8%', itemStyle: { color: look.accent } }],
      tooltip: tooltipOf(look, (at) => [countNoun(counts[at] ?? 0, 'task'), range(at)]),
    },
  };
}

function countAxis(look: Look) {
  return {
    type: 'value' as const,
    name: 'tasks',
    nameTextStyle: { ...textStyle(look), align: 'right' as const },
    minInterval: 1,
    axisLabel: textStyle(look),
    splitLine: { lineStyle: { color: look.line, opacity: 0.6 } },
    splitNumber: 3,
  };
}

/** Each task by what it read and how long it took; by when it started where no task read anything. */
export function scatterDrawing({ points, executors }: TaskDistribution, look: Look): Drawing {
  const byBytes = points.items.some(([, , bytes]) => bytes > 0);
  const colors = { SUCCESS: look.accent, FAILED: look.critical, KILLED: look.warning, RUNNING: look.muted };
  const launches = points.items.map(([launch]) => launch);
  const first = Math.min(...launches);
  const reach = Math.max(1, ...points.items.map(([launch, , bytes]) => (byBytes ? bytes : launch - first)));
  return {
    height: HEIGHT_PX,
    option: {
      textStyle: textStyle(look),
      grid: { left: 64, right: 20, top: 24, bottom: 44 },
      xAxis: byBytes ? bytesAxis(look, reach) : timeAxis(look, reach, 'started after the first'),
      yAxis: {
        ...timeAxis(look, Math.max(1, ...points.items.map(([, duration]) => duration))),
        name: 'took',
        nameLocation: 'end',
        nameTextStyle: { ...textStyle(look), align: 'right' },
        axisLabel: { ...textStyle(look), formatter: (ms: number) => formatDuration(ms) },
      },
      series: [
        {
          type: 'scatter',
          data: points.items.map(([launch, duration, bytes, , status]) => ({
            value: [byBytes ? bytes : launch - first, duration],
            symbol: STATUS_SYMBOLS[status],
            itemStyle: { color: colors[status], opacity: 0.75 },
          })),
          symbolSize: 8,
        },
      ],
      tooltip: tooltipOf(look, (at) => {
        const point = points.items[at];
        if (point === undefined) return [];
        const [launch, duration, bytes, executor, status, index] = point;
        return [
          `Task ${index}: ${status.toLowerCase()}`,
          `took ${formatDuration(duration)}, started after ${formatDuration(launch)}`,
          `read ${formatBytes(bytes)}`,
          `on executor ${executors[executor] ?? ''}`,
        ];
      }),
    },
  };
}

function bytesAxis(look: Look, max: number) {
  return {
    ...timeAxis(look, max, 'read'),
    axisLabel: {
      ...textStyle(look),
      formatter: (bytes: number) => formatBytes(bytes),
      hideOverlap: true,
      showMaxLabel: false,
    },
    interval: bytesStep(max),
  };
}

/** A power of two that gives at most four steps. */
const bytesStep = (max: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, max / 4)));
