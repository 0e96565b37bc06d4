import type { Finding } from '../../kernel/finding.ts';
import { countNoun, formatBytes, formatCount, formatDuration, formatShare } from '../../kernel/units.ts';
import { type Analysis, failureOf } from '../analyze.ts';
import type { RunFacts } from '../facts/run-facts.ts';
import { cellsOf } from './bar.ts';
import { type Paint, painterFor, type RenderOptions } from './painter.ts';
import { clipText, printable, wrapText } from './printable.ts';
import { coreShares, coresKnown, type TimeShare, wallShares } from './time-shares.ts';

/** Parts of one screen. */
const MAX_STAGES = 5;
const MAX_FINDINGS = 4;
const MAX_EVIDENCE = 3;
const MAX_ADVICE = 2;
const MAX_GAPS = 5;
const MAX_FACT_LINES = 3;
/** Shortest name of a stage beside its data, characters. */
const MIN_NAME_CHARS = 16;

/** Fills of a bar's parts, told apart without colour. */
const FILLS = ['█', '▓', '▒', '░', '▚', '╳', '╱', '·'] as const;
const COLORS = ['green', 'yellow', 'cyan', 'blue', 'magenta', 'red', 'gray', 'gray'] as const;

const STATUS_STYLE = { SUCCEEDED: 'green', FAILED: 'red', RUNNING: 'cyan', INCOMPLETE: 'yellow' } as const;
const SEVERITY_STYLE = { critical: 'red', warning: 'yellow', info: 'cyan' } as const;

