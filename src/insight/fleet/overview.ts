import { medianSorted } from 'simple-statistics';
import type { Severity } from '../../kernel/finding.ts';
import { type Money, moneyOf } from '../cost/cost.ts';
import type { PriceTable } from '../cost/prices.ts';
import type { MachineGroup } from '../history/run-measures.ts';
import type { RunRecord } from '../history/run-record.ts';

const MS_PER_HOUR = 3_600_000;

/** What runs took and what of it was for nothing. `wastedCoreHours` is an upper bound, not a saving. */
export interface FleetUse {
  readonly runCount: number;
  readonly failedCount: number;
  readonly coreHours: number;
  readonly memoryGibHours: number;
  readonly wastedCoreHours: number;
  /** Null without prices. */
  readonly money: Money | null;
  readonly wastedMoney: Money | null;
}

/** All runs of one logical application. Times epoch ms; null where no run tells. */
export interface FleetApplication extends FleetUse {
  readonly logicalKey: string;
  readonly lastStartMs: number | null;
  readonly medianDurationMs: number | null;
  /** The rule that costs it most over all runs; null where nothing was found. */
  readonly worst: Offender | null;
}

/** One problem over the runs of one logical application, by absolute size. */
export interface Offender {
  readonly logicalKey: string;
  readonly rule: string;
  readonly severity: Severity;
  /** Of its gravest run. */
  readonly title: string;
  readonly appId: string;
  readonly runCount: number;
  /** Sums over its runs. */
  readonly seconds: number;
  readonly coreHours: number;
}

/** Every application of a source: what it costs, what it wastes, what fails, and what to mend first. */
export interface FleetOverview {
  readonly total: FleetUse;
  /** Most core-hours first. */
  readonly applications: readonly FleetApplication[];
  /** Most core-hours first, then seconds: a fleet ranks by absolute size. */
  readonly offenders: readonly Offender[];
}

const RANK: Readonly<Record<Severity, number>> = { critical: 2, warning: 1, info: 0 };

/** Adds up runs by logical application. Pure; independent of their order. `prices` null: no money. */
export function fleetOverview(records: readonly RunRecord[], prices: PriceTable | null): FleetOverview {
  const groups = Map.groupBy(records, ({ logicalKey }) => logicalKey);
  const offenders = [...groups.values()].flatMap(offendersOf).sort(bySize);
  const worst = new Map<string, Offender>();
  for (const offender of offenders) if (!worst.has(offender.logicalKey)) worst.set(offender.logicalKey, offender);
  const applications = [...groups].map(([logicalKey, runs]): FleetApplication => {
    const durations = runs.flatMap(({ durationMs }) => durationMs ?? []).sort((a, b) => a - b);
    const starts = runs.flatMap(({ startMs }) => startMs ?? []);
    return {
      ...useOf(runs, prices),
      logicalKey,
      lastStartMs: starts.length === 0 ? null : starts.reduce((a, b) => Math.max(a, b)),
      medianDurationMs: durations.length === 0 ? null : medianSorted(durations),
      worst: worst.get(logicalKey) ?? null,
    };
  });
  applications.sort(
    (a, b) => b.coreHours - a.coreHours || b.runCount - a.runCount || (a.logicalKey < b.logicalKey ? -1 : 1),
  );
  return { total: useOf(records, prices), applications, offenders };
}

function useOf(runs: readonly RunRecord[], prices: PriceTable | null): FleetUse {
  const machines = runs.flatMap((run) => run.machines);
  const executors = machines.filter(({ id }) => id === 'executors');
  const hours = (of: (machine: MachineGroup) => number) => machines.reduce((total, one) => total + of(one), 0);
  const offered = runs.reduce((total, { measures }) => total + measures.coreMs, 0);
  const wasted = runs.reduce((total, { measures }) => total + measures.wastedCoreMs, 0);
  // In local mode the driver is the executor: its machine is the only one that waste can be of.
  const paid = prices === null ? null : moneyOf({ machines: executors.length > 0 ? executors : machines }, prices);
  return {
    runCount: runs.length,
    failedCount: runs.filter(({ status }) => status === 'FAILED').length,
    coreHours: hours((one) => one.cores * one.hours),
    memoryGibHours: hours((one) => one.memoryGib * one.hours),
    wastedCoreHours: wasted / MS_PER_HOUR,
    money: prices === null ? null : moneyOf({ machines }, prices),
    wastedMoney: paid === null ? null : { ...paid, amount: offered > 0 ? (paid.amount * wasted) / offered : 0 },
  };
}

/**
 * The findings of one application's runs, added up by rule: a problem of every night is one problem. Of several findings of
 * one rule in one run the largest counts: what they save together is not their sum.
 */
function offendersOf(runs: readonly RunRecord[]): Offender[] {
  const lines = runs.flatMap((run) =>
    [...Map.groupBy(run.findings, ({ rule }) => rule).values()].flatMap((found) => {
      const [first] = found;
      return first === undefined ? [] : [{ run, finding: found.reduce((a, b) => (isLarger(b, a) ? b : a), first) }];
    }),
  );
  return [...Map.groupBy(lines, ({ finding }) => finding.rule).values()].flatMap((found) => {
    const [first] = found;
    if (first === undefined) return [];
    const gravest = found.reduce((a, b) => (isGraver(b, a) ? b : a), first);
    return {
      logicalKey: gravest.run.logicalKey,
      rule: gravest.finding.rule,
      severity: gravest.finding.severity,
      title: gravest.finding.title,
      appId: gravest.run.appId,
      runCount: new Set(found.map(({ run }) => `${run.appId} ${run.attemptId ?? ''}`)).size,
      seconds: found.reduce((sum, { finding }) => sum + finding.seconds, 0),
      coreHours: found.reduce((sum, { finding }) => sum + (finding.coreHours ?? 0), 0),
    };
  });
}

function isLarger(a: Found['finding'], b: Found['finding']): boolean {
  const larger = (a.coreHours ?? 0) - (b.coreHours ?? 0) || a.seconds - b.seconds;
  return larger > 0 || (larger === 0 && RANK[a.severity] > RANK[b.severity]);
}

type Found = { readonly run: RunRecord; readonly finding: RunRecord['findings'][number] };

function isGraver(a: Found, b: Found): boolean {
  const grave = RANK[a.finding.severity] - RANK[b.finding.severity] || a.finding.seconds - b.finding.seconds;
  return grave > 0 || (grave === 0 && a.run.appId < b.run.appId);
}

function bySize(a: Offender, b: Offender): number {
  return (
    b.coreHours - a.coreHours ||
    b.seconds - a.seconds ||
    RANK[b.severity] - RANK[a.severity] ||
    (`${a.logicalKey} ${a.rule}` < `${b.logicalKey} ${b.rule}` ? -1 : 1)
  );
}
