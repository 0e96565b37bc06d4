import { labelLog } from '../../kernel/log-text.ts';
import { countNoun, formatBytes, formatDuration, formatShare } from '../../kernel/units.ts';
import { GIB, heapKey, memorySetting, roundUpMemory, type TaskMemory, taskMemory } from '../facts/executor-memory.ts';
import { noTime } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';

/** Room above the peak. Source: DataFlint, 20 %. */
const HEADROOM = 1.2;

/** Unused memory from which it is a warning, byte-ms: a GiB for an hour. */
const WARNING_BYTE_MS = GIB * 3_600_000;

/** Part of the executors whose peak must be known: of an unknown one nobody can say that it needed less. */
const MIN_KNOWN_SHARE = 0.8;

/**
 * Memory over-provisioned: the heap was never more than half full, on no executor and at no heartbeat, garbage included.
 *
 * Input: configured heap, peak of JVMHeapMemory, lifetimes. It saves memory, not time: there is no change to replay, and the
 * impact counts no seconds; the unused GiB-hours are in the evidence. Silent where peaks were not logged, where anything
 * spilled or much GC ran, and for a heap of up to the default size. A little GC alone is no sign of it.
 */
export const memoryOverprovisioned = defineRule({
  id: 'spark/memory-overprovisioned',
  thresholds: {
    max_used_ratio: {
      value: 0.5,
      min: 0.05,
      max: 0.95,
      unit: 'ratio',
      meaning: 'highest heap in use over the configured heap',
      source:
        'DataFlint: below 70 %, yaooqinn: 70 to 90 % is good; half, because heartbeats sample the peak every 10 s and a smaller step is not worth a change',
    },
    min_heap_gib: {
      value: 2,
      min: 1,
      max: 1024,
      unit: 'GiB',
      meaning: 'configured heap',
      source: 'the default is 1 GiB, and nothing smaller is worth the risk',
    },
    min_life_ms: {
      value: 30_000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'lifetime of an executor whose peak counts',
      source: 'three heartbeats (spark.executor.heartbeatInterval, 10 s)',
    },
    max_gc_ratio: {
      value: 0.05,
      min: 0,
      max: 1,
      unit: 'ratio',
      meaning: 'GC time over executor run time, from which the heap is not called too large',
      source: 'dr-elephant calls GC low below 5 %',
    },
  },
  evaluate: (run, limits) => {
    const { totals } = run;
    if (totals.memorySpilledBytes > 0 || totals.diskSpilledBytes > 0) return [];
    if (totals.jvmGcTimeMs > limits.max_gc_ratio * totals.executorRunTimeMs) return [];
    const lived = taskMemory(run).filter((one) => one.lifeMs >= limits.min_life_ms);
    const known = lived.filter((one) => one.peakHeapBytes !== null);
    const largest = largestOf(known);
    if (largest === null || known.length < MIN_KNOWN_SHARE * lived.length) return [];
    const heapBytes = Math.min(...lived.map((one) => one.heapBytes));
    const peakBytes = largest.peakHeapBytes ?? 0;
    if (heapBytes < limits.min_heap_gib * GIB || peakBytes > limits.max_used_ratio * heapBytes) return [];
    const neededBytes = Math.max(GIB, roundUpMemory(peakBytes * HEADROOM));
    if (neededBytes >= heapBytes) return [];
    const unusedByteMs = lived.reduce((sum, one) => sum + Math.max(0, one.heapBytes - neededBytes) * one.lifeMs, 0);
    const key = heapKey(run);
    return [
      {
        title: `At most ${formatShare(peakBytes / heapBytes)} of the heap was ever in use: ${formatBytes(peakBytes)} of ${formatBytes(heapBytes)}`,
        severity: unusedByteMs >= WARNING_BYTE_MS ? 'warning' : 'info',
        impact: { ...noTime(), basis: 'observed' },
        confidence: 0.7,
        evidence: [
          metric(
            `executors/${labelLog(largest.executor.executorId)}`,
            `Largest peak of ${countNoun(known.length, 'executor')}: ${formatBytes(peakBytes)} of ${formatBytes(largest.heapBytes)} heap.`,
            'peak_heap_bytes',
            peakBytes,
            'bytes',
          ),
          metric(
            'executors',
            `With ${memorySetting(neededBytes)} they would have held ${(unusedByteMs / WARNING_BYTE_MS).toFixed(2)} GiB-hours less in ${formatDuration(run.wallMs)}. That saves memory and its price, not time.`,
            'unused_gib_hours',
            Number((unusedByteMs / WARNING_BYTE_MS).toFixed(4)),
            'GiB-hours',
          ),
        ],
        advice: [
          `Set ${key}=${memorySetting(neededBytes)} (peak and 20 %), and see that GC stays below 5 % with the next largest input.`,
          'Where only memory is paid by the node, put more cores on it instead: spark.executor.cores up, spark.executor.instances down.',
        ],
        stages: [],
        conf: { [key]: memorySetting(neededBytes) },
      },
    ];
  },
});

function largestOf(memories: readonly TaskMemory[]): TaskMemory | null {
  return memories.reduce<TaskMemory | null>(
    (largest, one) => ((one.peakHeapBytes ?? 0) > (largest?.peakHeapBytes ?? 0) ? one : largest),
    null,
  );
}
