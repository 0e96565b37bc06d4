import type { Analysis } from '../../../insight/index.ts';
import type { Finding } from '../../../kernel/finding.ts';

/** Calls that are proposed at most. */
const MAX_CALLS = 3;

/** The call that shows more of a finding, by rule; `stage` is the first stage in its evidence. */
const CALLS: Readonly<Record<string, (stage: string | null) => string>> = {
  'spark/job-failure': (stage) => withStage('list_stage_task_failures', stage, 'list_jobs status=["FAILED"]'),
  'spark/driver-failure': () => 'list_jobs',
  'spark/task-failures': (stage) => withStage('list_stage_task_failures', stage, 'list_stages sort_by=failed-tasks'),
  'spark/stage-retries': () => 'list_stages sort_by=failed-tasks',
  'spark/executor-loss': () => 'list_executors include_inactive=true',
  'spark/idle-cores': () => 'get_resource_usage_timeline',
  'spark/driver-gap': () => 'list_jobs sort_by=id',
  'spark/slow-start': () => 'get_resource_usage_timeline',
  'spark/dynamic-allocation': () => 'get_resource_usage_timeline',
  'spark/memory-overhead': () => 'list_executors include_inactive=true',
  'spark/memory-overprovisioned': () => 'get_executor_summary',
  'spark/memory-underprovisioned': () => 'get_executor_summary',
  'spark/executor-shape': () => 'get_executor_summary',
  'spark/incomplete-log': () => 'get_application',
};

function withStage(tool: string, stage: string | null, otherwise: string): string {
  return stage === null ? otherwise : `${tool} stage_id=${stage}`;
}

/** Which tools to call next, best first: what the gravest findings point at, then the general ones. */
export function nextCalls({ facts, findings }: Analysis): string[] {
  const calls = findings.map((finding) => {
    const stage = stageOf(finding);
    const call = CALLS[finding.rule];
    return call === undefined
      ? withStage('get_stage', stage, 'list_stages sort_by=duration') + (stage === null ? '' : ' with_summaries=true')
      : call(stage);
  });
  const [query] = facts.slowestQueries;
  return [
    ...new Set([
      ...calls,
      ...(findings.length > 0 ? ['get_job_bottlenecks'] : []),
      ...(query === undefined ? [] : [`get_sql_execution execution_id=${query.id}`]),
      'list_stages sort_by=duration',
    ]),
  ].slice(0, MAX_CALLS);
}

function stageOf(finding: Finding): string | null {
  for (const { address } of finding.evidence) {
    const match = /^stages\/(\d+)/.exec(address);
    if (match !== null) return match[1] ?? null;
  }
  return null;
}
