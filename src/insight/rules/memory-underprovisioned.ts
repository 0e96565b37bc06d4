import type { Evidence } from '../../kernel/evidence.ts';
import { labelLog, quoteLogLine } from '../../kernel/log-text.ts';
import { countNoun, formatBytes, formatDuration, formatShare } from '../../kernel/units.ts';
import { heapKey, memorySetting, roundUpMemory, type TaskMemory, taskMemory } from '../facts/executor-memory.ts';
import type { Run } from '../facts/run.ts';
import { stageAddress } from '../facts/stage-facts.ts';
import type { Change } from '../replay/changes.ts';
import { severityOf, taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion, type ThresholdValues } from './rule.ts';
import { taskSavings } from './task-savings.ts';

/** A heap that was too small, in the words of the JVM and of Spark (SparkOutOfMemoryError). Metaspace and native memory are not the heap. */
const HEAP_EXHAUSTED =
  /OutOfMemoryError: (Java heap space|GC overhead limit exceeded|Requested array size)|UNABLE_TO_ACQUIRE_MEMORY|Unable to acquire \d+ bytes of memory/i;

/** Executors and errors that are listed one by one. */
const MAX_LISTED = 3;

const THRESHOLDS = {
  min_used_ratio: {
    value: 0.9,
    min: 0.5,
    max: 1,
    unit: 'ratio',
    meaning: 'highest heap in use over the configured heap',
    source: 'DataFlint: 95 %, yaooqinn: up to 90 % is good; 90 %, because heartbeats miss the peak and GC must agree',
  },
  min_gc_ratio: {
    value: 0.1,
    min: 0.01,
    max: 1,
    unit: 'ratio',
    meaning: 'GC time over run time of the tasks on those executors',
    source: 'same as min_gc_ratio of spark/gc-pressure: a heap full of garbage alone is no sign of need',
  },
  normal_gc_ratio: {
    value: 0.05,
    min: 0,
    max: 1,
    unit: 'ratio',
    meaning: 'GC over run time that is left with enough memory',
    source: 'dr-elephant calls GC low below 5 %',
  },
  headroom: {
    value: 1.25,
    min: 1,
    max: 10,
    unit: '×',
    meaning: 'new heap over the peak',
    source: 'DataFlint adds 20 %; yaooqinn: 70 to 90 % full is good, so 80 %',
  },
  after_exhaustion: {
    value: 2,
    min: 1,
    max: 10,
    unit: '×',
    meaning: 'new heap over the one that was exhausted',
    source: 'an exhausted heap does not tell how much was missing; doubling is the common step',
  },
} as const;
type Limits = ThresholdValues<typeof THRESHOLDS>;

/**
 * Memory under-provisioned: the heap was full and the JVM spent its time collecting it, or tasks died for lack of it.
 *
 * Input: peak of JVMHeapMemory, configured heap, GC and run time of the tasks there; errors of failed attempts. Saving: GC
 * beyond a normal share, and the attempts that died. Without logged peaks only errors count.
 */
export const memoryUnderprovisioned = defineRule({
  id: 'spark/memory-underprovisioned',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => {
    const memories = taskMemory(run);
    const rowsOf = rowsByExecutor(run);
    const full = memories.filter((one) => isFull(run, one, rowsOf.get(one.executor.executorId) ?? [], limits));
    const died = diedOfMemory(run);
    return full.length === 0 && died.length === 0 ? [] : [suspect(run, limits, { memories, rowsOf, full, died })];
  },
});

interface Found {
  readonly memories: readonly TaskMemory[];
  readonly rowsOf: ReadonlyMap<string, readonly number[]>;
  readonly full: readonly TaskMemory[];
  readonly died: readonly number[];
}

