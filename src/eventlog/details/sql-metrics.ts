import { immutableIntOrder } from '../rest/scala-map-order.ts';
import { type DetailEvent, TASK_HEAD } from './detail-event.ts';
import { type LargestValue, metricText, needsLargest } from './metric-text.ts';

type Of<T extends DetailEvent['type']> = Extract<DetailEvent, { type: T }>;

/** Values of tasks that are held at once: beyond, stages of executions that still run have no metrics, which is a stated gap. */
const MAX_CELLS = 32 << 20;

interface LiveExecution {
  /** Types by accumulator. Shared with the stages: what adaptive execution adds counts for all. */
  readonly types: Map<number, string>;
  readonly jobs: Set<number>;
  readonly stageIds: Set<number>;
  readonly driverUpdates: Array<readonly [number, number]>;
  endEvents: number;
  ended: boolean;
}

interface StageMetrics {
  readonly stageId: number;
  readonly attemptId: number;
  readonly taskCount: number;
  readonly types: ReadonlyMap<number, string>;
  /** One value a task index, by accumulator. */
  readonly values: Map<number, Float64Array>;
  readonly largest: Map<number, { value: number; taskId: number }>;
  readonly completed: Set<number>;
}

/** Texts of the metrics of SQL executions. Follows SQLAppStatusListener of Spark 4.3 event by event. */
export class SqlMetrics {
  readonly texts = new Map<number, ReadonlyMap<number, string>>();
  /** Stages whose metrics were left out. */
  readonly droppedStages = new Set<number>();
  readonly #executions = new Map<number, LiveExecution>();
  readonly #stages = new Map<number, StageMetrics>();
  #cells = 0;

  apply(event: DetailEvent): void {
    switch (event.type) {
      case 'job-start':
        this.#startJob(event);
        return;
      case 'job-end':
        this.#endJob(event.jobId);
        return;
      case 'stage-submitted':
        this.#submitStage(event);
        return;
      case 'metrics': {
        const { types } = this.#execution(event.executionId);
        for (const [id, type] of event.metrics) types.set(id, type);
        return;
      }
      case 'driver-metrics':
        this.#addDriverUpdates(event);
        return;
      case 'sql-end':
        this.#endExecution(event.executionId);
    }
  }

  /** One task end at `at` of the numbers, laid out as `DetailContent.tasks`. Returns where the next one begins. */
  taskEnded(numbers: Float64Array, at: number): number {
    const [stageId = 0, attemptId, taskId = 0, index = 0, succeeded, count = 0] = numbers.subarray(at, at + TASK_HEAD);
    const end = at + TASK_HEAD + count * 2;
    const stage = this.#stages.get(stageId);
    if (stage === undefined || stage.attemptId !== attemptId) return end;
    if (index >= stage.taskCount || stage.completed.has(index)) return end;
    for (let pair = at + TASK_HEAD; pair < end; pair += 2)
      this.#update(stage, numbers[pair] as number, numbers[pair + 1] as number, index, taskId);
    if (succeeded === 1) stage.completed.add(index);
    return end;
  }

  /** The log is over: what still runs shows what is known of it. */
  finish(): void {
    for (const [id, execution] of this.#executions) if (!this.texts.has(id)) this.#aggregate(id, execution);
  }

  #addDriverUpdates({ executionId, updates }: Of<'driver-metrics'>): void {
    const execution = this.#executions.get(executionId);
    for (const update of updates) execution?.driverUpdates.push(update);
  }

  #startJob(event: Of<'job-start'>): void {
    // An execution that is over keeps the metrics that it ended with.
    if (!this.#executions.has(event.executionId) && this.texts.has(event.executionId)) return;
    const execution = this.#execution(event.executionId);
    if (execution.types.size > 0)
      for (const { stageId, taskCount } of event.stages) this.#putStage(stageId, 0, taskCount, execution.types);
    execution.jobs.add(event.jobId);
    for (const stageId of event.stageIds) execution.stageIds.add(stageId);
  }

