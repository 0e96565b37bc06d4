import type { Evidence } from '../../kernel/evidence.ts';
import { labelLog, quoteLog } from '../../kernel/log-text.ts';
import { countNoun, formatBytes } from '../../kernel/units.ts';
import { isLocalMode } from '../facts/capacity.ts';
import {
  containerBytes,
  MIB,
  memoryIsEnforced,
  memorySetting,
  overheadBytes,
  type TaskMemory,
  taskMemory,
} from '../facts/executor-memory.ts';
import type { Run } from '../facts/run.ts';
import { parseSize } from '../facts/settings.ts';
import { stageAddress } from '../facts/stage-facts.ts';
import { SAYS_SIGKILL } from './exit-code.ts';
import { severityOf, taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion } from './rule.ts';

/** The container and not the heap was too small: texts of YARN's NodeManager and of Kubernetes. */
const OVER_LIMIT = /exceeding (physical |virtual )?memory|beyond the .{0,20}memory limit|OOM-?killed/i;

/** YARN says how much was in use of how much: `5.6 GB of 5.5 GB physical memory used`. */
const USED_OF_LIMIT = /([\d.]+) ?([KMGT])B? of [\d.]+ ?[KMGT]B? physical memory used/i;

/** Room above what was seen in use. Source: DataFlint adds 20 %. */
const HEADROOM = 1.2;

/** Overhead settings are rounded up to this, bytes. */
const STEP_BYTES = 256 * MIB;

const MAX_LISTED = 3;

/**
 * Memory overhead: executors were killed because heap, Python and native memory together were more than their container
 * allows, though the heap alone was not too large.
 *
 * Input: removal reasons that say so; or exit code 137 and a resident memory, measured, close to the limit. Exit code 137
 * alone proves nothing and is spark/executor-loss. Saving: the attempts that died with those executors.
 */
export const memoryOverhead = defineRule({
  id: 'spark/memory-overhead',
  thresholds: {
    min_used_ratio: {
      value: 0.95,
      min: 0.5,
      max: 1,
      unit: 'ratio',
      meaning: 'resident memory of an executor over the limit of its container, for exit code 137 to mean that limit',
      source: 'DataFlint: above 95 % memory is too small; the measured parts peak at different times',
    },
  },
  evaluate: (run, limits) => {
    if (isLocalMode(run.application)) return [];
    const killed = taskMemory(run).filter(
      (one) => one.executor.removeTime !== null && wasOverLimit(run, one, limits.min_used_ratio),
    );
    return killed.length === 0 ? [] : [suspect(run, killed)];
  },
});

function wasOverLimit(run: Run, { executor, heapBytes, peakProcessBytes }: TaskMemory, minRatio: number): boolean {
  const reason = executor.removeReason ?? '';
  if (OVER_LIMIT.test(reason)) return true;
  if (!SAYS_SIGKILL.test(reason) || peakProcessBytes === null || !memoryIsEnforced(run.application)) return false;
  return peakProcessBytes >= minRatio * containerBytes(run.application, heapBytes);
}

function suspect(run: Run, killed: readonly TaskMemory[]): Suspicion {
  const { application } = run;
  const { rows, stages, lostMs } = lostWith(run, new Set(killed.map((one) => one.executor.executorId)));
  const impact = taskImpact(run, lostMs);
  const said = killed.some((one) => OVER_LIMIT.test(one.executor.removeReason ?? ''));
  const heapBytes = Math.max(...killed.map((one) => one.heapBytes));
  const nowBytes = overheadBytes(application, heapBytes);
  const neededBytes = neededOverhead(run, killed, nowBytes);
  return {
    title: `${countNoun(killed.length, 'executor')} ${killed.length === 1 ? 'was' : 'were'} killed for more memory than the container allows`,
    severity: severityOf(run, impact) === 'critical' ? 'critical' : 'warning',
    impact,
    confidence: said ? 0.95 : 0.7,
    evidence: killed.slice(0, MAX_LISTED).flatMap((one) => evidenceOf(run, one)),
    advice: [
      `Set spark.executor.memoryOverhead=${memorySetting(neededBytes)} (now ${memorySetting(nowBytes)}): it is for what is outside the heap: Python workers, shuffle buffers, native libraries.`,
      'Or need less of it: fewer spark.executor.cores (each runs a Python worker), spark.executor.pyspark.memory as a limit for Python, smaller Arrow batches (spark.sql.execution.arrow.maxRecordsPerBatch).',
    ],
    stages,
    ...(rows.length > 0 ? { changes: [{ kind: 'drop-attempts' as const, rows }] } : {}),
    conf: { 'spark.executor.memoryOverhead': memorySetting(neededBytes) },
  };
}

/** What was seen in use and a fifth, less the heap; twice the overhead where nobody said how much that was. */
function neededOverhead(run: Run, killed: readonly TaskMemory[], nowBytes: number): number {
  const seen = killed.map((one) => {
    const usedBytes = Math.max(usedByReason(one) ?? 0, one.peakProcessBytes ?? 0);
    const rest = containerBytes(run.application, one.heapBytes) - nowBytes;
    return usedBytes > 0 ? usedBytes * HEADROOM - rest : nowBytes * 2;
  });
  return Math.ceil(Math.max(nowBytes + 1, ...seen) / STEP_BYTES) * STEP_BYTES;
}

function usedByReason({ executor }: TaskMemory): number | null {
  const match = USED_OF_LIMIT.exec(executor.removeReason ?? '');
  return match === null ? null : parseSize(`${match[1]}${match[2]}`);
}

/** Attempts that failed on executors because they went away. */
function lostWith(run: Run, executorIds: ReadonlySet<string>) {
  const { tasks, stages } = run.application;
  const rows: number[] = [];
  const places = new Set<string>();
  let lostMs = 0;
  for (let row = 0; row < tasks.count; row++) {
    if (tasks.status(row) !== 'FAILED' || !executorIds.has(tasks.executorId(row))) continue;
    if (!/^(ExecutorLostFailure|Resubmitted|resubmitted due to lost executor)/.test(tasks.error(row) ?? '')) continue;
    rows.push(row);
    lostMs += tasks.durationMs(row);
    const stage = stages[tasks.columns.stageRow.at(row)];
    if (stage !== undefined) places.add(stageAddress(stage));
  }
  return { rows, stages: [...places], lostMs };
}

function evidenceOf(run: Run, { executor, heapBytes, peakProcessBytes }: TaskMemory): Evidence[] {
  const address = `executors/${labelLog(executor.executorId)}`;
  const evidence: Evidence[] = [
    {
      fact: `Executor ${labelLog(executor.executorId)} was removed: ${quoteLog(executor.removeReason ?? 'no reason logged', 300)}.`,
      address,
    },
  ];
  if (peakProcessBytes !== null) {
    evidence.push(
      metric(
        address,
        `Its processes held up to ${formatBytes(peakProcessBytes)}; the container allows ${formatBytes(containerBytes(run.application, heapBytes))}.`,
        'peak_process_bytes',
        peakProcessBytes,
        'bytes',
      ),
    );
  }
  return evidence;
}
