import { labelLog } from '../../kernel/log-text.ts';
import { formatBytes, formatDuration, formatShare } from '../../kernel/units.ts';
import { isLocalMode } from '../facts/capacity.ts';
import { GIB, memorySetting, roundUpMemory, type TaskMemory, taskMemory } from '../facts/executor-memory.ts';
import type { Run } from '../facts/run.ts';
import { settingOf } from '../facts/settings.ts';
import { noTime, taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion, type ThresholdValues } from './rule.ts';

/** Heaps from which the JVM needs 8 bytes for a reference, and up to which that costs more than the extra heap gives. Source: HotSpot, compressed ordinary object pointers. */
const WIDE_REFERENCES_BYTES = 32 * GIB;
const WIDE_REFERENCES_PAY_BYTES = 48 * GIB;

/** Collectors and options with which 32 GiB is no border. */
const NO_BORDER = /UseZGC|UseShenandoahGC|ObjectAlignmentInBytes/;

const THRESHOLDS = {
  max_cores: {
    value: 8,
    min: 1,
    max: 1024,
    unit: 'cores',
    meaning: 'cores of one executor from which its collections are blamed on its width',
    source: 'dr-elephant: more than 4 cores low, 6 moderate, 8 severe, 10 critical',
  },
  min_gc_ratio: {
    value: 0.1,
    min: 0.01,
    max: 1,
    unit: 'ratio',
    meaning: 'GC time over executor run time that shows that the shape does harm',
    source: 'same as min_gc_ratio of spark/gc-pressure',
  },
  min_gib_per_core: {
    value: 1,
    min: 0.1,
    max: 64,
    unit: 'GiB',
    meaning: 'heap per task slot below which GC or spill is blamed on the shape',
    source:
      'RAPIDS: 2 GiB of heap a core; yaooqinn: below 4 is too little; half of the least, since the rest depends on the work',
  },
  cores_each: {
    value: 4,
    min: 1,
    max: 64,
    unit: 'cores',
    meaning: 'cores of an executor that is cut to size',
    source: 'dr-elephant: up to 4 cores are no finding',
  },
} as const;
type Limits = ThresholdValues<typeof THRESHOLDS>;

/**
 * Executor shape: cores and heap of an executor do not fit each other, and the run shows it by GC or spill; or its heap lies
 * just above 32 GiB, where it holds less than below.
 *
 * Input: cores, configured heap, GC and spill of the run. A note: the same work on executors of another shape takes the same
 * time in a replay, so there is no change; the impact is the GC time that was seen. Shape alone, without harm, is nothing.
 */
export const executorShape = defineRule({
  id: 'spark/executor-shape',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => {
    if (isLocalMode(run.application)) return [];
    const widest = taskMemory(run)
      .filter((one) => one.executor.totalCores > 0)
      .reduce<TaskMemory | null>(
        (most, one) => (one.executor.totalCores > (most?.executor.totalCores ?? 0) ? one : most),
        null,
      );
    if (widest === null) return [];
    const suspicion = tooNarrow(run, widest, limits) ?? tooWide(run, widest, limits) ?? wideReferences(run, widest);
    return suspicion === null ? [] : [suspicion];
  },
});

function gcShare({ totals }: Run): number {
  return totals.executorRunTimeMs > 0 ? totals.jvmGcTimeMs / totals.executorRunTimeMs : 0;
}

