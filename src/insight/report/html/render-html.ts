import { countNoun, formatDuration } from '../../../kernel/units.ts';
import type { ReportModel } from '../model/report-model.ts';
import type { IndexLine } from '../model/worst-reports.ts';
import { escapeHtml, html, Markup } from './markup.ts';
import { renderPage } from './page.ts';
import { dataTable, type TableRow } from './parts.ts';
import { renderBody, statusBadge } from './render-body.ts';
import { VIEW_SCRIPT, VIEW_STYLE } from './view.generated.js';

/** By these first characters a file is known to be a report, which may be overwritten. */
export const REPORT_MARK = '<meta name="generator" content="headgate report">';

/**
 * One HTML file that needs nothing else: no request, readable without scripts. One report is the page; several are an index,
 * in the order given, with each report below it. `others` are in the index alone.
 */
export function renderHtml(models: readonly ReportModel[], others: readonly IndexLine[] = []): string {
  const [only] = models;
  const single = models.length === 1 && others.length === 0 && only !== undefined;
  const title = single ? `${only.header.name || only.header.appId} – Headgate report` : 'Headgate report';
  return renderPage({
    title: escapeHtml(title),
    style: VIEW_STYLE,
    body: single ? singleBody(only) : indexBody(models, others),
    scripts: [VIEW_SCRIPT],
    json: Object.fromEntries(models.map((model, at) => [`${single ? '' : prefixOf(at)}model`, model])),
    policy: 'own',
  });
}

const SKIP = '<a class="skip" href="#findings">Skip to the findings</a>';
const FOOT =
  '<footer class="foot">Made by Headgate from the event log alone. Nothing on this page was loaded from or sent to anywhere.</footer>';

function singleBody(model: ReportModel): string {
  return `${SKIP}<main class="report" data-model="model" data-prefix="">${renderBody(model)}</main>${FOOT}`;
}

const prefixOf = (at: number): string => `a${at + 1}-`;

function indexBody(models: readonly ReportModel[], others: readonly IndexLine[]): string {
  const total = models.length + others.length;
  const rows = [
    ...models.map((model, at) => indexRow(model, prefixOf(at))),
    ...others.map((line) => indexRow(line, null)),
  ];
  const columns = [
    { head: 'Application' },
    { head: 'Status' },
    { head: 'Duration', numeric: true },
    { head: 'In one line' },
  ];
  const cut =
    others.length === 0
      ? ''
      : html`<p class="cut">Reports of the first ${models.length} are below; analyse one log alone for the report of another.</p>`
          .text;
  const reports = models.map((model, at) => {
    const prefix = prefixOf(at);
    const summary = html`${statusBadge(model.header.status)} <b>${model.header.name || model.header.appId}</b> <small>${model.header.appId}</small>`;
    // Escaped text has no tags: what reads as a heading is one.
    const body = renderBody(model, prefix).replace(
      /(<\/?h)([1-5])\b/g,
      (_, tag: string, level: string) => `${tag}${Number(level) + 1}`,
    );
    return `<details class="app" id="${prefix}report"><summary>${summary.text}</summary><div class="report" data-model="${prefix}model" data-prefix="${prefix}">${body}</div></details>`;
  });
  return `<a class="skip" href="#applications">Skip to the applications</a><main><header class="head"><h1 id="applications">${countNoun(total, 'application')}</h1><p class="verdict">Worst first.</p></header>
${dataTable('Applications', columns, rows, 'sortable').text}${cut}
${reports.join('\n')}</main>${FOOT}`;
}

function indexRow({ header, verdict }: IndexLine, prefix: string | null): TableRow {
  const name = header.name || header.appId;
  const id = header.attemptId === null ? header.appId : `${header.appId}, attempt ${header.attemptId}`;
  const label = prefix === null ? html`<b>${name}</b>` : html`<a href="#${prefix}report"><b>${name}</b></a>`;
  return {
    cells: [
      html`${label}<br><small>${id}</small>`,
      statusBadge(header.status),
      header.durationMs === null
        ? new Markup('unknown')
        : { shown: formatDuration(header.durationMs), by: header.durationMs },
      verdict,
    ],
  };
}
