import { formatBytes, formatCount, formatDuration } from '../../kernel/units.ts';
import { rowsInto } from '../facts/join-sides.ts';
import { fragmentOf } from '../facts/plan-fragments.ts';
import { metricOf, type PlanSite, rowsOut, siteAddress, sitesNamed } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import { describeSetting, parseSize, settingOf } from '../facts/settings.ts';
import { stagesOfExecution } from '../facts/sql-stages.ts';
import type { Change } from '../replay/changes.ts';
import { bySubject, type PlanObservation } from './by-subject.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const MIB = 1024 ** 2;

const THRESHOLDS = {
  min_bytes: {
    value: 64 * MIB,
    min: 1,
    max: 1e12,
    unit: 'bytes',
    meaning: 'size in memory of a table that was broadcast',
    source:
      'six times spark.sql.autoBroadcastJoinThreshold (10 MB), as a hashed table is larger than its rows; DataFlint: 1 GB, more than the heap of a default driver',
  },
  min_share_of_other: {
    value: 0.1,
    min: 0,
    max: 1e6,
    unit: 'share',
    meaning: 'rows of the table over those of the side that it meets: a broadcast to very many rows pays',
    source: 'DataFlint allows 1 GB beside 300 GB and more',
  },
  always_bytes: {
    value: 1024 * MIB,
    min: 1,
    max: 1e12,
    unit: 'bytes',
    meaning: 'size from which a broadcast is a risk whatever it meets',
    source: 'DataFlint: 1 GB; Spark stops at 8 GB',
  },
} as const;

/**
 * Large broadcast: the driver collected, hashed and sent out a table that is too large for it.
 *
 * Input: size of the broadcast and the times to collect, build and send it. Change: the time of the driver alone, less what a
 * shuffle of both sides takes on all slots; where the other side is smaller still, that one is broadcast and nothing is shuffled.
 */
export const largeBroadcast = defineRule({
  id: 'spark/large-broadcast',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    bySubject(
      run,
      sitesNamed(run.application.sqlExecutions, /^BroadcastExchange$/).flatMap(
        (site) => observe(run, site, limits) ?? [],
      ),
    ),
});

/** Core time that shuffling and sorting one row of a join takes, ms. Measured with Spark 4.3: 2 to 8 µs for rows of 20 to 100 bytes. */
const SHUFFLE_MS_PER_ROW = 0.002;

function observe(run: Run, site: PlanSite, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const bytes = metricOf(site, 'data size');
  if (bytes === null || bytes < limits.min_bytes) return null;
  const rows = rowsOut(site) ?? 0;
  const other = otherRows(site);
  if (bytes < limits.always_bytes && other !== null && rows < limits.min_share_of_other * other) return null;
  const driverMs = driverTime(run, site);
  const swap = other !== null && other < rows;
  const shuffleMs = swap
    ? 0
    : (SHUFFLE_MS_PER_ROW * (rows + (other ?? 0))) / Math.max(1, run.peakCores / run.coresPerTask);
  const savedMs = Math.max(0, driverMs - shuffleMs);
  const stages = fragmentOf(run, site)?.stages ?? [];
  return {
    subject: site.node.simpleString.slice(0, 200).replace(/(#\d+L?)|plan_id=\d+/g, ''),
    coveredMs: driverMs,
    title: `${formatBytes(bytes)} were broadcast${other === null ? '' : ` to meet ${formatCount(other)} rows`}`,
    confidence: other === null ? 0.5 : 0.65,
    evidence: [
      metric(
        siteAddress(site),
        `${formatCount(rows)} rows, ${formatBytes(bytes)} as a hashed table, held by the driver and by every executor.`,
        'broadcast_bytes',
        bytes,
        'bytes',
      ),
      metric(
        siteAddress(site),
        `Collecting took ${formatDuration(metricOf(site, 'time to collect') ?? 0)}, building ${formatDuration(metricOf(site, 'time to build') ?? 0)}, sending ${formatDuration(metricOf(site, 'time to broadcast') ?? 0)}; ${formatDuration(driverMs)} of it in the driver alone.`,
        'driver_time_ms',
        driverMs,
        'ms',
      ),
    ],
    ...remedies(run, site, swap),
    ...driverChange(run, site, savedMs),
    stages,
  };
}

/** Rows of the side that a broadcast meets. */
function otherRows(site: PlanSite): number | null {
  let below = site;
  for (let at = site.parent; at !== null; at = at.parent) {
    if (at.children.length === 2) return rowsInto(at.children.find((child) => child !== below));
    below = at;
  }
  return null;
}

/** Building, sending, and the part of collecting in which no task ran, ms. */
function driverTime(run: Run, site: PlanSite): number {
  const stages = fragmentOf(run, site)?.stages ?? [];
  const inTasks = stages.reduce((sum, facts) => sum + facts.wallMs, 0);
  const collect = metricOf(site, 'time to collect') ?? 0;
  return (
    (metricOf(site, 'time to build') ?? 0) + (metricOf(site, 'time to broadcast') ?? 0) + Math.max(0, collect - inTasks)
  );
}

/** The driver works between the end of the collecting stage and the next stage of the execution. */
function driverChange(run: Run, site: PlanSite, savedMs: number): { readonly changes?: readonly Change[] } {
  const collected = fragmentOf(run, site)?.stages.at(-1)?.span;
  if (collected === undefined || collected === null || !(savedMs > 0)) return {};
  const next = stagesOfExecution(run, site.execution.executionId)
    .map((facts) => facts.span?.start ?? 0)
    .filter((start) => start >= collected.end);
  const to = next.length > 0 ? Math.min(...next) : (site.execution.completionTime ?? collected.end);
  return to > collected.end
    ? {
        changes: [
          { kind: 'save-driver-time', from: collected.end, to, savedMs: Math.min(savedMs, to - collected.end) },
        ],
      }
    : {};
}

const STATIC = 'spark.sql.autoBroadcastJoinThreshold';

function remedies(run: Run, site: PlanSite, swap: boolean): Pick<PlanObservation, 'advice' | 'conf'> {
  const set = parseSize(settingOf(run, STATIC, site.execution));
  const raised = set !== null && set > 10 * MIB;
  const advice = [
    swap
      ? 'Broadcast the other side, which is smaller: move the BROADCAST hint, or drop it.'
      : 'Drop the BROADCAST hint, or replace it by MERGE: SELECT /*+ MERGE(t) */ …',
    'Filter and select columns before the join where the table must be broadcast.',
  ];
  if (!raised) return { advice };
  return {
    advice: [`Set ${STATIC}=10m (${describeSetting(run, STATIC, '10 MB', site.execution)}).`, ...advice],
    conf: { [STATIC]: '10m' },
  };
}
