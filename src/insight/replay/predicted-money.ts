import { type Money, moneyOf } from '../cost/cost.ts';
import type { PriceTable } from '../cost/prices.ts';
import { type MachineUse, resourceUseOf } from '../cost/resource-use.ts';
import { containerBytes } from '../facts/executor-memory.ts';
import type { Run } from '../facts/run.ts';
import type { Change } from './changes.ts';
import type { Prediction } from './prediction.ts';

const MS_PER_HOUR = 3_600_000;
const GIB = 1024 ** 3;

/** Executors of a prediction, as far as they differ from the run's. */
export interface PredictedShape {
  readonly executors: Extract<Change, { kind: 'executors' }> | null;
  /** Heap of each, bytes. */
  readonly memoryBytes: number | null;
}

/** What a run cost by a price table; null without one. */
export function moneyOfRun(run: Run, prices: PriceTable | null): Money | null {
  return prices === null ? null : moneyOf(resourceUseOf(run), prices);
}

/** What a prediction costs: the driver for its wall time, the executors for their core time. Null without a price table. */
export function moneyOfPrediction(
  run: Run,
  predicted: Prediction,
  shape: PredictedShape,
  prices: PriceTable | null,
): Money | null {
  if (prices === null) return null;
  const { machines } = resourceUseOf(run);
  const driver = machines.find((machine) => machine.id === 'driver');
  const executors = machines.filter((machine) => machine !== driver || machines.length === 1);
  const alone = machines.length === 1;
  const driverMachines = driver === undefined || alone ? [] : [{ ...driver, hours: predicted.wallMs / MS_PER_HOUR }];
  return moneyOf({ machines: [...driverMachines, ...predictedExecutors(run, executors, predicted, shape)] }, prices);
}

function predictedExecutors(
  run: Run,
  executors: readonly MachineUse[],
  predicted: Prediction,
  shape: PredictedShape,
): MachineUse[] {
  const memoryOf = (machine: MachineUse): number =>
    shape.memoryBytes === null ? machine.memoryGib : containerBytes(run.application, shape.memoryBytes) / GIB;
  if (shape.executors === null) {
    const share = run.coreMs > 0 ? predicted.coreMs / run.coreMs : 0;
    return executors.map((machine) => ({ ...machine, memoryGib: memoryOf(machine), hours: machine.hours * share }));
  }
  const [first] = executors;
  const { count, coresEach } = shape.executors;
  if (first === undefined || !(count * coresEach > 0)) return [];
  const hours = predicted.coreMs / (count * coresEach) / MS_PER_HOUR;
  return Array.from({ length: count }, (_, at) => ({
    ...{ id: String(at + 1), cores: coresEach, memoryGib: memoryOf(first), hours },
  }));
}
