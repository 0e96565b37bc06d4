import { z } from 'zod';
import { analyze, priceFindings, type RunCost, type StageLine, type WorkLine } from '../../../insight/index.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, count } from '../parameters.ts';
import { combinedOutput, findingOnWire, findingOutput } from '../queries/findings.ts';
import { REPORT_PAGE_URI } from '../resources/report-page.ts';
import { rounded } from '../runs/describe-history.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

const STAGE_COLUMNS = [
  'stage_id',
  'attempt_id',
  'name',
  'status',
  'duration_ms',
  'task_count',
  'input_bytes',
  'shuffle_read_bytes',
  'disk_spilled_bytes',
] as const;
const JOB_COLUMNS = ['job_id', 'name', 'description', 'status', 'duration_ms'] as const;

export const getJobBottlenecks = defineSparkTool({
  name: 'get_job_bottlenecks',
  title: 'Find the bottlenecks of a Spark application',
  description:
    'What failed or was slow, most important first: skew, stragglers, spill, GC, failures, lost executors, idle cores, driver gaps, bad partitions, joins, scans, memory. Each with evidence, what a replay without it saves (80 % interval), properties to set and what to do; `combined` is what all of it saves together.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  view: REPORT_PAGE_URI,
  input: z.object({
    ...applicationInput,
    top_n: count(5),
    include_minor: z.boolean().default(false).describe('Also what saves less than 5 % of the run or a second.'),
  }),
  output: z.object({
    server: z.string(),
    status: z.string(),
    duration_ms: z.number().nullable(),
    findings: z.array(findingOutput),
    total_findings: z.number(),
    truncated: z.boolean(),
    combined: combinedOutput.nullable(),
    replay_error_ratio: z.number().nullable(),
    cost: z.object({
      core_hours: z.number(),
      memory_gib_hours: z.number(),
      wasted_core_hours_at_most: z.number(),
      money: z.number().nullable(),
      wasted_money_at_most: z.number().nullable(),
      prices: z.string().nullable(),
    }),
    /** Findings as above. */
    minor: z.array(z.record(z.string(), z.unknown())).optional(),
    total_minor: z.number(),
    slowest_stages: tableSchema(STAGE_COLUMNS),
    slowest_jobs: tableSchema(JOB_COLUMNS),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { facts, minor, combined, replay, ...analysis } = analyze(loaded.application, {}, input.top_n);
    const { findings, cost } = priceFindings(loaded.application, analysis.findings, context.prices ?? null);
    return {
      server: loaded.server,
      status: facts.status,
      duration_ms: facts.durationMs,
      findings: findings.slice(0, input.top_n).map((finding) => findingOnWire(finding)),
      total_findings: findings.length,
      truncated: findings.length > input.top_n,
      combined: combined === null ? null : { ...combined, interval_seconds: [...combined.interval_seconds] },
      replay_error_ratio: replay?.errorRatio ?? null,
      cost: costCells(cost),
      ...(input.include_minor ? { minor: minor.slice(0, input.top_n).map((finding) => findingOnWire(finding)) } : {}),
      total_minor: minor.length,
      slowest_stages: {
        ...firstRows(facts.slowestStages, input.top_n, STAGE_COLUMNS, stageCells),
        total: facts.stageCount,
        truncated: facts.stageCount > Math.min(input.top_n, facts.slowestStages.length),
      },
      slowest_jobs: {
        ...firstRows(facts.slowestJobs, input.top_n, JOB_COLUMNS, jobCells),
        total: facts.jobCount,
        truncated: facts.jobCount > Math.min(input.top_n, facts.slowestJobs.length),
      },
      gaps: gapsOf(loaded),
    };
  },
});

function costCells({ use, wasted, money }: RunCost) {
  return {
    core_hours: rounded(use.coreHours),
    memory_gib_hours: rounded(use.memoryGibHours),
    wasted_core_hours_at_most: rounded(wasted.coreHours),
    money: money === null ? null : rounded(money.amount),
    wasted_money_at_most: wasted.money === null ? null : rounded(wasted.money.amount),
    prices: money === null ? null : `${money.prices}, ${money.currency}`,
  };
}

function stageCells(stage: StageLine) {
  return {
    stage_id: stage.stageId,
    attempt_id: stage.attemptId,
    name: stage.name,
    status: stage.status,
    duration_ms: stage.wallMs,
    task_count: stage.taskCount,
    input_bytes: stage.inputBytes,
    shuffle_read_bytes: stage.shuffleReadBytes,
    disk_spilled_bytes: stage.diskSpilledBytes,
  };
}

function jobCells(job: WorkLine) {
  return { job_id: job.id, name: job.name, description: job.description, status: job.status, duration_ms: job.wallMs };
}