/** One run on one screen. Ends without a line break. */
export function renderRun(analysis: Analysis, options: RenderOptions): string {
  const paint = painterFor(options);
  const { facts } = analysis;
  const failure = failureOf(analysis);
  const sections = [
    header(facts, paint, options.width),
    timeLines(facts, paint, options.width),
    failure === null ? [] : failureLines(failure, paint, options.width),
    stageLines(facts, paint, options.width),
    findingLines(
      analysis.findings.filter((finding) => finding !== failure),
      paint,
      options.width,
    ),
    gapLines(facts, paint, options.width),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function header(facts: RunFacts, paint: Paint, width: number): string[] {
  const { totals } = facts;
  const attempt = facts.attemptId === null ? '' : ` attempt ${facts.attemptId}`;
  const took = facts.durationMs === null ? '' : ` after ${formatDuration(facts.durationMs)}`;
  const counts = [
    countNoun(facts.jobCount, 'job'),
    countNoun(facts.stageCount, 'stage'),
    `${countNoun(totals.taskCount, 'task')}${totals.failedTaskCount > 0 ? ` (${formatCount(totals.failedTaskCount)} failed)` : ''}`,
    ...(facts.peakCores > 0
      ? [countNoun(facts.executorCount, 'executor'), `${countNoun(facts.peakCores, 'core')} at the peak`]
      : []),
  ];
  const data = [
    `read ${formatBytes(totals.inputBytes)}`,
    `shuffled ${formatBytes(totals.shuffleWriteBytes)}`,
    `wrote ${formatBytes(totals.outputBytes)}`,
    ...(totals.diskSpilledBytes > 0 ? [`spilled ${formatBytes(totals.diskSpilledBytes)} to disk`] : []),
  ];
  return [
    `${paint(clipText(printable(facts.name), width - 30), 'bold')}  ${paint(facts.status + took, STATUS_STYLE[facts.status])}`,
    paint(`${facts.appId}${attempt}, Spark ${facts.sparkVersion ?? 'of unknown version'}`, 'dim'),
    ...wrapText(printable(`${counts.join(', ')}; ${data.join(', ')}`), width),
  ];
}

function timeLines(facts: RunFacts, paint: Paint, width: number): string[] {
  return [
    ...barLines('Wall time', wallShares(facts), paint, width),
    ...barLines(coresKnown(facts) ? 'Core time' : 'Task time', coreShares(facts), paint, width),
  ];
}

function barLines(title: string, shares: readonly TimeShare[], paint: Paint, width: number): string[] {
  if (shares.every((part) => part.share === 0)) return [];
  const room = Math.max(20, Math.min(60, width - title.length - 2));
  const bar = cellsOf(shares, room)
    .map((count, index) => paint((FILLS[index] ?? '█').repeat(count), COLORS[index] ?? 'gray'))
    .join('');
  const legend = shares
    .map((part, index) => ({ ...part, fill: FILLS[index] ?? '█' }))
    .filter((part) => part.share >= 0.005)
    .map((part) => `${part.fill} ${part.name} ${formatShare(part.share)}`)
    .join('  ');
  const indent = ' '.repeat(title.length + 2);
  return [`${paint(title, 'bold')}  ${bar}`, ...wrapText(legend, width - indent.length).map((line) => indent + line)];
}

function failureLines(failure: Finding, paint: Paint, width: number): string[] {
  return [
    paint('What failed', 'bold'),
    ...indented(failure.title, '  ', width).map((line) => paintKeepingIndent(line, paint, 'red')),
    ...failure.evidence.flatMap((evidence) =>
      indented(`${evidence.fact} [${evidence.address}]`, '  ', width).slice(0, 6),
    ),
    ...failure.advice.slice(0, MAX_ADVICE).flatMap((advice) => indented(`→ ${advice}`, '  ', width)),
  ];
}

function stageLines(facts: RunFacts, paint: Paint, width: number): string[] {
  const stages = facts.slowestStages.slice(0, MAX_STAGES);
  if (stages.length === 0) return [];
  const rows = stages.map((stage) => {
    const share = facts.durationMs ? formatShare(stage.wallMs / facts.durationMs) : '';
    const data = [
      stage.inputBytes > 0 ? `read ${formatBytes(stage.inputBytes)}` : '',
      stage.shuffleReadBytes > 0 ? `shuffle read ${formatBytes(stage.shuffleReadBytes)}` : '',
      stage.diskSpilledBytes > 0 ? `spilled ${formatBytes(stage.diskSpilledBytes)}` : '',
      stage.status === 'COMPLETE' ? '' : stage.status,
    ].filter((part) => part !== '');
    const left = [
      `${stage.stageId}.${stage.attemptId}`.padStart(7),
      formatDuration(stage.wallMs).padStart(12),
      share.padStart(6),
      countNoun(stage.taskCount, 'task').padStart(13),
    ].join('');
    const tail = data.map((part) => `, ${part}`).join('');
    const room = Math.max(MIN_NAME_CHARS, width - left.length - tail.length - 2);
    return clipText(`${left}  ${clipText(printable(stage.name), room)}${tail}`, width);
  });
  return [paint('Slowest stages', 'bold'), ...rows];
}

function findingLines(findings: readonly Finding[], paint: Paint, width: number): string[] {
  if (findings.length === 0) return [paint('No other problems found.', 'bold')];
  const shown = findings.slice(0, MAX_FINDINGS);
  const rest = findings.slice(MAX_FINDINGS);
  return [
    paint('Findings', 'bold'),
    ...shown.flatMap((finding) => oneFinding(finding, paint, width)),
    ...rest.map(
      (finding) =>
        `  ${paint(finding.severity, SEVERITY_STYLE[finding.severity])} ${clipText(printable(`${finding.title} (${finding.rule})`), width - 12)}`,
    ),
  ];
}

function oneFinding(finding: Finding, paint: Paint, width: number): string[] {
  const share =
    finding.impact.share > 0
      ? `, ${formatShare(finding.impact.share)} of ${finding.impact.share_of.replace('_', ' ')}`
      : '';
  const title = indented(`${finding.title} (${finding.rule}${share})`, '    ', width - 12);
  return [
    `  ${paint(finding.severity, SEVERITY_STYLE[finding.severity])} ${title.map((line) => line.trimStart()).join('\n    ')}`,
    ...finding.evidence
      .slice(0, finding.severity === 'info' ? 1 : MAX_EVIDENCE)
      .flatMap((evidence) =>
        indented(`· ${evidence.fact} [${evidence.address}]`, '    ', width).slice(0, MAX_FACT_LINES),
      ),
    ...(finding.severity === 'info'
      ? []
      : finding.advice.slice(0, MAX_ADVICE).flatMap((advice) => indented(`→ ${advice}`, '    ', width))),
  ];
}

function gapLines(facts: RunFacts, paint: Paint, width: number): string[] {
  if (facts.gaps.length === 0) return [];
  const shown = facts.gaps.slice(0, MAX_GAPS);
  const rest = facts.gaps.length - shown.length;
  return [
    paint('Not seen', 'bold'),
    ...shown.flatMap((gap) => indented(gap.message, '  ', width)),
    ...(rest > 0 ? [`  and ${rest} more gaps`] : []),
  ];
}

function indented(text: string, indent: string, width: number): string[] {
  return wrapText(printable(text), width - indent.length).map((line) => indent + line);
}

function paintKeepingIndent(line: string, paint: Paint, style: 'red'): string {
  const text = line.trimStart();
  return ' '.repeat(line.length - text.length) + paint(text, style);
}
