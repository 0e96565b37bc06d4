import type { Recording } from './recording.ts';

/** A predicted run laid beside the recorded one, piece by piece: driver, jobs, driver, jobs, …, driver. */
export interface Timeline {
  readonly wallMs: number;
  /** Where a time of the recorded run (ms since the epoch) is in the predicted one, ms after its start. Cost: binary search. */
  at(time: number): number;
}

/** Lays groups of these lengths and the driver time between them end to end. `savedBefore` is of the driver time before each group. */
export function timelineOf(recording: Recording, lengths: readonly number[], savedBefore: Float64Array): Timeline {
  const { run, groups } = recording;
  const start = run.window?.start ?? 0;
  const recorded = new Float64Array(2 * groups.length + 2);
  const predicted = new Float64Array(2 * groups.length + 2);
  let piece = 0;
  const add = (until: number, predictedMs: (recordedMs: number) => number): void => {
    const recordedMs = Math.max(0, until - start - (recorded[piece] as number));
    recorded[piece + 1] = (recorded[piece] as number) + recordedMs;
    predicted[piece + 1] = (predicted[piece] as number) + predictedMs(recordedMs);
    piece += 1;
  };
  for (const [at, { span, lengthMs }] of groups.entries()) {
    add(span.start, (driverMs) => Math.max(0, driverMs - (savedBefore[at] ?? 0)));
    add(span.start + lengthMs, () => lengths[at] ?? 0);
  }
  add(run.window?.end ?? start, (driverMs) => Math.max(0, driverMs - (savedBefore[groups.length] ?? 0)));
  return { wallMs: predicted[piece] as number, at: (time) => interpolate(recorded, predicted, time - start) };
}

/** Both ascend; outside of them the first and the last value hold. */
function interpolate(recorded: Float64Array, predicted: Float64Array, elapsed: number): number {
  let low = 0;
  let high = recorded.length - 1;
  if (elapsed <= 0) return 0;
  if (elapsed >= (recorded[high] as number)) return predicted[high] as number;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((recorded[middle] as number) <= elapsed) low = middle;
    else high = middle;
  }
  const from = recorded[low] as number;
  const length = (recorded[high] as number) - from;
  const part = length > 0 ? (elapsed - from) / length : 0;
  return (predicted[low] as number) + part * ((predicted[high] as number) - (predicted[low] as number));
}
