import type { Finding } from '../../kernel/finding.ts';
import { countNoun, formatBytes, formatCount, formatDuration, formatShare } from '../../kernel/units.ts';
import { type Analysis, failureOf } from '../analyze.ts';
import type { RunFacts } from '../facts/run-facts.ts';
import { cellsOf } from './bar.ts';
import { type Paint, painterFor, type RenderOptions } from './painter.ts';
import { clipText, printable, wrapText } from './printable.ts';
import { describeCombined, describeConf, describeImpact } from './saving-text.ts';
import { coreShares, coresKnown, type TimeShare, wallShares } from './time-shares.ts';

/** Lines that a report is made to fit: a terminal of 40 with room for the command and the prompt. */
const SCREEN_LINES = 38;

/** How much of each part is shown. */
interface Room {
  readonly stages: number;
  readonly findings: number;
  readonly evidence: number;
  readonly advice: number;
  /** Lines of one piece of evidence. */
  readonly lines: number;
}

/** From roomy to tight: the first that fits the screen is taken, else the last. */
const ROOMS: readonly Room[] = [
  { stages: 5, findings: 4, evidence: 3, advice: 2, lines: 3 },
  { stages: 3, findings: 4, evidence: 2, advice: 1, lines: 3 },
  { stages: 3, findings: 4, evidence: 1, advice: 1, lines: 3 },
  { stages: 3, findings: 3, evidence: 1, advice: 1, lines: 3 },
  { stages: 2, findings: 2, evidence: 1, advice: 1, lines: 2 },
  { stages: 2, findings: 1, evidence: 1, advice: 1, lines: 2 },
];

/** Slowest stages of a run in which nothing is wrong. */
const QUIET_STAGES = 3;
const MAX_GAPS = 5;
/** Findings beyond the detailed ones that get a line each. */
const MAX_TITLES = 4;
/** Unknown events that are named. */
const MAX_UNKNOWN = 3;
/** Shortest name of a stage beside its data, characters. */
const MIN_NAME_CHARS = 16;

/** Fills of a bar's parts, told apart without colour. */
const FILLS = ['█', '▓', '▒', '░', '▚', '╳', '?', '╱', '·'] as const;
const COLORS = ['green', 'yellow', 'cyan', 'blue', 'magenta', 'red', 'white', 'gray', 'gray'] as const;

const STATUS_STYLE = { SUCCEEDED: 'green', FAILED: 'red', RUNNING: 'cyan', INCOMPLETE: 'yellow' } as const;
const SEVERITY_STYLE = { critical: 'red', warning: 'yellow', info: 'cyan' } as const;

/** One run on one screen. Ends without a line break. */
export function renderRun(analysis: Analysis, options: RenderOptions): string {
  let text = '';
  for (const room of ROOMS) {
    text = renderIn(room, analysis, options);
    if (text.split('\n').length <= SCREEN_LINES) break;
  }
  return text;
}

