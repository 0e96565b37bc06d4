import {
  BarChart,
  type BarSeriesOption,
  CustomChart,
  type CustomSeriesOption,
  LineChart,
  type LineSeriesOption,
  ScatterChart,
  type ScatterSeriesOption,
  TreeChart,
  type TreeSeriesOption,
} from 'echarts/charts';
import {
  AriaComponent,
  type AriaComponentOption,
  GridComponent,
  type GridComponentOption,
  TooltipComponent,
  type TooltipComponentOption,
} from 'echarts/components';
import { type ComposeOption, type EChartsType, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([
  BarChart,
  CustomChart,
  LineChart,
  ScatterChart,
  TreeChart,
  AriaComponent,
  GridComponent,
  TooltipComponent,
  SVGRenderer,
]);

/** What a chart of the report is made of. */
export type ChartOption = ComposeOption<
  | BarSeriesOption
  | CustomSeriesOption
  | LineSeriesOption
  | ScatterSeriesOption
  | TreeSeriesOption
  | AriaComponentOption
  | GridComponentOption
  | TooltipComponentOption
>;

/** A chart: what it shows, and how large it must be to be legible. */
export interface Drawing {
  readonly option: ChartOption;
  /** Pixels; the style's own height when absent. */
  readonly height?: number;
  /** Pixels that it needs; it scrolls where there are fewer. */
  readonly width?: number;
  /** Called with the position of the datum that was chosen. */
  readonly onChoose?: (dataIndex: number) => void;
}

/** A chart on the page. */
export interface Drawn {
  redraw(drawing: Drawing): void;
  dispose(): void;
}

/** Draws into a place and follows its width. The place says in words what it shows. */
export function draw(place: HTMLElement, drawing: Drawing): Drawn {
  const canvas = document.createElement('div');
  place.replaceChildren(canvas);
  canvas.setAttribute('role', 'img');
  size(place, canvas, drawing);
  const chart: EChartsType = init(canvas, null, { renderer: 'svg' });
  let current = drawing;
  const show = () => {
    chart.setOption({ ...current.option, animation: false, aria: ariaOf(place) }, { notMerge: true });
  };
  chart.on('click', ({ dataIndex }: { dataIndex?: number }) => {
    if (dataIndex !== undefined) current.onChoose?.(dataIndex);
  });
  show();
  const watch = new ResizeObserver(() => chart.resize());
  watch.observe(place);
  return {
    redraw(next) {
      current = next;
      size(place, canvas, next);
      show();
    },
    dispose() {
      watch.disconnect();
      chart.dispose();
      place.replaceChildren();
    },
  };
}

function ariaOf({ dataset }: HTMLElement): AriaComponentOption {
  return { enabled: true, label: { description: `Chart: ${dataset.label ?? ''}.` } };
}

function size(place: HTMLElement, canvas: HTMLElement, { height, width }: Drawing): void {
  if (height !== undefined) place.style.height = `${height}px`;
  canvas.style.height = '100%';
  canvas.style.minWidth = width === undefined ? '' : `${width}px`;
  // What scrolls is scrolled by keyboard too.
  if (width !== undefined && width > place.clientWidth) place.tabIndex = 0;
}