/** Less memory for each core than tasks need. */
function tooNarrow(run: Run, { executor, heapBytes }: TaskMemory, limits: Limits): Suspicion | null {
  const slots = Math.max(1, Math.floor(executor.totalCores / run.coresPerTask));
  const perSlot = heapBytes / slots;
  const harmed = gcShare(run) >= limits.min_gc_ratio || run.totals.diskSpilledBytes > 0;
  if (slots < 2 || perSlot >= limits.min_gib_per_core * GIB || !harmed) return null;
  const neededBytes = roundUpMemory(slots * limits.min_gib_per_core * GIB);
  return {
    ...noteOn(run),
    title: `${slots} tasks share a heap of ${formatBytes(heapBytes)}: ${formatBytes(perSlot)} each`,
    evidence: [
      metric(
        `executors/${labelLog(executor.executorId)}`,
        `${executor.totalCores} cores and ${formatBytes(heapBytes)} of heap; ${harmOf(run)}.`,
        'heap_bytes_per_slot',
        Math.round(perSlot),
        'bytes',
      ),
    ],
    advice: [
      `Give each executor at least ${memorySetting(neededBytes)} (spark.executor.memory), or fewer cores of its memory (spark.executor.cores).`,
    ],
    conf: { 'spark.executor.memory': memorySetting(neededBytes) },
  };
}

/** So many cores that their garbage is too much for one collector. */
function tooWide(run: Run, { executor, heapBytes }: TaskMemory, limits: Limits): Suspicion | null {
  if (executor.totalCores < limits.max_cores || executor.totalCores < 2 * limits.cores_each) return null;
  if (gcShare(run) < limits.min_gc_ratio) return null;
  const neededBytes = roundUpMemory((heapBytes / executor.totalCores) * limits.cores_each);
  const times = (executor.totalCores / limits.cores_each).toFixed(1).replace('.0', '');
  return {
    ...noteOn(run),
    title: `Executors of ${executor.totalCores} cores spend ${formatShare(gcShare(run))} of the run time collecting garbage`,
    evidence: [
      metric(
        `executors/${labelLog(executor.executorId)}`,
        `${executor.totalCores} cores and ${formatBytes(heapBytes)} of heap in one JVM; ${harmOf(run)}.`,
        'executor_cores',
        executor.totalCores,
        'cores',
      ),
    ],
    advice: [
      `Cut them: spark.executor.cores=${limits.cores_each} with spark.executor.memory=${memorySetting(neededBytes)}, and ${times} times as many executors: as many cores and as much memory in all, in smaller heaps.`,
    ],
    conf: { 'spark.executor.cores': String(limits.cores_each), 'spark.executor.memory': memorySetting(neededBytes) },
  };
}

function wideReferences(run: Run, { executor, heapBytes }: TaskMemory): Suspicion | null {
  if (heapBytes < WIDE_REFERENCES_BYTES || heapBytes >= WIDE_REFERENCES_PAY_BYTES) return null;
  const options = `${settingOf(run, 'spark.executor.extraJavaOptions') ?? ''} ${settingOf(run, 'spark.executor.defaultJavaOptions') ?? ''}`;
  if (NO_BORDER.test(options)) return null;
  return {
    ...noteOn(run),
    impact: { ...noTime(), basis: 'observed' },
    title: `A heap of ${formatBytes(heapBytes)} holds less than one of 31 GiB`,
    evidence: [
      metric(
        `executors/${labelLog(executor.executorId)}`,
        'From 32 GiB on the JVM needs 8 bytes for each reference in place of 4, which takes more than the heap gained up to about 48 GiB.',
        'heap_bytes',
        heapBytes,
        'bytes',
      ),
    ],
    advice: ['Set spark.executor.memory=31g, or more than 48g.'],
    conf: { 'spark.executor.memory': '31g' },
  };
}

function harmOf({ totals }: Run): string {
  const parts = [`GC ${formatDuration(totals.jvmGcTimeMs)} of ${formatDuration(totals.executorRunTimeMs)} run time`];
  if (totals.diskSpilledBytes > 0) parts.push(`${formatBytes(totals.diskSpilledBytes)} spilled to disk`);
  return parts.join(', ');
}

function noteOn(run: Run) {
  return {
    severity: 'info' as const,
    impact: taskImpact(run, run.totals.jvmGcTimeMs),
    confidence: 0.6,
    stages: [],
  };
}
