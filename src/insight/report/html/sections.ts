import { countNoun, formatBytes, formatCount, formatDuration, formatShare } from '../../../kernel/units.ts';
import { REPORT_QUANTILES, type ReportModel } from '../model/report-model.ts';
import type { TimeShare } from '../time-shares.ts';
import type { Anchors } from './anchors.ts';
import { html, type Markup } from './markup.ts';
import { type Column, chart, dataTable, shownOf } from './parts.ts';

/** Stages that the chart draws. */
export const GANTT_ROWS = 60;

/** Parts of a whole below this are in the table alone. */
const LEAST_SHARE = 0.005;

const n = (head: string): Column => ({ head, numeric: true });
const t = (head: string): Column => ({ head });
const wide = (head: string): Column => ({ head, wide: true });
const time = (ms: number) => ({ shown: formatDuration(ms), by: ms });
const size = (bytes: number) => ({ shown: bytes > 0 ? formatBytes(bytes) : '–', by: bytes });

/** Where wall and core time went, as bars that need no script. */
export function timeSection({ shares }: ReportModel, { id }: Anchors): Markup {
  const bars = [
    shareBar('Wall time', 'what the run waited for', shares.wall, 'w'),
    shareBar(
      shares.coresKnown ? 'Core time' : 'Task time',
      shares.coresKnown ? 'what the cores did' : 'what the tasks did',
      shares.cores,
      'c',
    ),
  ].filter((bar) => bar !== null);
  const body = bars.length === 0 ? html`<p class="empty">The log names no times.</p>` : bars;
  return html`<section aria-labelledby="${id('time')}"><h2 id="${id('time')}">Where the time went</h2>${body}</section>`;
}

function shareBar(name: string, what: string, shares: readonly TimeShare[], kind: 'w' | 'c'): Markup | null {
  const parts = shares.map((part, at) => ({ ...part, at })).filter(({ share }) => share >= LEAST_SHARE);
  if (parts.length === 0) return null;
  return html`<div class="share"><h3>${name} <small>${what}</small></h3>
<div class="bar" aria-hidden="true">${parts.map(({ share, at }) => html`<i class="${kind}${at}" style="flex-grow:${Math.round(share * 1000)}"></i>`)}</div>
<ul class="legend">${parts.map(({ name: part, share, at }) => html`<li><i class="${kind}${at}"></i>${part} <b>${formatShare(share)}</b></li>`)}</ul></div>`;
}

/** Jobs, driver gaps and executors over the run. */
export function timelineSection({ timeline, header }: ReportModel, { id }: Anchors): Markup {
  const { jobs, driverAlone } = timeline;
  const rows = [
    ...jobs.items.map((job) => ({
      from: job.from,
      cells: [`job ${job.jobId}`, job.name, job.status, time(job.from), time(job.to - job.from)],
    })),
    ...driverAlone.items.map((gap) => ({
      from: gap.from,
      cells: ['driver alone', '', '', time(gap.from), time(gap.to - gap.from)],
    })),
  ].sort((a, b) => a.from - b.from);
  const table = dataTable(
    'Timeline',
    [t('What'), wide('Line of code'), t('Status'), n('Starts after'), n('Takes')],
    rows,
  );
  const body =
    rows.length === 0
      ? html`<p class="empty">No job ran${header.durationMs === null ? ', and the log names no times' : ''}.</p>`
      : html`<p class="how">Jobs by when they ran; the bottom row is time in which no job ran and the driver was alone.</p>
${chart('timeline', '', 'jobs, driver gaps and executors over time', table)}
${shownOf(jobs, 'The longest', 'job')}${shownOf(driverAlone, 'The longest', 'driver gap')}`;
  return html`<section aria-labelledby="${id('timeline')}"><h2 id="${id('timeline')}">Timeline</h2>${body}</section>`;
}

