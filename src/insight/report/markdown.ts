import { countNoun, formatBytes, formatCount, formatDuration, formatShare } from '../../kernel/units.ts';
import { confPatch } from './html/conf-patch.ts';
import { impactText } from './html/finding-cards.ts';
import { escapeMarkdown, fenced } from './markdown-text.ts';
import type { ReportFinding, ReportModel, StageBar } from './model/report-model.ts';

/** How a report in Markdown begins: by it a file is known to be one. GitHub and GitLab show no comments. */
export const MARKDOWN_MARK = '<!-- headgate report -->';

/** What a ticket holds; the HTML report has the rest. */
const MAX_FINDINGS = 10;
const MAX_EVIDENCE = 5;
const MAX_STAGES = 5;

const SEVERITY_MARKS = { critical: '🔴', warning: '🟠', info: '🔵' } as const;

/**
 * The report for tickets and pull requests: CommonMark with tables. Text of the log is escaped: it makes no heading, link,
 * image, HTML or mention. Ends with a line break.
 */
export function renderMarkdown(model: ReportModel): string {
  const sections = [
    MARKDOWN_MARK,
    header(model),
    findings(model),
    patch(model),
    timeTable(model),
    stageTable(model.stages.items.slice(0, MAX_STAGES), model.stages.total),
    gaps(model),
    '_Made by Headgate from the event log._',
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function header({ header: ran, verdict }: ReportModel): string {
  const name = ran.name === '' ? ran.appId : ran.name;
  const id = ran.attemptId === null ? ran.appId : `${ran.appId}, attempt ${ran.attemptId}`;
  const facts = [
    escapeMarkdown(id),
    ran.durationMs === null ? '' : formatDuration(ran.durationMs),
    ran.sparkVersion === null ? '' : `Spark ${escapeMarkdown(ran.sparkVersion)}`,
    countNoun(ran.taskCount, 'task'),
    ran.failedTaskCount === 0 ? '' : `${formatCount(ran.failedTaskCount)} of them failed`,
    `${countNoun(ran.executorCount, 'executor')}, at most ${countNoun(ran.peakCores, 'core')}`,
  ].filter((text) => text !== '');
  return `## ${ran.status}: ${escapeMarkdown(name)}\n\n**${escapeMarkdown(verdict)}**\n\n${facts.join(' · ')}`;
}

function findings({ findings: { items, total } }: ReportModel): string {
  if (total === 0) return '### Findings\n\nNone.';
  const shown = items.slice(0, MAX_FINDINGS);
  const rest = total - shown.length;
  return [
    '### Findings',
    ...shown.map(oneFinding),
    ...(rest > 0 ? [`And ${countNoun(rest, 'more finding')}.`] : []),
  ].join('\n\n');
}

function oneFinding(finding: ReportFinding, position: number): string {
  const { severity, title, evidence, advice, rule, confidence } = finding;
  const impact = impactText(finding);
  const shown = evidence.items.slice(0, MAX_EVIDENCE);
  const rest = evidence.total - shown.length;
  return [
    `${position + 1}. ${SEVERITY_MARKS[severity]} **${severity}: ${escapeMarkdown(title)}**${impact === '' ? '' : ` – ${impact}`}`,
    ...advice.map((one) => `   - **Do:** ${escapeMarkdown(one)}`),
    ...shown.map(({ fact, address }) => `   - ${escapeMarkdown(fact)} (${escapeMarkdown(address)})`),
    ...(rest > 0 ? [`   - and ${countNoun(rest, 'more fact')}`] : []),
    `   - ${escapeMarkdown(rule)}, confidence ${formatShare(confidence)}`,
  ].join('\n');
}

function patch({ conf }: ReportModel): string {
  return Object.keys(conf).length === 0 ? '' : `### Configuration patch\n\n${fenced(confPatch(conf), 'sh')}`;
}

function timeTable({ shares }: ReportModel): string {
  const rows = [
    ...shares.wall.map((part) => ['wall time', part.name, part.share] as const),
    ...shares.cores.map((part) => [shares.coresKnown ? 'core time' : 'task time', part.name, part.share] as const),
  ].filter(([, , share]) => share >= 0.005);
  if (rows.length === 0) return '';
  const lines = rows.map(([of, name, share]) => `| ${of} | ${name} | ${formatShare(share)} |`);
  return ['### Where the time went', '', '| Of | Part | Share |', '| --- | --- | ---: |', ...lines].join('\n');
}

function stageTable(stages: readonly StageBar[], total: number): string {
  if (stages.length === 0) return '';
  const lines = stages.map((stage) =>
    [
      '',
      `${stage.stageId}.${stage.attemptId}`,
      escapeMarkdown(stage.name),
      stage.status.toLowerCase(),
      formatDuration(stage.wallMs),
      formatCount(stage.taskCount),
      formatBytes(stage.inputBytes + stage.shuffleReadBytes),
      formatBytes(stage.diskSpilledBytes),
      '',
    ]
      .join(' | ')
      .trim(),
  );
  const of = total > stages.length ? `, ${formatCount(stages.length)} of ${formatCount(total)}` : '';
  return [
    `### Slowest stages${of}`,
    '',
    '| Stage | Line of code | Status | Wall time | Tasks | Read | Spilled |',
    '| --- | --- | --- | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}

function gaps({ gaps: missing }: ReportModel): string {
  return missing.length === 0
    ? ''
    : ['### What is not known', '', ...missing.map((gap) => `- ${escapeMarkdown(gap)}`)].join('\n');
}
