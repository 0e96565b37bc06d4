import { formatDuration } from '../../../src/kernel/units.ts';

/** Colours of the page as they are now: light or dark, the reader's or the host's. */
export interface Look {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly panel: string;
  readonly accent: string;
  readonly ok: string;
  readonly warning: string;
  readonly critical: string;
  readonly idle: string;
  readonly font: string;
}

/** Reads the look from the style of the page. Colours are asked of an element: a host's may be functions of the theme. */
export function lookOf(page: HTMLElement): Look {
  const probe = document.createElement('span');
  page.append(probe);
  const computed = getComputedStyle(probe);
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return computed.color;
  };
  const look = {
    text: color('text'),
    muted: color('muted'),
    line: color('line'),
    panel: color('panel'),
    accent: color('accent'),
    ok: color('ok'),
    warning: color('warning'),
    critical: color('critical'),
    idle: color('idle'),
    font: computed.fontFamily,
  };
  probe.remove();
  return look;
}

/** Text of a chart. */
export const textStyle = (look: Look) => ({ color: look.muted, fontFamily: look.font, fontSize: 12 });

/** An axis of times after the start of the run, ms. */
export function timeAxis(look: Look, max: number, name?: string) {
  return {
    type: 'value' as const,
    min: 0,
    max,
    ...(name === undefined
      ? {}
      : { name, nameLocation: 'middle' as const, nameGap: 26, nameTextStyle: textStyle(look) }),
    axisLabel: {
      ...textStyle(look),
      formatter: (ms: number) => formatDuration(ms),
      hideOverlap: true,
      showMaxLabel: false,
    },
    axisLine: { lineStyle: { color: look.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: look.line, opacity: 0.6 } },
    interval: timeStep(max),
  };
}

/** Steps that people count time in, ms. */
const STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map((s) => s * 1000),
];
const HOUR_MS = 3_600_000;
const MOST_TICKS = 7;

/** Distance of the ticks of an axis of times. */
function timeStep(max: number): number {
  const step = STEPS.find((ms) => max / ms <= MOST_TICKS);
  return step ?? Math.ceil(max / MOST_TICKS / HOUR_MS) * HOUR_MS;
}

/** A tooltip of lines of text: elements, so that no name of a log is ever read as HTML. */
export function tooltipOf(look: Look, linesOf: (dataIndex: number, seriesIndex: number) => readonly string[]) {
  return {
    trigger: 'item' as const,
    confine: true,
    backgroundColor: look.panel,
    borderColor: look.line,
    textStyle: { color: look.text, fontFamily: look.font, fontSize: 12 },
    formatter: (params: unknown) => {
      const { dataIndex = 0, seriesIndex = 0 } = params as { dataIndex?: number; seriesIndex?: number };
      return linesElement(linesOf(dataIndex, seriesIndex));
    },
  };
}

function linesElement(lines: readonly string[]): HTMLElement {
  const box = document.createElement('div');
  box.className = 'tip';
  for (const [at, line] of lines.entries()) {
    const element = document.createElement(at === 0 ? 'b' : 'div');
    element.textContent = line;
    box.append(element);
  }
  return box;
}

/** A text cut to a length, the cut shown. */
export const clip = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** Below this width of the place, pixels, labels give way to the data. */
export const NARROW_PX = 560;
