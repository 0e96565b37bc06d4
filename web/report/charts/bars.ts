import type { CustomSeriesOption } from 'echarts/charts';

/** A bar from one time to another in a row, with how much of it is filled and what stands in it. */
export interface Bar {
  readonly row: number;
  readonly from: number;
  readonly to: number;
  readonly color: string;
  /** 0 to 1: the part of the bar's height that is solid; the rest is pale. */
  readonly filled?: number;
  /** Without round corners: a part of a longer bar. */
  readonly square?: boolean;
  readonly label?: string;
  readonly labelColor?: string;
}

const LEAST_PX = 2;
const PX_PER_CHARACTER = 7;

/** A series of bars over an x axis of times and a category y axis. `height` is the part of a row that a bar takes. */
export function barSeries(bars: readonly Bar[], height: number, axis = 0): CustomSeriesOption {
  return {
    type: 'custom',
    xAxisIndex: axis,
    yAxisIndex: axis,
    clip: true,
    data: bars.map((bar, at) => [bar.from, bar.to, bar.row, at]),
    encode: { x: [0, 1], y: 2 },
    renderItem: (_params, api) => {
      const bar = bars[api.value(3) as number];
      if (bar === undefined) return undefined;
      const [left = 0, middle = 0] = api.coord([bar.from, bar.row]);
      const [right = 0] = api.coord([bar.to, bar.row]);
      const size = api.size?.([0, 1]) ?? [0, 0];
      const tall = (Array.isArray(size) ? (size[1] ?? 0) : size) * height;
      const width = Math.max(LEAST_PX, right - left);
      return { type: 'group', children: shapesOf(bar, { x: left, y: middle - tall / 2, width, height: tall }) };
    },
  };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function shapesOf(bar: Bar, box: Box) {
  const { filled = 1, color, label, labelColor } = bar;
  const solid = box.height * Math.min(1, Math.max(0, filled));
  const rect = (shape: Box, opacity: number) => ({
    type: 'rect' as const,
    shape: { ...shape, r: bar.square === true ? 0 : 2 },
    style: { fill: color, opacity },
  });
  const shapes = [
    ...(filled < 1 ? [rect(box, 0.28)] : []),
    rect({ ...box, y: box.y + box.height - solid, height: solid }, 1),
  ];
  const room = Math.floor((box.width - 8) / PX_PER_CHARACTER);
  if (label === undefined || room < label.length || box.height < 12) return shapes;
  const text = {
    type: 'text' as const,
    style: {
      text: label,
      x: box.x + 5,
      y: box.y + box.height / 2,
      fill: labelColor ?? '#fff',
      fontSize: 11,
      align: 'left' as const,
      verticalAlign: 'middle' as const,
    },
    silent: true,
  };
  return [...shapes, text];
}
