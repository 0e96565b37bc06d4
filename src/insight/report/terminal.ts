import { countNoun, formatCount, formatDuration } from '../../kernel/units.ts';
import type { Analysis } from '../analyze.ts';
import { type Paint, painterFor, type RenderOptions } from './painter.ts';
import { clipText, printable } from './printable.ts';
import { renderRun } from './terminal-run.ts';

/** Characters of the longest status. */
const STATUS_WIDTH = 10;

/** Rows of the table of many runs. */
const MAX_ROWS = 20;

const STATUS_RANK = { FAILED: 0, INCOMPLETE: 1, RUNNING: 2, SUCCEEDED: 3 } as const;
const STATUS_STYLE = { SUCCEEDED: 'green', FAILED: 'red', RUNNING: 'cyan', INCOMPLETE: 'yellow' } as const;

/**
 * The report for a terminal: one run on one screen, or for several a table, worst first, and the worst in detail. Nothing
 * from a log reaches the terminal as a control character. Ends without a line break.
 */
export function renderAnalysis(analyses: readonly Analysis[], options: RenderOptions): string {
  const ranked = [...analyses].sort(worstFirst);
  const [worst] = ranked;
  if (worst === undefined) return 'Nothing was analysed.';
  if (ranked.length === 1) return renderRun(worst, options);
  return [renderTable(ranked, painterFor(options), options.width), renderRun(worst, options)].join('\n\n');
}

/** Failed runs first, then by grave findings, then by duration. */
function worstFirst(a: Analysis, b: Analysis): number {
  return (
    STATUS_RANK[a.facts.status] - STATUS_RANK[b.facts.status] ||
    countOf(b, 'critical') - countOf(a, 'critical') ||
    countOf(b, 'warning') - countOf(a, 'warning') ||
    (b.facts.durationMs ?? 0) - (a.facts.durationMs ?? 0) ||
    (a.facts.appId < b.facts.appId ? -1 : 1)
  );
}

function countOf(analysis: Analysis, severity: 'critical' | 'warning'): number {
  return analysis.findings.filter((finding) => finding.severity === severity).length;
}

function renderTable(ranked: readonly Analysis[], paint: Paint, width: number): string {
  const shown = ranked.slice(0, MAX_ROWS);
  const idWidth = Math.min(40, Math.max(...shown.map((analysis) => idOf(analysis).length)));
  const rows = shown.map((analysis) => renderRow(analysis, idWidth, paint, width));
  const rest = ranked.length - shown.length;
  return [
    paint(`${formatCount(ranked.length)} applications, worst first`, 'bold'),
    ...rows,
    ...(rest > 0 ? [`  and ${formatCount(rest)} more; --json has all of them`] : []),
  ].join('\n');
}

function idOf({ facts }: Analysis): string {
  return printable(facts.attemptId === null ? facts.appId : `${facts.appId}/${facts.attemptId}`);
}

function renderRow(analysis: Analysis, idWidth: number, paint: Paint, width: number): string {
  const { facts, findings } = analysis;
  const duration = facts.durationMs === null ? '?' : formatDuration(facts.durationMs);
  const found = `${countOf(analysis, 'critical')} critical, ${countNoun(countOf(analysis, 'warning'), 'warning')}`;
  const left = `  ${clipText(idOf(analysis), idWidth).padEnd(idWidth)}  `;
  const pad = ' '.repeat(STATUS_WIDTH - facts.status.length);
  const middle = `${duration.padStart(12)}  ${found.padEnd(24)}`;
  const room = Math.max(20, width - left.length - STATUS_WIDTH - middle.length);
  const top =
    findings.find((finding) => finding.severity !== 'info')?.title ?? (facts.name === '' ? facts.appId : facts.name);
  return `${left}${paint(facts.status, STATUS_STYLE[facts.status])}${pad}${middle}${clipText(printable(top), room)}`;
}
