import type { Run } from '../facts/run.ts';
import type { HourPrice, PriceTable } from './prices.ts';
import { type MachineUse, type ResourceUse, resourceUseOf } from './resource-use.ts';

/** An amount of money, with what it was worked out from. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
  /** Id and date of the price table, e.g. `aws-emr-serverless/x86 as of 2026-04-30`. */
  readonly prices: string;
}

/** What a run used of its cluster and what of that was for nothing. Money is null without a price table. */
export interface RunCost {
  readonly use: ResourceUse;
  readonly money: Money | null;
  /**
   * Upper bounds, not savings: executor core-hours without a task, and those of attempts that failed or were killed. A run
   * that were packed perfectly would not need them; none is.
   */
  readonly wasted: {
    readonly coreHours: number;
    readonly share: number;
    readonly money: Money | null;
  };
  readonly gaps: readonly string[];
}

/** What a cost is worked out from, whatever the prices are. */
export interface CostBasis {
  readonly use: ResourceUse;
  /** Core-ms that the executors offered, and where they went. */
  readonly coreMs: number;
  readonly split: Run['split'];
}

/** The cost basis of a run. It does not hold on to the run. */
export function costBasis(run: Run): CostBasis {
  return { use: resourceUseOf(run), coreMs: run.coreMs, split: run.split };
}

/** What a run cost and wasted. `prices` null: core-hours and memory-hours only. */
export function runCost({ use, coreMs, split }: CostBasis, prices: PriceTable | null): RunCost {
  const money = prices === null ? null : moneyOf(use, prices);
  const { idle, noJob, failedAttempts } = split;
  const wastedMs = coreMs > 0 ? Math.min(coreMs, idle + noJob + failedAttempts) : 0;
  const share = coreMs > 0 ? wastedMs / coreMs : 0;
  const executors = prices === null ? null : moneyOf({ ...use, machines: use.machines.filter(isExecutor) }, prices);
  return {
    use,
    money,
    wasted: {
      coreHours: wastedMs / 3.6e6,
      share,
      money: executors === null ? null : { ...executors, amount: executors.amount * share },
    },
    gaps: coreMs > 0 ? use.gaps : [...use.gaps, 'The log does not tell the executors: waste is unknown.'],
  };
}

/** What resources cost by a price table: every machine for its time, by each of the table's prices. */
export function moneyOf(use: Pick<ResourceUse, 'machines'>, table: PriceTable): Money {
  const amount = use.machines.reduce(
    (total, machine) => total + table.prices.reduce((sum, price) => sum + machineCost(machine, price), 0),
    0,
  );
  return { amount, currency: table.currency, prices: `${table.id} as of ${table.asOf}` };
}

/** What core-hours of this run's executors cost on average: for savings, which have no machine of their own. Null where the run has none. */
export function moneyForCoreHours(cost: RunCost, coreHours: number): Money | null {
  if (cost.money === null || !(cost.use.coreHours > 0)) return null;
  return { ...cost.money, amount: (cost.money.amount * coreHours) / cost.use.coreHours };
}

function machineCost({ cores, memoryGib, hours }: MachineUse, price: HourPrice): number {
  if (price.by === 'resources') return hours * (cores * price.perCoreHour + memoryGib * price.perGibHour);
  return hours * Math.max(cores / price.cores, memoryGib / price.memoryGib) * price.perUnitHour;
}

/** The driver is the one machine that is not an executor; in local mode it is both and counts as one. */
function isExecutor(machine: MachineUse, _index: number, machines: readonly MachineUse[]): boolean {
  return machine.id !== 'driver' || machines.length === 1;
}