/** Stage gantt, and the table of stages, which links lead to. */
export function stagesSection({ stages, distributions, plans }: ReportModel, { id, of }: Anchors): Markup {
  const measured = new Set(distributions.items.map(({ address }) => address));
  const planned = new Set(plans.items.map(({ executionId }) => executionId));
  const rows = stages.items.map((stage) => ({
    id: of(stage.address) ?? stage.address,
    cells: [
      { shown: html`${stage.stageId}.${stage.attemptId}`, by: stage.stageId + stage.attemptId / 1000 },
      stage.name,
      html`<span class="state ${stage.status.toLowerCase()}">${stage.status.toLowerCase()}</span>`,
      time(stage.wallMs),
      time(stage.from),
      measured.has(stage.address)
        ? {
            shown: html`<a href="#${id(stage.address.replace('stages/', 'tasks-'))}">${formatCount(stage.taskCount)}</a>`,
            by: stage.taskCount,
          }
        : stage.taskCount,
      stage.failedTaskCount,
      time(stage.taskMs),
      size(stage.inputBytes),
      size(stage.shuffleReadBytes),
      size(stage.shuffleWriteBytes),
      size(stage.outputBytes),
      size(stage.diskSpilledBytes),
      stage.sqlExecutionId === null
        ? ''
        : planned.has(stage.sqlExecutionId)
          ? html`<a href="#${id(`sql-${stage.sqlExecutionId}`)}">${stage.sqlExecutionId}</a>`
          : String(stage.sqlExecutionId),
    ],
  }));
  const columns = [
    t('Stage'),
    wide('Line of code'),
    t('Status'),
    n('Wall time'),
    n('Starts after'),
    n('Tasks'),
    n('Failed'),
    n('Task time'),
    n('Input'),
    n('Shuffle read'),
    n('Shuffle write'),
    n('Output'),
    n('Spilled'),
    t('SQL'),
  ];
  const body =
    rows.length === 0
      ? html`<p class="empty">No stage ran.</p>`
      : html`<p class="how">Stages by when they ran. The solid part of a bar is the share of the cluster’s cores that its tasks kept busy; choose a bar to go to its row.${stages.items.length > GANTT_ROWS ? ` The chart draws the ${GANTT_ROWS} longest.` : ''}</p>
<div class="figure"><div class="chart chart-gantt" data-chart="gantt" data-key="" data-label="stages over time; the table below has the numbers"></div></div>
<div class="filter" hidden></div>
<div class="tall">${dataTable('Stages', columns, rows, 'sortable')}</div>
${shownOf(stages, 'The longest', 'stage attempt')}`;
  return html`<section aria-labelledby="${id('stages')}"><h2 id="${id('stages')}">Stages</h2>${body}</section>`;
}

/** Distributions of the tasks of the stages that matter. */
export function tasksSection({ distributions }: ReportModel, { id }: Anchors): Markup {
  const heads = [t('Measure'), ...['least', '25 %', 'median', '75 %', '95 %', 'most'].map(n)];
  const items = distributions.items.map((one, position) => {
    const table = dataTable(
      `Quantiles of stage ${one.address}`,
      heads,
      one.quantiles.map(({ measure, unit, values }) => ({
        cells: [
          measure,
          ...REPORT_QUANTILES.map((_, at) => (unit === 'ms' ? time(values[at] ?? 0) : size(values[at] ?? 0))),
        ],
      })),
    );
    const counted = `${countNoun(one.taskCount, 'task attempt')}, ${formatCount(one.measuredCount)} succeeded`;
    const histogram = dataTable(
      `Histogram of stage ${one.address}`,
      [n('From'), n('To'), n('Tasks')],
      one.histogram.counts.flatMap((count, at) =>
        count === 0
          ? []
          : [{ cells: [time(one.histogram.edges[at] ?? 0), time(one.histogram.edges[at + 1] ?? 0), count] }],
      ),
    );
    return html`<details class="item" id="${id(one.address.replace('stages/', 'tasks-'))}"${position === 0 ? html` open` : ''}>
<summary><b>Stage ${one.address.replace('stages/', '')}</b> <span>${one.name}</span> <small>${counted}</small></summary>
${one.quantiles.length === 0 ? html`<p class="empty">No task of it succeeded.</p>` : table}
<div class="pair">${one.histogram.counts.length === 0 ? null : chart('histogram', one.address, 'durations of tasks', histogram)}
<figure class="figure"><div class="chart chart-scatter" data-chart="scatter" data-key="${one.address}" data-label="each task by what it read and how long it took"></div></figure></div>
${one.points.items.length < one.points.total ? html`<p class="cut">Dots: the slowest tasks and an even sample of the others, ${formatCount(one.points.items.length)} of ${formatCount(one.points.total)}. Quantiles and histogram are of all.</p>` : null}
</details>`;
  });
  const body =
    items.length === 0
      ? html`<p class="empty">No stage has tasks to compare.</p>`
      : html`<p class="how">A few slow tasks that read more than the others: skew. Slow without reading more: a straggler. Stages that findings name come first.</p>${items}${shownOf(distributions, '', 'stage')}`;
  return html`<section aria-labelledby="${id('tasks')}"><h2 id="${id('tasks')}">Tasks</h2>${body}</section>`;
}