function renderIn(room: Room, analysis: Analysis, options: RenderOptions): string {
  const paint = painterFor(options);
  const { facts } = analysis;
  const failure = failureOf(analysis);
  const quiet = analysis.findings.every((finding) => finding.severity === 'info');
  const stageCount = quiet ? Math.min(QUIET_STAGES, room.stages) : room.stages;
  const sections = [
    header(facts, paint, options.width),
    timeLines(facts, paint, options.width),
    failure === null ? [] : failureLines(failure, room, paint, options.width),
    stageLines(facts, stageCount, paint, options.width),
    findingLines(
      analysis.findings.filter((finding) => finding !== failure),
      failure === null ? 'No problems found.' : 'No other problems found.',
      room,
      paint,
      options.width,
    ),
    combinedLines(analysis, options.width),
    minorLines(analysis, options, paint),
    gapLines(facts, paint, options.width),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function header(facts: RunFacts, paint: Paint, width: number): string[] {
  const { totals } = facts;
  const id = facts.attemptId === null ? facts.appId : `${facts.appId} attempt ${facts.attemptId}`;
  const title = printable(facts.name);
  const spark = `Spark ${facts.sparkVersion ?? 'of unknown version'}`;
  const took = facts.durationMs === null ? '' : ` after ${formatDuration(facts.durationMs)}`;
  const counts = [
    countNoun(facts.jobCount, 'job'),
    countNoun(facts.distinctStageCount, 'stage'),
    ...(facts.stageCount > facts.distinctStageCount ? [countNoun(facts.stageCount, 'attempt')] : []),
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
    `${paint(clipText(title === '' ? printable(id) : title, width - 30), 'bold')}  ${paint(facts.status + took, STATUS_STYLE[facts.status])}`,
    paint(title === '' ? spark : `${id}, ${spark}`, 'dim'),
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

function failureLines(failure: Finding, room: Room, paint: Paint, width: number): string[] {
  return [
    paint('What failed', 'bold'),
    ...indented(failure.title, '  ', width).map((line) => paintKeepingIndent(line, paint, 'red')),
    ...failure.evidence
      .slice(0, room.evidence + 1)
      .flatMap((evidence) =>
        firstLines(indented(`${evidence.fact} [${evidence.address}]`, '  ', width), 2 * room.lines),
      ),
    ...failure.advice.slice(0, room.advice).flatMap((advice) => indented(`→ ${advice}`, '  ', width)),
  ];
}

function stageLines(facts: RunFacts, count: number, paint: Paint, width: number): string[] {
  const stages = facts.slowestStages.slice(0, count);
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

function findingLines(
  findings: readonly Finding[],
  whenNone: string,
  room: Room,
  paint: Paint,
  width: number,
): string[] {
  if (findings.length === 0) return [paint(whenNone, 'bold')];
  const shown = findings.slice(0, room.findings);
  const titles = findings.slice(room.findings, room.findings + MAX_TITLES);
  const rest = findings.length - shown.length - titles.length;
  return [
    paint('Findings', 'bold'),
    ...shown.flatMap((finding) => oneFinding(finding, room, paint, width)),
    ...titles.map(
      (finding) =>
        `  ${paint(finding.severity, SEVERITY_STYLE[finding.severity])} ${clipText(printable(`${finding.title} (${finding.rule})`), width - 12)}`,
    ),
    ...(rest > 0 ? [`  and ${countNoun(rest, 'more finding')}; --json has all of them`] : []),
  ];
}

/** What all of it saves, and what that is worth; nothing where no finding rests on the replay. */
function combinedLines(analysis: Analysis, width: number): string[] {
  const rests = analysis.findings.some(({ impact }) => impact.basis === 'replay');
  const text = rests ? describeCombined(analysis) : null;
  return text === null ? [] : indented(text, '  ', width);
}

/** A line for each minor finding, where they are asked for. */
function minorLines({ minor }: Analysis, { all = false, width }: RenderOptions, paint: Paint): string[] {
  if (!all) return [];
  if (minor.length === 0) return [paint('Nothing minor was found either.', 'bold')];
  return [
    paint('Minor', 'bold'),
    ...minor.map((finding) => {
      const worth = describeImpact(finding.impact);
      return `  ${clipText(printable(`${finding.title} (${finding.rule}${worth === '' ? '' : `, ${worth}`})`), width - 2)}`;
    }),
  ];
}

function oneFinding(finding: Finding, room: Room, paint: Paint, width: number): string[] {
  const worth = describeImpact(finding.impact);
  const title = indented(`${finding.title} (${finding.rule}${worth === '' ? '' : `, ${worth}`})`, '    ', width - 12);
  const conf = describeConf(finding.conf);
  return [
    `  ${paint(finding.severity, SEVERITY_STYLE[finding.severity])} ${title.map((line) => line.trimStart()).join('\n    ')}`,
    ...finding.evidence
      .slice(0, finding.severity === 'info' ? 1 : room.evidence)
      .flatMap((evidence) =>
        firstLines(indented(`· ${evidence.fact} [${evidence.address}]`, '    ', width), room.lines),
      ),
    ...(finding.severity === 'info'
      ? []
      : [
          ...finding.advice.slice(0, room.advice).flatMap((advice) => indented(`→ ${advice}`, '    ', width)),
          ...(conf === null ? [] : firstLines(indented(`→ ${conf}`, '    ', width), room.lines)),
        ]),
  ];
}

function gapLines(facts: RunFacts, paint: Paint, width: number): string[] {
  const unknown = unknownLine(facts.unknownEvents);
  if (facts.gaps.length === 0 && unknown === null) return [];
  const shown = facts.gaps.slice(0, MAX_GAPS);
  const rest = facts.gaps.length - shown.length;
  return [
    paint('Not seen', 'bold'),
    ...shown.flatMap((gap) => indented(gap.message, '  ', width)),
    ...(rest > 0 ? [`  and ${countNoun(rest, 'more gap')}`] : []),
    ...(unknown === null ? [] : indented(unknown, '  ', width)),
  ];
}

/** `12 events of 2 unknown kinds were ignored: com.example.Foo ×11, com.example.Bar ×1`; null when there are none. */
function unknownLine(events: RunFacts['unknownEvents']): string | null {
  const kinds = Object.entries(events);
  if (kinds.length === 0) return null;
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  const named = kinds.slice(0, MAX_UNKNOWN).map(([name, count]) => `${name} ×${formatCount(count)}`);
  const listed = kinds.length > MAX_UNKNOWN ? [...named, '…'] : named;
  return `${countNoun(total, 'event')} of ${countNoun(kinds.length, 'unknown kind')} ${total === 1 ? 'was' : 'were'} ignored: ${listed.join(', ')}`;
}

function indented(text: string, indent: string, width: number): string[] {
  return wrapText(printable(text), width - indent.length).map((line) => indent + line);
}

/** The first lines; a cut is shown, and a quotation that is open there is closed. */
function firstLines(lines: readonly string[], count: number): string[] {
  const shown = lines.slice(0, count);
  if (shown.length === lines.length) return shown;
  const text = shown.join('\n');
  return [...shown.slice(0, -1), `${shown.at(-1)}…${text.lastIndexOf('«') > text.lastIndexOf('»') ? '»' : ''}`];
}

function paintKeepingIndent(line: string, paint: Paint, style: 'red'): string {
  const text = line.trimStart();
  return ' '.repeat(line.length - text.length) + paint(text, style);
}
