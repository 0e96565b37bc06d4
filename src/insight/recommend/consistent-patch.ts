import { isLocalMode } from '../facts/capacity.ts';
import type { AnalysedRun } from './analysed-run.ts';
import { amountOf } from './property-value.ts';
import { type LeftOut, type ResolvedProperty, rulesOf } from './resolve-property.ts';

/**
 * Leaves out properties that do not go together with others of the same patch or with how the application runs: fewer
 * partitions beside adaptive execution, a number of executors beside dynamic allocation, speculation that is off or in local
 * mode, cores of an executor without the heap that belongs to them.
 */
export function consistentPatch(
  properties: readonly ResolvedProperty[],
  runs: readonly AnalysedRun[],
): { kept: ResolvedProperty[]; leftOut: LeftOut[] } {
  const local = runs.every(({ application }) => isLocalMode(application));
  const byKey = new Map(properties.map((property) => [property.key, property]));
  const leftOut: LeftOut[] = [];
  const kept = properties.filter((property) => {
    const reason = reasonAgainst(property, byKey, local);
    if (reason !== null) leftOut.push({ key: property.key, value: property.value, reason });
    return reason === null;
  });
  return { kept, leftOut };
}

function reasonAgainst(
  { key, now, value, proposals }: ResolvedProperty,
  patch: ReadonlyMap<string, ResolvedProperty>,
  local: boolean,
): string | null {
  const valueFor = (other: string): string | null => patch.get(other)?.value ?? null;
  if (local && key.startsWith('spark.speculation')) return 'Spark starts no speculative copies in local mode.';
  const fewer = (amountOf(key, value) ?? 0) < (amountOf(key, now) ?? 0);
  if (key === 'spark.sql.shuffle.partitions' && fewer && valueFor('spark.sql.adaptive.enabled') === 'true') {
    return 'spark.sql.adaptive.enabled=true merges small partitions, and keeps them apart where there is more data.';
  }
  if (key === 'spark.executor.instances' && valueFor('spark.dynamicAllocation.enabled') === 'true') {
    return 'With spark.dynamicAllocation.enabled=true it would be the number at the start and the least.';
  }
  if (key.startsWith('spark.speculation.') && valueFor('spark.speculation') === 'false') {
    return 'spark.speculation=false makes it void.';
  }
  const heap = patch.get('spark.executor.memory');
  if (key === 'spark.executor.cores' && heap !== undefined && rulesOf(heap.proposals) !== rulesOf(proposals)) {
    return `${rulesOf(heap.proposals)} sizes the heap for the cores that executors have now: one change at a time.`;
  }
  const most = valueFor('spark.dynamicAllocation.maxExecutors');
  if (key === 'spark.dynamicAllocation.minExecutors' && most !== null && (amountOf(key, value) ?? 0) > Number(most)) {
    return `spark.dynamicAllocation.maxExecutors=${most} is less.`;
  }
  return null;
}
