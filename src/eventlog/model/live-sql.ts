import type { EpochMs, PlanNode, SqlExecution, StreamingBatch, StreamingQuery } from './application.ts';
import type { LiveJob, LiveStage } from './live-stages.ts';
import type { ModelEvent } from './model-event.ts';

type Of<T extends ModelEvent['type']> = Extract<ModelEvent, { type: T }>;

/** Plan texts longer than this are cut, and the cut is a stated gap: Spark allows up to 2 GB a plan. */
const MAX_PLAN_TEXT_CHARS = 200_000;

interface LiveExecution {
  readonly start: Of<'sql-start'>;
  planText: string;
  plan: PlanNode | null;
  planUpdateCount: number;
  completionTime: EpochMs | null;
  ended: boolean;
  error: string | null;
  readonly extraMetricIds: Set<number>;
  readonly driverUpdates: Map<number, number>;
}

/** SQL executions and their plans. Follows SQLAppStatusListener of Spark 4.3. */
export class LiveSql {
  readonly #executions = new Map<number, LiveExecution>();
  cutPlanTexts = 0;

  start(event: Of<'sql-start'>): void {
    this.#executions.set(event.executionId, {
      start: event,
      planText: this.#cut(event.planText),
      plan: event.plan,
      planUpdateCount: 0,
      completionTime: null,
      ended: false,
      error: null,
      extraMetricIds: new Set(),
      driverUpdates: new Map(),
    });
  }

  updatePlan(event: Of<'sql-plan-update'>): void {
    const execution = this.#executions.get(event.executionId);
    if (execution === undefined) return;
    if (event.plan !== null) execution.plan = event.plan;
    if (event.planText !== '') execution.planText = this.#cut(event.planText);
    execution.planUpdateCount += 1;
  }

  addMetrics(event: Of<'sql-metrics'>): void {
    const ids = this.#executions.get(event.executionId)?.extraMetricIds;
    for (const metric of event.metrics) ids?.add(metric.accumulatorId);
  }

  addDriverMetrics(event: Of<'sql-driver-metrics'>): void {
    const updates = this.#executions.get(event.executionId)?.driverUpdates;
    for (const [id, value] of event.updates) updates?.set(id, (updates.get(id) ?? 0) + Math.max(0, value));
  }

  end(event: Of<'sql-end'>): void {
    const execution = this.#executions.get(event.executionId);
    if (execution === undefined) return;
    execution.ended = true;
    execution.completionTime = event.time;
    execution.error = event.error;
  }

  /** Joins executions with the jobs that name them and the stages that ran for them. */
  toExecutions(jobs: ReadonlyMap<number, LiveJob>, stages: readonly LiveStage[]): SqlExecution[] {
    const jobsOf = groupBy(jobs.values(), (job) => job.properties.sqlExecutionId);
    const stagesOf = groupBy(stages, (stage) => stage.sqlExecutionId);
    return [...this.#executions.values()]
      .sort((a, b) => a.start.executionId - b.start.executionId)
      .map((execution) => {
        const id = execution.start.executionId;
        return toExecution(execution, jobsOf.get(id) ?? [], stagesOf.get(id) ?? []);
      });
  }

  #cut(text: string): string {
    if (text.length <= MAX_PLAN_TEXT_CHARS) return text;
    this.cutPlanTexts += 1;
    return `${text.slice(0, MAX_PLAN_TEXT_CHARS)}… [${text.length - MAX_PLAN_TEXT_CHARS} more characters]`;
  }
}

function toExecution(execution: LiveExecution, jobs: readonly LiveJob[], stages: readonly LiveStage[]): SqlExecution {
  const { start } = execution;
  const failed = execution.error !== null || jobs.some((job) => job.status === 'FAILED');
  let metricValues: Map<number, number> | null = null;
  return {
    executionId: start.executionId,
    rootExecutionId: start.rootExecutionId,
    description: start.description,
    details: start.details,
    physicalPlanText: execution.planText,
    submissionTime: start.time,
    completionTime: execution.completionTime,
    status: !execution.ended ? 'RUNNING' : failed ? 'FAILED' : 'COMPLETED',
    error: execution.error,
    jobIds: jobs.map((job) => job.jobId).sort((a, b) => a - b),
    stageIds: [...new Set(jobs.flatMap((job) => job.stageIds))].sort((a, b) => a - b),
    plan: execution.plan,
    initialPlan: start.plan,
    planUpdateCount: execution.planUpdateCount,
    modifiedConfigs: start.modifiedConfigs,
    get metricValues() {
      metricValues ??= totalMetrics(execution, stages);
      return metricValues;
    },
  };
}

/**
 * Totals by accumulator: the last value that any of the execution's stages ended with, plus what the driver reported.
 * Accumulator values grow over a whole application run, so the largest is the last.
 */
function totalMetrics(execution: LiveExecution, stages: readonly LiveStage[]): Map<number, number> {
  const wanted = new Set(execution.extraMetricIds);
  collectMetricIds(execution.start.plan, wanted);
  collectMetricIds(execution.plan, wanted);
  const totals = new Map<number, number>();
  for (const { accumulators } of stages) {
    accumulators?.sqlIds.forEach((id, i) => {
      const value = accumulators.sqlValues[i] as number;
      if (wanted.has(id)) totals.set(id, Math.max(totals.get(id) ?? 0, value));
    });
  }
  for (const [id, value] of execution.driverUpdates) totals.set(id, (totals.get(id) ?? 0) + value);
  return totals;
}

function collectMetricIds(plan: PlanNode | null, into: Set<number>): void {
  const open = plan === null ? [] : [plan];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const metric of node.metrics) into.add(metric.accumulatorId);
    open.push(...node.children);
  }
}

function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => number | null): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Streaming queries by run. */
export class LiveStreaming {
  readonly #queries = new Map<
    string,
    { -readonly [K in keyof StreamingQuery]: StreamingQuery[K] } & { batches: StreamingBatch[] }
  >();

  started(event: Of<'query-started'>): void {
    const query = this.#query(event.id, event.runId);
    query.name = event.name;
    query.startTime = event.time;
  }

  progressed(event: Of<'query-progress'>): void {
    const query = this.#query(event.id, event.runId);
    query.name ??= event.name;
    query.batches.push(event.batch);
  }

  terminated(event: Of<'query-terminated'>): void {
    const query = this.#query(event.id, event.runId);
    query.error = event.error;
    const last = query.batches.at(-1);
    query.endTime = last?.timestamp == null ? query.startTime : last.timestamp + last.durationMs;
  }

  toQueries(): StreamingQuery[] {
    return [...this.#queries.values()];
  }

  #query(id: string, runId: string) {
    const known = this.#queries.get(runId);
    if (known !== undefined) return known;
    const query = {
      id,
      runId,
      name: null,
      startTime: null,
      endTime: null,
      error: null,
      batches: [] as StreamingBatch[],
    };
    this.#queries.set(runId, query);
    return query;
  }
}
