import type { EpochMs, PlanNode, SqlExecution, StreamingBatch, StreamingQuery } from './application.ts';
import type { LiveJob, LiveStage } from './live-stages.ts';
import type { ModelEvent } from './model-event.ts';
import { once } from './once.ts';
import { accumulatorsIn, readPlan } from './read-plan.ts';

type Of<T extends ModelEvent['type']> = Extract<ModelEvent, { type: T }>;

/** Later plans of an execution are a little larger than earlier ones. */
const PLAN_SLACK_BYTES = 4096;

interface LiveExecution {
  readonly start: Omit<Of<'sql-start'>, 'plan'>;
  readonly firstPlan: Uint8Array | null;
  /** In a buffer of its own, which later plans reuse; null while the first plan stands. */
  lastPlan: Uint8Array | null;
  /** True once an application was made of it, which may read the plan later: then its buffer is not used again. */
  lastPlanShared: boolean;
  planUpdateCount: number;
  completionTime: EpochMs | null;
  ended: boolean;
  /** As logged. */
  loggedError: string | null;
  readonly extraMetricIds: Set<number>;
  readonly driverUpdates: Map<number, number>;
  lastDriverUpdate: string;
}

/** SQL executions and their plans. Follows SQLAppStatusListener of Spark 4.3. */
export class LiveSql {
  readonly #executions = new Map<number, LiveExecution>();
  /** Plans that were too large to keep. */
  droppedPlans = 0;

  start(event: Of<'sql-start'>): void {
    if (this.#executions.has(event.executionId)) return;
    if (event.plan.tooLarge) this.droppedPlans += 1;
    const { plan, ...start } = event;
    this.#executions.set(event.executionId, {
      start,
      firstPlan: plan.line === null ? null : new Uint8Array(plan.line),
      lastPlan: null,
      lastPlanShared: false,
      planUpdateCount: 0,
      completionTime: null,
      ended: false,
      loggedError: null,
      extraMetricIds: new Set(),
      driverUpdates: new Map(),
      lastDriverUpdate: '',
    });
  }

  updatePlan(event: Of<'sql-plan-update'>): void {
    const execution = this.#executions.get(event.executionId);
    if (execution === undefined) return;
    if (event.plan.tooLarge) this.droppedPlans += 1;
    if (event.plan.line !== null && isSame(event.plan.line, execution.lastPlan)) return;
    if (event.plan.line !== null) {
      execution.lastPlan = copyInto(execution.lastPlanShared ? null : execution.lastPlan, event.plan.line);
      execution.lastPlanShared = false;
    }
    execution.planUpdateCount += 1;
  }

  addMetrics(event: Of<'sql-metrics'>): void {
    const ids = this.#executions.get(event.executionId)?.extraMetricIds;
    for (const metric of event.metrics) ids?.add(metric.accumulatorId);
  }

  addDriverMetrics(event: Of<'sql-driver-metrics'>): void {
    const execution = this.#executions.get(event.executionId);
    const text = JSON.stringify(event.updates);
    // The same values once more, one right after the other: the line is in the log twice.
    if (execution === undefined || execution.lastDriverUpdate === text) return;
    execution.lastDriverUpdate = text;
    const updates = execution.driverUpdates;
    for (const [id, value] of event.updates) updates.set(id, (updates.get(id) ?? 0) + Math.max(0, value));
  }

  end(event: Of<'sql-end'>): void {
    const execution = this.#executions.get(event.executionId);
    if (execution === undefined) return;
    execution.ended = true;
    execution.completionTime = event.time;
    execution.loggedError = event.error;
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
}

function toExecution(execution: LiveExecution, jobs: readonly LiveJob[], stages: readonly LiveStage[]): SqlExecution {
  const { start } = execution;
  const error = execution.loggedError === '' ? null : execution.loggedError;
  const failed = error !== null || jobs.some((job) => job.status === 'FAILED');
  const { firstPlan, lastPlan } = execution;
  const initial = once(() => parsePlan(firstPlan));
  const last = lastPlan === null ? initial : once(() => parsePlan(lastPlan));
  execution.lastPlanShared = true;
  const { extraMetricIds, driverUpdates } = execution;
  const told = { extraMetricIds: new Set(extraMetricIds), driverUpdates: new Map(driverUpdates) };
  const accumulators = stages.map((stage) => stage.accumulators);
  const before = lastPlan === null ? null : firstPlan;
  const metrics = once(() =>
    totalMetrics(told, last().plan, before === null ? [] : accumulatorsIn(before), accumulators),
  );
  return {
    executionId: start.executionId,
    rootExecutionId: start.rootExecutionId,
    queryId: start.queryId,
    description: start.description,
    details: start.details,
    submissionTime: start.time,
    completionTime: execution.completionTime,
    status: !execution.ended ? 'RUNNING' : failed ? 'FAILED' : 'COMPLETED',
    error,
    loggedError: execution.loggedError,
    jobIds: jobs.map((job) => job.jobId).sort((a, b) => a - b),
    stageIds: [...new Set(jobs.flatMap((job) => job.stageIds))].sort((a, b) => a - b),
    planUpdateCount: execution.planUpdateCount,
    modifiedConfigs: start.modifiedConfigs,
    get physicalPlanText() {
      return last().text;
    },
    get plan() {
      return last().plan;
    },
    get initialPlan() {
      return initial().plan;
    },
    get metricValues() {
      return metrics();
    },
  };
}

const parsePlan = (line: Uint8Array | null) => (line === null ? { plan: null, text: '' } : readPlan(line));

const isSame = (line: Uint8Array, before: Uint8Array | null): boolean =>
  before !== null && line.length === before.length && Buffer.compare(line, before) === 0;

/** Copies bytes into a buffer that is used again when they fit: adaptive execution logs a plan after every stage. */
function copyInto(used: Uint8Array | null, bytes: Uint8Array): Uint8Array {
  const room =
    used === null || used.buffer.byteLength < bytes.length
      ? new ArrayBuffer(bytes.length + PLAN_SLACK_BYTES)
      : used.buffer;
  const copy = new Uint8Array(room, 0, bytes.length);
  copy.set(bytes);
  return copy;
}

/**
 * Totals by accumulator of a plan and of the one `before` it: the last value that any of the execution's stages ended with, plus what the driver reported.
 * Accumulator values grow over a whole application run, so the largest is the last.
 */
function totalMetrics(
  execution: Pick<LiveExecution, 'extraMetricIds' | 'driverUpdates'>,
  plan: PlanNode | null,
  before: readonly number[],
  stages: ReadonlyArray<LiveStage['accumulators']>,
): Map<number, number> {
  const wanted = new Set(execution.extraMetricIds);
  for (const id of before) wanted.add(id);
  collectMetricIds(plan, wanted);
  const totals = new Map<number, number>();
  for (const accumulators of stages) {
    if (accumulators === null || accumulators === undefined) continue;
    const { sqlIds, sqlValues } = accumulators;
    for (let place = 0; place < sqlIds.length; place++) {
      const id = sqlIds[place] as number;
      if (wanted.has(id)) totals.set(id, Math.max(totals.get(id) ?? 0, sqlValues[place] as number));
    }
  }
  for (const [id, value] of execution.driverUpdates) totals.set(id, (totals.get(id) ?? 0) + value);
  return totals;
}

function collectMetricIds(plan: PlanNode | null, into: Set<number>): void {
  const open = plan === null ? [] : [plan];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const metric of node.metrics) into.add(metric.accumulatorId);
    for (const child of node.children) open.push(child);
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
