import { z } from 'zod';
import {
  type Analysis,
  coreShares,
  coresKnown,
  failureOf,
  type RunFacts,
  type StageLine,
  spillShare,
  type TimeShare,
  type WorkLine,
  wallShares,
} from '../../../insight/index.ts';
import type { Finding } from '../../../kernel/finding.ts';
import type { Cell } from '../../../kernel/table.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { countNoun, formatDuration, formatShare } from '../../../kernel/units.ts';
import { nextCalls } from './next-calls.ts';
import { clip, tokensAtMost } from './token-cost.ts';

/** Tokens of the structured result, by the estimate; the text form beside it takes up to 300 more. */
const MAX_TOKENS = 1150;

/** How much is shown, most first: the first that fits is taken. */
const DETAILS = [
  { lines: 3, findings: 5, gaps: 3, chars: 200, name: 70, id: 80 },
  { lines: 3, findings: 4, gaps: 2, chars: 150, name: 50, id: 80 },
  { lines: 2, findings: 3, gaps: 2, chars: 110, name: 40, id: 80 },
  { lines: 1, findings: 2, gaps: 1, chars: 70, name: 30, id: 60 },
  { lines: 0, findings: 1, gaps: 1, chars: 30, name: 12, id: 40 },
] as const;
type Detail = (typeof DETAILS)[number];

const SLOWEST_COLUMNS = ['what', 'id', 'name', 'status', 'duration_ms', 'share'] as const;
const FINDING_COLUMNS = ['severity', 'rule', 'title', 'share', 'evidence', 'advice'] as const;

/** Schema of the summary of a run. Shares are 0 to 1; those that are 0 are left out. */
export const summaryOutput = z.object({
  server: z.string(),
  app_id: z.string(),
  attempt_id: z.string().nullable(),
  name: z.string(),
  spark_version: z.string().nullable(),
  status: z.string(),
  outcome: z.string(),
  duration_ms: z.number().nullable(),
  counts: z.record(z.string(), z.number()),
  wall_time_shares: z.record(z.string(), z.number()),
  core_time_shares: z.record(z.string(), z.number()),
  slowest: tableSchema(SLOWEST_COLUMNS),
  findings: tableSchema(FINDING_COLUMNS),
  gaps: z.array(z.string()),
  next: z.array(z.string()),
});

type Summary = z.input<typeof summaryOutput>;

/** The summary of a run, as detailed as its budget allows. `gaps` are sentences. */
export function summarize(analysis: Analysis, server: string, gaps: readonly string[]): Summary {
  let summary = summaryAt(analysis, server, gaps, DETAILS[0]);
  for (const detail of DETAILS.slice(1)) {
    if (tokensAtMost(JSON.stringify(summary)) <= MAX_TOKENS) return summary;
    summary = summaryAt(analysis, server, gaps, detail);
  }
  return summary;
}

function summaryAt(analysis: Analysis, server: string, gaps: readonly string[], detail: Detail): Summary {
  const { facts } = analysis;
  const shownGaps = gaps.slice(0, detail.gaps).map((gap) => clip(gap, detail.chars));
  const restOfGaps = gaps.length - shownGaps.length;
  return {
    server: clip(server, detail.name),
    app_id: clip(facts.appId, detail.id),
    attempt_id: facts.attemptId === null ? null : clip(facts.attemptId, detail.name),
    name: clip(facts.name, detail.name),
    spark_version: facts.sparkVersion === null ? null : clip(facts.sparkVersion, detail.name),
    status: facts.status,
    outcome: outcomeOf(analysis, detail.chars * 2),
    duration_ms: facts.durationMs,
    counts: countsOf(facts),
    wall_time_shares: sharesOnWire(wallShares(facts)),
    core_time_shares: { ...sharesOnWire(coreShares(facts)), ...spillOf(facts) },
    slowest: slowestTable(facts, detail),
    findings: findingTable(analysis.findings, detail),
    gaps: [...shownGaps, ...(restOfGaps > 0 ? [`${restOfGaps} more gaps`] : [])],
    next: nextCalls(analysis),
  };
}

/** How the run ended and why, in one or two sentences. */
function outcomeOf(analysis: Analysis, chars: number): string {
  const { facts } = analysis;
  const failure = failureOf(analysis);
  const took = facts.durationMs === null ? '' : ` after ${formatDuration(facts.durationMs)}`;
  if (failure !== null) {
    const went = facts.status === 'FAILED' ? `Failed${took}` : `${sentenceOf(facts)}${took}, but not all of it`;
    return `${went}: ${clip(`${failure.title}. ${failure.evidence[0]?.fact ?? ''}`, chars)}`;
  }
  const [worst] = analysis.findings.filter((finding) => finding.severity !== 'info');
  const problem = worst === undefined ? 'No problem found.' : `Largest problem: ${clip(worst.title, chars)}.`;
  return `${sentenceOf(facts)}${took}. ${problem}`;
}

function sentenceOf(facts: RunFacts): string {
  const words = {
    SUCCEEDED: 'Succeeded',
    FAILED: 'Failed',
    RUNNING: 'Still running',
    INCOMPLETE: 'Log stops without an end',
  };
  return words[facts.status];
}