/** Busy and idle cores over time, in all and by executor. */
export function executorsSection({ occupancy }: ReportModel, { id }: Anchors): Markup {
  const head = html`<h2 id="${id('executors')}" tabindex="-1">Executors</h2>`;
  if (occupancy === null)
    return html`<section aria-labelledby="${id('executors')}">${head}<p class="empty">The log does not tell the executors’ cores.</p></section>`;
  const bins = dataTable(
    'Cores over time',
    [n('From'), n('Cores'), n('Busy')],
    occupancy.cores.map((cores, bin) => ({
      cells: [time(bin * occupancy.binMs), decimal(cores), decimal(occupancy.busy[bin] ?? 0)],
    })),
  );
  const rows = occupancy.executors.items.map((one) => ({
    cells: [
      one.executorId,
      one.host,
      one.cores,
      time(one.from),
      time(one.to - one.from),
      one.taskCount,
      one.failedTaskCount,
      { shown: formatShare(meanOf(one.busyPercent) / 100), by: meanOf(one.busyPercent) },
      one.removeReason ?? '',
    ],
  }));
  const columns = [
    t('Executor'),
    t('Host'),
    n('Cores'),
    n('Added after'),
    n('There for'),
    n('Tasks'),
    n('Failed'),
    n('Busy'),
    wide('Removed because'),
  ];
  return html`<section aria-labelledby="${id('executors')}">${head}
<p class="how">Cores that ran tasks out of those that were there. White space below the line was paid for and idle.</p>
${chart('occupancy', '', 'busy and idle cores over time', bins)}
<p class="how">Each executor by how busy it was: the higher and more solid, the busier.</p>
${chart('executors', '', 'how busy each executor was over time', dataTable('Executors', columns, rows, 'sortable'))}
${shownOf(occupancy.executors, 'Those with the most core time,', 'executor')}</section>`;
}

const decimal = (value: number) => ({ shown: String(Math.round(value * 10) / 10), by: value });

function meanOf(values: ReadonlyArray<number | null>): number {
  const there = values.filter((value) => value !== null);
  return there.length === 0 ? 0 : there.reduce((sum, value) => sum + value, 0) / there.length;
}

/** Final plans of the SQL executions that matter. */
export function plansSection({ plans }: ReportModel, { id }: Anchors): Markup | null {
  if (plans.total === 0) return null;
  const items = plans.items.map((plan, position) => {
    const rows = plan.nodes.items.map((node) => ({
      id: id(`sql-${plan.executionId}-node-${node.id}`),
      cells: [
        { shown: `#${node.id}`, by: node.id },
        node.parent === null ? 'the result' : `#${node.parent}`,
        node.name,
        node.rows === null ? '–' : { shown: formatCount(node.rows), by: node.rows },
        node.timeMs === null ? '–' : time(node.timeMs),
        { shown: node.share > 0 ? formatShare(node.share) : '–', by: node.share },
        node.metrics.map(([name, value]) => `${name}: ${value}`).join(' · '),
        node.detail,
      ],
    }));
    const table = dataTable(
      `Plan of SQL execution ${plan.executionId}`,
      [t('Node'), t('Read by'), t('Operator'), n('Rows'), n('Time'), n('Share'), wide('Metrics'), wide('Detail')],
      rows,
      'sortable',
    );
    return html`<details class="item" id="${id(`sql-${plan.executionId}`)}"${position === 0 ? html` open` : ''}>
<summary><b>SQL ${plan.executionId}</b> <span>${plan.description}</span> <small>${formatDuration(plan.to - plan.from)}, ${plan.status.toLowerCase()}</small></summary>
${chart('plan', String(plan.executionId), `operators of SQL execution ${plan.executionId}`, table)}
${shownOf(plan.nodes, 'Those nearest to the result,', 'node')}</details>`;
  });
  return html`<section aria-labelledby="${id('plans')}"><h2 id="${id('plans')}">Query plans</h2>
<p class="how">The plan that ran in the end, the result on the left, what it reads to the right. Times are added over all tasks; an operator without its own time shows that of the generated code it is part of. A red frame: at least a fifth of the plan’s time.</p>
${items}${shownOf(plans, 'The longest', 'SQL execution')}</section>`;
}