function suspect(run: Run, limits: Limits, { memories, rowsOf, full, died }: Found): Suspicion {
  const { tasks, stages } = run.application;
  const rows = full.flatMap((one) => rowsOf.get(one.executor.executorId) ?? []);
  const savings = taskSavings(rows, (row) => gcMs(run, row) - limits.normal_gc_ratio * runMs(run, row));
  const changes: Change[] = died.length === 0 ? [] : [{ kind: 'drop-attempts', rows: died }];
  const diedMs = died.reduce((sum, row) => sum + tasks.durationMs(row), 0);
  const impact = taskImpact(run, savings.totalMs + diedMs);
  const heapBytes = Math.max(0, ...memories.map((one) => one.heapBytes));
  const peakBytes = Math.max(0, ...full.map((one) => one.peakHeapBytes ?? 0));
  const neededBytes = roundUpMemory(
    Math.max(peakBytes * limits.headroom, died.length > 0 ? heapBytes * limits.after_exhaustion : 0),
  );
  const key = heapKey(run);
  const addresses = new Set<string>();
  for (const row of [...died, ...rows.filter((one) => gcMs(run, one) >= limits.min_gc_ratio * runMs(run, one))]) {
    const stage = stages[tasks.columns.stageRow.at(row)];
    if (stage !== undefined) addresses.add(stageAddress(stage));
  }
  return {
    title:
      died.length > 0
        ? `${countNoun(died.length, 'task attempt')} died because the heap of ${formatBytes(heapBytes)} was exhausted`
        : `The heap was full on ${countNoun(full.length, 'executor')}, and tasks there spent ${formatShare(gcShare(run, rows))} of their run time collecting it`,
    severity: severityOf(run, impact) ?? 'info',
    impact,
    confidence: died.length > 0 ? 0.85 : 0.75,
    evidence: [
      ...died.slice(0, MAX_LISTED).map((row) => errorEvidence(run, row)),
      ...full.slice(0, MAX_LISTED).map((one) => heapEvidence(run, one, rowsOf.get(one.executor.executorId) ?? [])),
    ],
    advice: [
      `Set ${key}=${memorySetting(neededBytes)} (now ${memorySetting(heapBytes)}), or lower spark.executor.cores so that fewer tasks share the heap.`,
      'If one task alone needs that much: more partitions, no collect_list or groupByKey over large groups, no large broadcast.',
    ],
    stages: [...addresses],
    ...(savings.changes.length + changes.length > 0 ? { changes: [...changes, ...savings.changes] } : {}),
    ...(neededBytes > heapBytes ? { conf: { [key]: memorySetting(neededBytes) } } : {}),
  };
}

function rowsByExecutor(run: Run): Map<string, number[]> {
  const { tasks } = run.application;
  const rows = new Map<string, number[]>();
  for (let row = 0; row < tasks.count; row++) {
    if (!tasks.hasMetrics(row) || tasks.status(row) !== 'SUCCESS') continue;
    const id = tasks.executorId(row);
    const list = rows.get(id);
    if (list === undefined) rows.set(id, [row]);
    else list.push(row);
  }
  return rows;
}

function runMs(run: Run, row: number): number {
  return Math.max(0, run.application.tasks.columns.executorRunTimeMs.at(row));
}

function gcMs(run: Run, row: number): number {
  return Math.min(runMs(run, row), Math.max(0, run.application.tasks.columns.jvmGcTimeMs.at(row)));
}

function gcShare(run: Run, rows: readonly number[]): number {
  const runTime = rows.reduce((sum, row) => sum + runMs(run, row), 0);
  return runTime > 0 ? rows.reduce((sum, row) => sum + gcMs(run, row), 0) / runTime : 0;
}

function isFull(run: Run, memory: TaskMemory, rows: readonly number[], limits: Limits): boolean {
  if (memory.peakHeapBytes === null || memory.peakHeapBytes < limits.min_used_ratio * memory.heapBytes) return false;
  return gcShare(run, rows) >= limits.min_gc_ratio;
}

/** Attempts that failed with an exhausted heap, by task id. */
function diedOfMemory(run: Run): number[] {
  const { tasks } = run.application;
  const exhausted = new Set(
    tasks.errors.flatMap((text, position) => (HEAP_EXHAUSTED.test(text) ? [position + 1] : [])),
  );
  if (exhausted.size === 0) return [];
  const rows: number[] = [];
  for (let row = 0; row < tasks.count; row++) {
    if (tasks.status(row) === 'FAILED' && exhausted.has(tasks.columns.errorRow.at(row))) rows.push(row);
  }
  return rows.sort((a, b) => tasks.columns.taskId.at(a) - tasks.columns.taskId.at(b));
}

function errorEvidence(run: Run, row: number): Evidence {
  const { tasks, stages } = run.application;
  const stage = stages[tasks.columns.stageRow.at(row)];
  const error = tasks.error(row) ?? '';
  const line = error.split('\n').find((one) => HEAP_EXHAUSTED.test(one)) ?? error;
  return {
    fact: `Task ${tasks.columns.taskId.at(row)} on executor ${labelLog(tasks.executorId(row))}: ${quoteLogLine(line, 200)}.`,
    address: stage === undefined ? 'tasks' : `${stageAddress(stage)}/tasks/${tasks.columns.taskId.at(row)}`,
  };
}

function heapEvidence(run: Run, memory: TaskMemory, rows: readonly number[]): Evidence {
  const gc = rows.reduce((sum, row) => sum + gcMs(run, row), 0);
  return metric(
    `executors/${labelLog(memory.executor.executorId)}`,
    `Peak heap ${formatBytes(memory.peakHeapBytes ?? 0)} of ${formatBytes(memory.heapBytes)}; GC ${formatDuration(gc)} in its tasks, ${formatShare(gcShare(run, rows))} of their run time.`,
    'peak_heap_bytes',
    memory.peakHeapBytes ?? 0,
    'bytes',
  );
}
