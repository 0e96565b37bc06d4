import { GANTT_ROWS } from '../../../src/insight/report/html/sections.ts';
import type { ReportModel } from '../../../src/insight/report/model/report-model.ts';
import { countNoun, formatDuration, formatShare } from '../../../src/kernel/units.ts';
import { barSeries } from './bars.ts';
import { clip, type Look, NARROW_PX, textStyle, timeAxis, tooltipOf } from './look.ts';
import type { Drawing } from './surface.ts';
import { rowAxis } from './timeline.ts';

const ROW_PX = 22;
const NAME_CHARS = 25;

/** The longest stages by when they started, the first on top. `onStage` is called with the address of the one that was chosen. */
export function ganttDrawing(
  { stages, header }: ReportModel,
  look: Look,
  widthPx: number,
  onStage: (address: string) => void,
): Drawing {
  const shown = stages.items.slice(0, GANTT_ROWS).sort((a, b) => b.from - a.from || b.to - a.to);
  const narrow = widthPx < NARROW_PX;
  const end = Math.max(header.durationMs ?? 0, 1, ...shown.map(({ to }) => to));
  const busyOf = (stage: (typeof shown)[number]) =>
    header.peakCores > 0 && stage.wallMs > 0 ? Math.min(1, stage.taskMs / (stage.wallMs * header.peakCores)) : 1;
  const bars = shown.map((stage, row) => ({
    row,
    from: stage.from,
    to: stage.to,
    filled: busyOf(stage),
    color: stage.status === 'FAILED' ? look.critical : stage.status === 'COMPLETE' ? look.accent : look.warning,
  }));
  const names = shown.map((stage) => {
    const id = `${stage.stageId}.${stage.attemptId}`;
    return narrow ? id : `${clip(siteOf(stage.name), NAME_CHARS)}  ${id}`;
  });
  return {
    height: 12 + shown.length * ROW_PX + 28,
    option: {
      textStyle: textStyle(look),
      grid: { left: narrow ? 48 : 216, right: 16, top: 4, bottom: 28, outerBoundsMode: 'none' },
      xAxis: timeAxis(look, end),
      yAxis: rowAxis(look, names),
      series: [barSeries(bars, 0.66)],
      tooltip: tooltipOf(look, (at) => {
        const stage = shown[at];
        if (stage === undefined) return [];
        return [
          `Stage ${stage.stageId}.${stage.attemptId}: ${stage.status.toLowerCase()}`,
          stage.name,
          `${formatDuration(stage.wallMs)}, from ${formatDuration(stage.from)}`,
          `${countNoun(stage.taskCount, 'task')}, ${formatDuration(stage.taskMs)} of task time`,
          `${formatShare(busyOf(stage))} of the cores busy`,
        ];
      }),
    },
    onChoose: (at) => {
      const stage = shown[at];
      if (stage !== undefined) onStage(stage.address);
    },
  };
}

/** `collect at orders.py:12` of `collect at /srv/jobs/orders.py:12`: the end of a path says more than its start. */
const siteOf = (name: string): string => name.replace(/ at \/?(?:[^/\s]+\/)+/, ' at ');
