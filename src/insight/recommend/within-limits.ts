import { containerBytes, GIB, memorySetting } from '../facts/executor-memory.ts';
import type { AnalysedRun } from './analysed-run.ts';
import type { ConfigurationLimits } from './configuration-limits.ts';
import { amountOf } from './property-value.ts';
import type { LeftOut, ResolvedProperty } from './resolve-property.ts';

/** A property whose value is within the limits. */
export interface BoundedProperty extends ResolvedProperty {
  /** True when a limit took something of it, so that less than the proposals promise is to be expected. */
  readonly cut: boolean;
}

/** Memory is cut to a multiple of this, bytes. */
const MEMORY_STEP = GIB / 2;

/**
 * Cuts raised properties to the limits. One that would not be raised at all then, or is lowered to a need that is still above
 * the limit, is left out: less than the need is no recommendation.
 */
export function withinLimits(
  properties: readonly ResolvedProperty[],
  limits: ConfigurationLimits,
  runs: readonly AnalysedRun[],
): { kept: BoundedProperty[]; leftOut: LeftOut[] } {
  const kept: BoundedProperty[] = [];
  const leftOut: LeftOut[] = [];
  const patched = new Map(properties.map(({ key, value }) => [key, value]));
  for (const property of properties) {
    const amount = amountOf(property.key, property.value);
    const most = mostOf(property.key, limits, runs, patched);
    if (amount === null || most === null || amount <= most) {
      kept.push({ ...property, cut: false });
      continue;
    }
    const now = amountOf(property.key, property.now);
    const value = settingFor(property.key, most, property.value);
    if (most <= 0 || (now !== null && most <= now)) {
      leftOut.push({ key: property.key, value: property.value, reason: `It is above the limit, ${value}.` });
      continue;
    }
    kept.push({
      ...property,
      value,
      cut: true,
      notes: [...property.notes, `Cut from ${property.value} to the limit.`],
    });
  }
  return { kept, leftOut };
}

/** The largest amount that the limits allow of a property; null for no limit. */
function mostOf(
  key: string,
  limits: ConfigurationLimits,
  runs: readonly AnalysedRun[],
  patched: ReadonlyMap<string, string>,
): number | null {
  if (key === 'spark.executor.cores') return limits.maxExecutorCores ?? null;
  if (key === 'spark.cores.max' || key === 'spark.master') return limits.maxCores ?? null;
  if (/^spark\.(executor\.instances|dynamicAllocation\.(max|min|initial)Executors)$/.test(key)) {
    return mostExecutors(limits, coresEach(runs, patched));
  }
  const isMemory = key === 'spark.executor.memory' || key === 'spark.executor.memoryOverhead';
  return isMemory && limits.maxExecutorMemoryGib !== undefined
    ? mostMemory(key, limits.maxExecutorMemoryGib, runs, patched)
    : null;
}

function mostExecutors({ maxExecutors, maxCores }: ConfigurationLimits, each: number): number | null {
  const byCores = maxCores === undefined ? null : Math.floor(maxCores / each);
  if (maxExecutors === undefined || byCores === null) return maxExecutors ?? byCores;
  return Math.min(maxExecutors, byCores);
}

function coresEach(runs: readonly AnalysedRun[], patched: ReadonlyMap<string, string>): number {
  const set = Number(patched.get('spark.executor.cores') ?? Number.NaN);
  if (set >= 1) return set;
  return Math.max(1, ...(runs[0]?.run.workers.map(({ cores }) => cores) ?? []));
}

/** What a container of the limit leaves for the heap, or for the overhead beside the heap. */
function mostMemory(
  key: string,
  limitGib: number,
  runs: readonly AnalysedRun[],
  patched: ReadonlyMap<string, string>,
): number | null {
  const [newest] = runs;
  if (newest === undefined) return null;
  const { application } = newest;
  const spark = { ...application.environment.spark, ...Object.fromEntries(patched) };
  const asPatched = { ...application, environment: { ...application.environment, spark } };
  const heapBytes = amountOf('spark.executor.memory', spark['spark.executor.memory'] ?? '1g') ?? GIB;
  const beside = containerBytes(asPatched, heapBytes) - heapBytes;
  if (key === 'spark.executor.memory') {
    return Math.floor(Math.max(0, limitGib * GIB - beside) / MEMORY_STEP) * MEMORY_STEP;
  }
  const overhead = amountOf(key, spark[key] ?? '0') ?? 0;
  return (
    Math.floor(Math.max(0, limitGib * GIB - heapBytes - beside + overhead) / (MEMORY_STEP / 2)) * (MEMORY_STEP / 2)
  );
}

function settingFor(key: string, amount: number, value: string): string {
  if (/[mM]emory(Overhead)?$/.test(key)) return memorySetting(amount);
  return key === 'spark.master' ? value.replace(/\d+/, String(amount)) : String(amount);
}