  #submitStage({ stageId, attemptId }: Of<'stage-submitted'>): void {
    const stage = this.#stages.get(stageId);
    if (stage !== undefined && stage.attemptId !== attemptId)
      this.#putStage(stageId, attemptId, stage.taskCount, stage.types);
  }

  #endJob(jobId: number): void {
    for (const [id, execution] of this.#executions) {
      if (!execution.jobs.has(jobId)) continue;
      execution.endEvents += 1;
      this.#dropIfOver(id, execution);
    }
  }

  #endExecution(executionId: number): void {
    const execution = this.#executions.get(executionId);
    if (execution === undefined) return;
    if (!execution.ended) this.#aggregate(executionId, execution);
    execution.ended = true;
    execution.endEvents += 1;
    this.#dropStages(execution);
    this.#dropIfOver(executionId, execution);
  }

  #dropIfOver(executionId: number, execution: LiveExecution): void {
    if (execution.endEvents < execution.jobs.size + 1) return;
    this.#executions.delete(executionId);
    this.#dropStages(execution);
  }

  /** Forgets the stages that no other execution has. */
  #dropStages(execution: LiveExecution): void {
    const kept = new Set<number>();
    for (const other of this.#executions.values())
      if (other !== execution) for (const stageId of other.stageIds) kept.add(stageId);
    for (const stageId of this.#stages.keys()) if (!kept.has(stageId)) this.#removeStage(stageId);
  }

  #putStage(stageId: number, attemptId: number, taskCount: number, types: ReadonlyMap<number, string>): void {
    this.#removeStage(stageId);
    this.#stages.set(stageId, {
      stageId,
      attemptId,
      taskCount,
      types,
      values: new Map(),
      largest: new Map(),
      completed: new Set(),
    });
  }

  #removeStage(stageId: number): void {
    const stage = this.#stages.get(stageId);
    if (stage !== undefined) this.#cells -= stage.values.size * stage.taskCount;
    this.#stages.delete(stageId);
  }

  #update(stage: StageMetrics, id: number, value: number, index: number, taskId: number): void {
    const type = stage.types.get(id);
    if (type === undefined) return;
    let values = stage.values.get(id);
    if (values === undefined) {
      if (this.#cells + stage.taskCount > MAX_CELLS) {
        this.droppedStages.add(stage.stageId);
        return;
      }
      values = new Float64Array(stage.taskCount);
      this.#cells += stage.taskCount;
      stage.values.set(id, values);
    }
    values[index] = value;
    if (!needsLargest(type)) return;
    const largest = stage.largest.get(id);
    if (largest === undefined) stage.largest.set(id, { value, taskId });
    else if (value > largest.value) {
      largest.value = value;
      largest.taskId = taskId;
    }
  }

  #aggregate(executionId: number, execution: LiveExecution): void {
    const all: Aggregated = { values: new Map(), largest: new Map() };
    for (const stageId of immutableIntOrder([...execution.stageIds], (id) => id)) {
      const stage = this.#stages.get(stageId);
      if (stage !== undefined) addStage(all, stage, execution.types);
    }
    for (const [id, value] of execution.driverUpdates) if (execution.types.has(id)) addDriver(all, id, value);
    const texts = new Map<number, string>();
    for (const [id, parts] of all.values)
      texts.set(id, metricText(execution.types.get(id) ?? 'sum', joined(parts), all.largest.get(id)));
    this.texts.set(executionId, texts);
  }

  #execution(executionId: number): LiveExecution {
    const known = this.#executions.get(executionId);
    if (known !== undefined) return known;
    const execution: LiveExecution = {
      types: new Map(),
      jobs: new Set(),
      stageIds: new Set(),
      driverUpdates: [],
      endEvents: 0,
      ended: false,
    };
    this.#executions.set(executionId, execution);
    return execution;
  }
}

/** Values of an execution's metrics, and the largest of each, by accumulator. */
interface Aggregated {
  readonly values: Map<number, Float64Array[]>;
  readonly largest: Map<number, LargestValue>;
}

function addStage({ values, largest }: Aggregated, stage: StageMetrics, types: ReadonlyMap<number, string>): void {
  for (const [id, cells] of stage.values) if (types.has(id)) values.set(id, [...(values.get(id) ?? []), cells]);
  for (const [id, one] of stage.largest)
    if (one.value > (largest.get(id)?.value ?? Number.NEGATIVE_INFINITY))
      largest.set(id, { ...one, stageId: stage.stageId, attemptId: stage.attemptId });
}

/** A value of the driver that is above those of the tasks is shown as the driver's. */
function addDriver({ values, largest }: Aggregated, id: number, value: number): void {
  const before = values.get(id);
  if (before !== undefined && value > (largest.get(id)?.value ?? Number.POSITIVE_INFINITY)) largest.delete(id);
  values.set(id, [...(before ?? []), Float64Array.of(value)]);
}

/** A copy, which can be sorted. */
function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
