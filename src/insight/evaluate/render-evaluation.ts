import { countNoun, formatDuration } from '../../kernel/units.ts';
import { painterFor, type RenderOptions } from '../report/painter.ts';
import { clipText, printable, wrapText } from '../report/printable.ts';
import type { PartChange } from './attribution.ts';
import type { CostChange, OptimizationEvaluation } from './evaluate-optimization.ts';
import type { Explanation } from './explanations.ts';
import { change } from './verdict-reasons.ts';

/** Rows of each list: the comparison fits one screen. */
const MAX_PHASES = 6;
const MAX_GROUPS = 5;
const MAX_EXPLANATIONS = 10;
const MAX_GAPS = 5;

/** Part of the larger wall time below which the change of a part is noise to a reader. */
const SHOWN_SHARE = 0.005;

const VERDICT_STYLE = { faster: 'green', slower: 'red', neutral: 'cyan', inconclusive: 'yellow' } as const;

const PHASE_NAMES: Readonly<Record<string, string>> = {
  startup: 'startup (before the first job)',
  driver: 'driver (no stage running)',
  tail: 'tail (after the last job)',
  spilling: 'compute of spilling tasks',
  gc: 'GC',
  shuffle_read: 'shuffle read',
  shuffle_write: 'shuffle write',
  task_overhead: 'task overhead',
  failed_attempts: 'failed attempts',
  idle: 'idle cores',
};

const COST_NAMES = { core_hours: 'core-hours', memory_gib_hours: 'GiB-hours of memory', money: '' } as const;

/** An evaluation for a terminal: verdict, where the difference lies, what it costs, what explains it. Ends without a line break. */
export function renderEvaluation(evaluation: OptimizationEvaluation, options: RenderOptions): string {
  const paint = painterFor(options);
  const wrapped = (text: string, indent = '  ') =>
    wrapText(printable(text), options.width - indent.length).map((line) => `${indent}${line}`);
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', paint(title, 'bold'), ...lines];
  const { verdict, reasons, where, cost, explanations, gaps } = evaluation;
  const runs = `${countNoun(evaluation.candidate.length, 'candidate run')} against ${countNoun(evaluation.baseline.length, 'baseline run')}`;
  const named = (part: PartChange) => ({ ...part, part: PHASE_NAMES[part.part] ?? part.part });
  const partLines = (parts: readonly PartChange[], most: number) =>
    worthShowing(parts, evaluation)
      .slice(0, most)
      .map((part) => `  ${clipText(partLine(named(part)), options.width - 2)}`);
  return [
    `${paint(verdict.toUpperCase(), ['bold', VERDICT_STYLE[verdict]])}  ${runs}`,
    ...reasons.flatMap((reason) => wrapped(reason)),
    ...section('Where (means)', where === null ? [] : partLines(where.phases, MAX_PHASES)),
    ...section(
      'Stages (means)',
      where === null
        ? []
        : partLines(
            where.groups.filter(({ part }) => !(part in PHASE_NAMES)),
            MAX_GROUPS,
          ),
    ),
    ...section(
      'Cost (means)',
      (cost ?? []).flatMap((row) => costLine(row, evaluation.currency)),
    ),
    ...section(
      'What differs',
      listed(explanations, MAX_EXPLANATIONS, (one) => wrapped(explanationLine(one))),
    ),
    ...section(
      'Gaps',
      listed(gaps, MAX_GAPS, (gap) => wrapped(gap)),
    ),
  ].join('\n');
}

function worthShowing(parts: readonly PartChange[], { effect }: OptimizationEvaluation): PartChange[] {
  const least = SHOWN_SHARE * Math.max(effect?.baselineMedianMs ?? 0, effect?.candidateMedianMs ?? 0);
  return parts.filter(({ deltaMs }) => Math.abs(deltaMs) >= least);
}

function partLine({ part, baselineMs, candidateMs, deltaMs }: PartChange): string {
  const sign = deltaMs < 0 ? '−' : '+';
  const delta = `${sign}${formatDuration(Math.abs(deltaMs))}`;
  return `${delta.padStart(10)}  ${`${formatDuration(baselineMs)} → ${formatDuration(candidateMs)}`.padEnd(20)}  ${printable(part)}`;
}

function costLine({ measure, baseline, candidate }: CostChange, currency: string | null): string[] {
  if (baseline === null || candidate === null) return [];
  const unit = measure === 'money' ? (currency ?? '') : COST_NAMES[measure];
  const changed = baseline > 0 ? ` (${change(candidate / baseline)})` : '';
  return [`  ${short(baseline)} → ${short(candidate)} ${unit}${changed}`];
}

const short = (amount: number): string => String(Number(amount.toPrecision(3)));

function explanationLine({ kind, subject, baseline, candidate }: Explanation): string {
  if (kind === 'finding') return candidate === null ? `gone: ${baseline}` : `new: ${candidate}`;
  return `${subject}: ${baseline ?? 'not set'} → ${candidate ?? 'not set'}`;
}

function listed<T>(items: readonly T[], most: number, linesOf: (item: T) => readonly string[]): string[] {
  const rest = items.length - most;
  return [
    ...items.slice(0, most).flatMap(linesOf),
    ...(rest > 0 ? [`  and ${rest} more; --json has all of them`] : []),
  ];
}