function countsOf(facts: RunFacts): Record<string, number> {
  const { totals } = facts;
  const counts: Record<string, number> = {
    jobs: facts.jobCount,
    failed_jobs: facts.failedJobCount,
    stage_attempts: facts.stageCount,
    failed_stage_attempts: facts.failedStageCount,
    task_attempts: totals.taskCount,
    failed_tasks: totals.failedTaskCount,
    sql_executions: facts.sqlCount,
    executors: facts.executorCount,
    peak_cores: facts.peakCores,
    input_bytes: totals.inputBytes,
    output_bytes: totals.outputBytes,
    shuffle_read_bytes: totals.shuffleReadBytes,
    shuffle_write_bytes: totals.shuffleWriteBytes,
    disk_spilled_bytes: totals.diskSpilledBytes,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0));
}

function sharesOnWire(shares: readonly TimeShare[]): Record<string, number> {
  return Object.fromEntries(
    shares
      .map(({ name, share }) => [name.replaceAll(' ', '_'), Number(share.toFixed(3))] as const)
      .filter(([, share]) => share > 0),
  );
}

function spillOf(facts: RunFacts): Record<string, number> {
  const share = Number(spillShare(facts).toFixed(3));
  return {
    ...(share > 0 ? { in_tasks_that_spilled: share } : {}),
    ...(coresKnown(facts) ? {} : { cores_unknown: 1 }),
  };
}

function slowestTable(facts: RunFacts, detail: Detail): Summary['slowest'] {
  const share = (ms: number): Cell => (facts.durationMs ? Number(Math.min(1, ms / facts.durationMs).toFixed(3)) : null);
  const ofStage = (stage: StageLine): Cell[] => [
    'stage',
    `${stage.stageId}.${stage.attemptId}`,
    clip(stage.name, detail.name),
    stage.status,
    stage.wallMs,
    share(stage.wallMs),
  ];
  const ofWork = (what: string, work: WorkLine): Cell[] => [
    what,
    String(work.id),
    clip(work.description ?? work.name ?? '', detail.name),
    work.status,
    work.wallMs,
    share(work.wallMs),
  ];
  const rows = [
    ...facts.slowestStages.slice(0, detail.lines).map(ofStage),
    ...facts.slowestJobs.slice(0, detail.lines).map((job) => ofWork('job', job)),
    ...facts.slowestQueries.slice(0, detail.lines).map((query) => ofWork('sql', query)),
  ];
  const total = facts.stageCount + facts.jobCount + facts.sqlCount;
  return { columns: [...SLOWEST_COLUMNS], rows, total, truncated: rows.length < total };
}

function findingTable(findings: readonly Finding[], detail: Detail): Summary['findings'] {
  const shown = findings.slice(0, detail.findings);
  return {
    columns: [...FINDING_COLUMNS],
    rows: shown.map((finding) => [
      finding.severity,
      finding.rule,
      clip(finding.title, detail.chars),
      `${finding.impact.share} of ${finding.impact.share_of}`,
      clip(evidenceOf(finding), detail.chars),
      clip(finding.advice[0] ?? '', detail.chars),
    ]),
    total: findings.length,
    truncated: shown.length < findings.length,
  };
}

function evidenceOf(finding: Finding): string {
  const [first] = finding.evidence;
  return first === undefined ? '' : `${first.address}: ${first.fact}`;
}

/** Tokens of the text form, by the estimate. */
const MAX_TEXT_TOKENS = 300;

/** How much the text form shows, most first: the first that fits is taken. */
const TEXT_DETAILS = [
  { outcome: 320, title: 90, titles: 3 },
  { outcome: 160, title: 50, titles: 2 },
  { outcome: 60, title: 0, titles: 0 },
] as const;

/** The answer in the first lines: outcome, where the time went, findings. At most about 300 tokens. */
export function summaryText(summary: z.output<typeof summaryOutput>): string {
  const texts = TEXT_DETAILS.map((detail) => textAt(summary, detail));
  return texts.find((text) => tokensAtMost(text) <= MAX_TEXT_TOKENS) ?? texts.at(-1) ?? '';
}

function textAt(summary: z.output<typeof summaryOutput>, detail: (typeof TEXT_DETAILS)[number]): string {
  const titles = summary.findings.rows
    .slice(0, detail.titles)
    .map((row) => `- ${row[0]}: ${clip(String(row[2]), detail.title)}`);
  return [
    clip(`${summary.name}: ${summary.outcome}`, detail.outcome),
    `Wall time: ${sharesInWords(summary.wall_time_shares)}.`,
    `Core time: ${sharesInWords(summary.core_time_shares)}.`,
    `${countNoun(summary.findings.total, 'finding')}${titles.length > 0 ? ':' : '.'}`,
    ...titles,
  ].join('\n');
}

function sharesInWords(shares: Readonly<Record<string, number>>): string {
  return Object.entries(shares)
    .filter(([name, share]) => share >= 0.01 && name !== 'cores_unknown')
    .map(([name, share]) => `${name.replaceAll('_', ' ')} ${formatShare(share)}`)
    .join(', ');
}
