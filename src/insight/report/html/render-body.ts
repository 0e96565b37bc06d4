import { countNoun, formatBytes, formatCount, formatDuration, formatShare } from '../../../kernel/units.ts';
import type { ReportModel } from '../model/report-model.ts';
import { type Anchors, anchorsOf } from './anchors.ts';
import { findingsSection } from './finding-cards.ts';
import { html, type Markup } from './markup.ts';
import {
  executorsSection,
  plansSection,
  stagesSection,
  tasksSection,
  timelineSection,
  timeSection,
} from './sections.ts';

const STATUS_WORDS = {
  SUCCEEDED: { mark: '✓', word: 'Succeeded' },
  FAILED: { mark: '✕', word: 'Failed' },
  RUNNING: { mark: '…', word: 'Running' },
  INCOMPLETE: { mark: '?', word: 'Incomplete log' },
} as const;

/**
 * The whole report of one application as HTML that reads without a script; charts are drawn into it by the view. Pure, and
 * without a module of Node: it runs in browsers too. `prefix` keeps ids apart where a page holds several reports.
 */
export function renderBody(model: ReportModel, prefix = ''): string {
  const anchors = anchorsOf(model, prefix);
  return html`${head(model)}
${contents(model, anchors)}
${findingsSection(model, anchors)}
${timeSection(model, anchors)}
${timelineSection(model, anchors)}
${stagesSection(model, anchors)}
${tasksSection(model, anchors)}
${executorsSection(model, anchors)}
${plansSection(model, anchors)}
${costSection(model, anchors)}
${gapsSection(model, anchors)}`.text;
}

/** `Succeeded` with its mark, as a badge. */
export function statusBadge(status: ReportModel['header']['status']): Markup {
  const { mark, word } = STATUS_WORDS[status];
  return html`<span class="status ${status.toLowerCase()}"><i aria-hidden="true">${mark}</i> ${word}</span>`;
}

function head({ header, verdict }: ReportModel): Markup {
  const name = header.name === '' ? header.appId : header.name;
  const id = header.attemptId === null ? header.appId : `${header.appId}, attempt ${header.attemptId}`;
  const facts: ReadonlyArray<readonly [string, string]> = [
    ['Duration', header.durationMs === null ? 'unknown' : formatDuration(header.durationMs)],
    [
      'Started',
      header.startTime === null
        ? 'unknown'
        : `${new Date(header.startTime).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    ],
    ['Spark', header.sparkVersion ?? 'unknown'],
    ['Jobs', withFailed(header.jobCount, header.failedJobCount)],
    ['Stages', withFailed(header.stageCount, header.failedStageCount)],
    ['Tasks', withFailed(header.taskCount, header.failedTaskCount)],
    ['Executors', `${formatCount(header.executorCount)}, at most ${countNoun(header.peakCores, 'core')}`],
    ['Read', formatBytes(header.inputBytes)],
    ['Shuffled', formatBytes(header.shuffleWriteBytes)],
    ['Written', formatBytes(header.outputBytes)],
    ['Spilled', formatBytes(header.diskSpilledBytes)],
  ];
  return html`<header class="head ${header.status.toLowerCase()}">${statusBadge(header.status)}<h1>${name}</h1>
<p class="verdict">${verdict}</p>
<p class="id"><code>${id}</code>${header.user === '' ? null : html` · by ${header.user}`}${header.exitCode === null || header.exitCode === 0 ? null : html` · exit code ${header.exitCode}`}</p>
<dl class="facts">${facts.map(([term, text]) => html`<div><dt>${term}</dt><dd>${text}</dd></div>`)}</dl></header>`;
}

const withFailed = (count: number, failed: number): string =>
  failed === 0 ? formatCount(count) : `${formatCount(count)}, ${formatCount(failed)} failed`;

function contents(model: ReportModel, { id }: Anchors): Markup {
  const parts: ReadonlyArray<readonly [string, string]> = [
    ['findings', 'Findings'],
    ['time', 'Time'],
    ['timeline', 'Timeline'],
    ['stages', 'Stages'],
    ['tasks', 'Tasks'],
    ['executors', 'Executors'],
    ...(model.plans.total === 0 ? [] : [['plans', 'Plans'] as const]),
    ...(model.cost.length === 0 && model.replay === null ? [] : [['cost', 'Cost'] as const]),
    ...(model.gaps.length === 0 ? [] : [['gaps', 'Not known'] as const]),
  ];
  return html`<nav class="contents" aria-label="Parts of the report"><ul>${parts.map(([part, name]) => html`<li><a href="#${id(part)}">${name}</a></li>`)}</ul></nav>`;
}

function costSection({ cost, replay }: ReportModel, { id }: Anchors): Markup | null {
  if (cost.length === 0 && replay === null) return null;
  return html`<section aria-labelledby="${id('cost')}"><h2 id="${id('cost')}">Cost and replay</h2>
${cost.length === 0 ? null : html`<dl class="lines">${cost.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>`}
${replay === null ? null : replayLines(replay)}</section>`;
}

function replayLines(replay: NonNullable<ReportModel['replay']>): Markup {
  const { errorRatio, savedMs, savedIntervalMs, assumptions } = replay;
  const error =
    errorRatio === null
      ? 'The run could not be replayed.'
      : `The replay of the run as it was is off by ${formatShare(errorRatio)} of its wall time.`;
  const interval =
    savedIntervalMs === null
      ? ''
      : ` (80 % interval: ${formatDuration(savedIntervalMs[0])} to ${formatDuration(savedIntervalMs[1])})`;
  return html`<p>${error}</p>
${savedMs === null ? null : html`<p>All changes together, not added up: ${formatDuration(savedMs)} shorter${interval}.</p>`}
${assumptions.length === 0 ? null : html`<details class="item"><summary>What the replay takes for granted</summary><ul class="plain">${assumptions.map((one) => html`<li>${one}</li>`)}</ul></details>`}`;
}

function gapsSection({ gaps }: ReportModel, { id }: Anchors): Markup | null {
  if (gaps.length === 0) return null;
  return html`<section aria-labelledby="${id('gaps')}"><h2 id="${id('gaps')}">What is not known</h2><ul class="plain">${gaps.map((gap) => html`<li>${gap}</li>`)}</ul></section>`;
}
