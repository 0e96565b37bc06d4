import type { ReportModel } from '../../src/insight/report/model/report-model.ts';
import { executorsDrawing, occupancyDrawing } from './charts/executors.ts';
import { ganttDrawing } from './charts/gantt.ts';
import { type Look, lookOf } from './charts/look.ts';
import { planDrawing } from './charts/plan.ts';
import { type Drawing, type Drawn, draw } from './charts/surface.ts';
import { histogramDrawing, scatterDrawing } from './charts/tasks.ts';
import { timelineDrawing } from './charts/timeline.ts';
import { addCopyButton } from './copy-button.ts';
import { makeFilter, makeSortable } from './tables.ts';

/** Charts are drawn this far before they come into sight, pixels. */
const AHEAD = '400px';

/** A report whose charts are drawn. */
export interface MountedReport {
  /** Draws again in the colours that the page has now. */
  refresh(): void;
  /** Draws what was not in sight yet: for printing. */
  drawAll(): void;
  dispose(): void;
}

/** Draws the charts of a rendered report, each when it comes into sight, and makes its tables sortable and its patches copyable. */
export function mountReport(root: HTMLElement, model: ReportModel, prefix: string): MountedReport {
  root.classList.add('live');
  for (const table of root.querySelectorAll<HTMLTableElement>('table.sortable')) makeSortable(table);
  for (const block of root.querySelectorAll<HTMLElement>('.copy')) addCopyButton(block);
  const showAllStages = filterStages(root);
  const onStage = (address: string) => {
    showAllStages();
    goTo(`${prefix}${address.replace('stages/', 'stage-')}`);
  };
  const drawn = new Map<HTMLElement, Drawn>();
  const drawingOf = (place: HTMLElement): Drawing | null => drawingFor(place, model, lookOf(document.body), onStage);
  const show = (place: HTMLElement) => {
    if (drawn.has(place) || !place.checkVisibility()) return;
    const drawing = drawingOf(place);
    if (drawing !== null) drawn.set(place, draw(place, drawing));
  };
  const places = [...root.querySelectorAll<HTMLElement>('[data-chart]')];
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) show(target as HTMLElement);
    },
    { rootMargin: AHEAD },
  );
  for (const place of places) watch.observe(place);
  return {
    refresh() {
      for (const [place, one] of drawn) {
        const drawing = drawingOf(place);
        if (drawing !== null) one.redraw(drawing);
      }
    },
    drawAll() {
      for (const place of places) show(place);
    },
    dispose() {
      watch.disconnect();
      for (const one of drawn.values()) one.dispose();
      drawn.clear();
    },
  };
}

/** What a place shows; null for what the model does not have. */
function drawingFor(
  place: HTMLElement,
  model: ReportModel,
  look: Look,
  onStage: (address: string) => void,
): Drawing | null {
  const { chart, key = '' } = place.dataset;
  const distribution = model.distributions.items.find(({ address }) => address === key);
  switch (chart) {
    case 'timeline':
      return timelineDrawing(model, look);
    case 'gantt':
      return ganttDrawing(model, look, place.clientWidth, onStage);
    case 'histogram':
      return distribution === undefined ? null : histogramDrawing(distribution, look);
    case 'scatter':
      return distribution === undefined ? null : scatterDrawing(distribution, look);
    case 'occupancy':
      return model.occupancy === null ? null : occupancyDrawing(model.occupancy, look);
    case 'executors':
      return model.occupancy === null ? null : executorsDrawing(model.occupancy, look, endOf(model));
    default: {
      const plan = model.plans.items.find(({ executionId }) => String(executionId) === key);
      return plan === undefined ? null : planDrawing(plan, look);
    }
  }
}

const endOf = ({ header, occupancy }: ReportModel): number =>
  header.durationMs ?? (occupancy === null ? 0 : occupancy.binMs * occupancy.cores.length);

function filterStages(root: HTMLElement): () => void {
  const place = root.querySelector<HTMLElement>('.filter');
  const table = place?.parentElement?.querySelector<HTMLTableElement>('table.sortable');
  return place && table ? makeFilter(place, table) : () => {};
}

/** Opens what an element is in, and brings the reader and the keyboard to it. */
export function goTo(id: string): void {
  const target = document.getElementById(id);
  if (target === null) return;
  for (let outer = target.closest('details'); outer !== null; outer = outer.parentElement?.closest('details') ?? null)
    outer.open = true;
  for (const before of document.querySelectorAll('.chosen')) before.classList.remove('chosen');
  if (target instanceof HTMLTableRowElement) {
    target.hidden = false;
    target.classList.add('chosen');
  }
  target.scrollIntoView({ block: 'center' });
  target.focus({ preventScroll: true });
}
