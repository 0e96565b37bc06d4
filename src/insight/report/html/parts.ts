import { countNoun, formatCount } from '../../../kernel/units.ts';
import type { Listed } from '../model/report-model.ts';
import { html, type Markup } from './markup.ts';

/** A column of a table: its head, and whether it holds numbers. */
export interface Column {
  readonly head: string;
  readonly numeric?: boolean;
  /** True for text that may be long. */
  readonly wide?: boolean;
}

/** A cell: what is shown, and the value that it sorts by where that differs. */
export type TableCell = Markup | string | number | null | { readonly shown: Markup | string; readonly by: number };

/** A row of a table, with the id that links lead to. */
export interface TableRow {
  readonly id?: string;
  readonly cells: readonly TableCell[];
}

/** A table that scrolls by itself where it is too wide, reachable by keyboard. `label` names it. */
export function dataTable(
  label: string,
  columns: readonly Column[],
  rows: readonly TableRow[],
  kind: '' | 'sortable' = '',
): Markup {
  const head = columns.map((column) => html`<th scope="col"${classOf(column)}>${column.head}</th>`);
  const body = rows.map(
    ({ id, cells }) =>
      html`<tr${id === undefined ? '' : html` id="${id}" tabindex="-1"`}>${cells.map((cell, at) => tableCell(cell, columns[at]))}</tr>`,
  );
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table${kind === '' ? '' : html` class="${kind}"`}><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function tableCell(cell: TableCell, column: Column | undefined): Markup {
  const open = classOf(column);
  if (cell !== null && typeof cell === 'object' && 'shown' in cell)
    return html`<td${open} data-by="${cell.by}">${cell.shown}</td>`;
  return html`<td${open}>${typeof cell === 'number' ? formatCount(cell) : cell}</td>`;
}

function classOf(column: Column | undefined): Markup | null {
  if (column?.numeric === true) return html` class="n"`;
  return column?.wide === true ? html` class="wide"` : null;
}

/** `The 200 longest of 1,204 stages.`; nothing when all are shown. */
export function shownOf(list: Listed<unknown>, how: string, noun: string): Markup | null {
  if (list.items.length >= list.total) return null;
  return html`<p class="cut">${how === '' ? '' : `${how} `}${formatCount(list.items.length)} of ${countNoun(list.total, noun)} are shown.</p>`;
}

/** A chart's place, with the numbers behind it as a table for whoever does not see it. `key` tells the view what to draw. */
export function chart(kind: string, key: string, label: string, table: Markup): Markup {
  return html`<figure class="figure">
<div class="chart chart-${kind}" data-chart="${kind}" data-key="${key}" data-label="${label}"></div>
<details class="numbers"><summary>Numbers: ${label}</summary>${table}</details>
</figure>`;
}
