import type { StreamingBatch } from '../../eventlog/index.ts';
import { medianOf } from './quantiles.ts';

/** A batch that starts this much after the end of the one before waited for its trigger, ms: below it only the loop of the stream lies between them. */
const WAITED_MS = 100;

/** Batches that waited from which their rhythm is the trigger's. */
const MIN_WAITED = 2;

/**
 * Interval of a stream's processing-time trigger, ms, which no event names: the time between the starts of two batches of which
 * the first ended in time. Null where no two batches waited, as with a trigger that starts each batch at once.
 */
export function triggerInterval(batches: readonly StreamingBatch[]): number | null {
  const intervals: number[] = [];
  for (let position = 1; position < batches.length; position++) {
    const start = batches[position]?.timestamp ?? null;
    const before = batches[position - 1];
    if (start === null || before === undefined || before.timestamp === null) continue;
    if (start - (before.timestamp + Math.max(0, before.durationMs)) >= WAITED_MS)
      intervals.push(start - before.timestamp);
  }
  if (intervals.length < MIN_WAITED) return null;
  const middle = medianOf(intervals.sort((a, b) => a - b));
  return middle > 0 ? middle : null;
}
