import { z } from 'zod';
import { analyze, type StageLine, type WorkLine } from '../../../insight/index.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, count } from '../parameters.ts';
import { findingOnWire, findingOutput } from '../queries/findings.ts';
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
    'What was slow or failed, worst first: skew, stragglers, spill, GC, failures and retries, lost executors, idle cores, driver gaps, tiny or huge partitions, shuffle wait. Each with evidence, its share of the run, and what to do.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({ ...applicationInput, top_n: count(5) }),
  output: z.object({
    server: z.string(),
    status: z.string(),
    duration_ms: z.number().nullable(),
    findings: z.array(findingOutput),
    total_findings: z.number(),
    truncated: z.boolean(),
    slowest_stages: tableSchema(STAGE_COLUMNS),
    slowest_jobs: tableSchema(JOB_COLUMNS),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { facts, findings } = analyze(loaded.application, {}, input.top_n);
    return {
      server: loaded.server,
      status: facts.status,
      duration_ms: facts.durationMs,
      findings: findings.slice(0, input.top_n).map((finding) => findingOnWire(finding)),
      total_findings: findings.length,
      truncated: findings.length > input.top_n,
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
