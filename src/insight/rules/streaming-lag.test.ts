import { describe, expect, it } from 'vitest';
import type { StreamingBatch } from '../../eventlog/index.ts';
import { describeRun } from '../facts/run.ts';
import { triggerInterval } from '../facts/trigger.ts';
import { buildApplication, START } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { streamingLag } from './streaming-lag.ts';

interface BatchSketch {
  readonly ms: number;
  readonly rows?: number;
  readonly state?: number;
}

/** Batches with a trigger of 1 s: each starts at the next whole second, or at once when that has passed. 0: no trigger. */
function stream(sketches: readonly BatchSketch[], triggerMs = 1000): StreamingBatch[] {
  let at = START;
  return sketches.map(({ ms, rows = 100, state = 0 }, batchId) => {
    const timestamp = at;
    const next = triggerMs > 0 ? (Math.floor(at / triggerMs) + 1) * triggerMs : 0;
    at = Math.max(at + ms, next);
    return {
      batchId,
      timestamp,
      durationMs: ms,
      inputRows: rows,
      inputRowsPerSecond: null,
      processedRowsPerSecond: null,
      phaseMs: { triggerExecution: ms, addBatch: ms * 0.9, walCommit: ms * 0.1 },
      stateRows: state,
      stateMemoryBytes: state * 400,
      lateRowsDropped: 0,
    };
  });
}

const found = (batches: StreamingBatch[]) =>
  streamingLag.evaluate(
    describeRun(
      buildApplication({
        streamingQueries: [
          { id: 'q', runId: 'r', name: 'device-counts', startTime: START, endTime: null, error: null, batches },
        ],
      }),
    ),
  );
const times = (count: number, ms: number, rows = 100): BatchSketch[] =>
  Array.from({ length: count }, () => ({ ms, rows }));
const inTime = times(3, 300);

describe('spark/streaming-lag', () => {
  it('finds batches that take longer than their trigger for long [insight-resource-rules.streaming]', () => {
    const [finding] = found(stream([...inTime, ...times(6, 2500)]));
    expect(finding).toMatchObject({
      title: 'Streaming query device-counts cannot keep up: 75 % of its batches took longer than the trigger',
      // 6 batches, each 1.5 s beyond a trigger of 1 s.
      impact: { seconds: 9, share: 0.15, share_of: 'wall_time' },
      severity: 'warning',
    });
    expect(finding?.evidence[0]).toMatchObject({
      address: 'streaming/device-counts/batches/3',
      metric: 'batch_duration_ms',
      value: 2500,
    });
    expect(finding?.evidence[0]?.fact).toContain('most of it in addBatch (2.3 s)');
  });

  it('fires at five such batches, half of all, and not below either', () => {
    expect(found(stream([...inTime, ...times(5, 2500)]))).toHaveLength(1);
    expect(found(stream([...inTime, ...times(4, 2500)]))).toEqual([]);
    expect(found(stream([...times(6, 300), ...times(5, 2500)]))).toHaveLength(1);
    expect(found(stream([...times(7, 300), ...times(5, 2500)]))).toEqual([]);
  });

  it('does not mind one slow batch, nor a slow first one [insight-resource-rules.near-misses]', () => {
    expect(found(stream([...inTime, { ms: 9000 }, ...inTime]))).toEqual([]);
    expect(found(stream([{ ms: 9000 }, ...times(6, 300)]))).toEqual([]);
  });

  /** Batches one after the other: each takes `ratio` times as long as the one before, in which its rows arrived. */
  const backToBack = (ratios: readonly number[], firstMs = 2000) => {
    const durations = [firstMs];
    for (const ratio of ratios) durations.push((durations.at(-1) ?? 0) * ratio);
    return stream(
      durations.map((ms) => ({ ms })),
      0,
    ).map((batch, position) => ({
      ...batch,
      inputRowsPerSecond: position === 0 ? 0 : (100 / (durations[position - 1] ?? 1)) * 1000,
      processedRowsPerSecond: (100 / batch.durationMs) * 1000,
    }));
  };

  it('finds a stream whose rows arrive faster than it processes them, whatever its trigger', () => {
    const [finding] = found(backToBack([1, 2.5, 2.5]));
    expect(finding).toMatchObject({
      title: 'Streaming query device-counts falls behind: rows arrive 2.5 times as fast as it processes them',
      // 3 s and 7.5 s beyond the 2 s and 5 s in which the rows arrived.
      impact: { seconds: 10.5 },
    });
    expect(finding?.evidence[0]).toMatchObject({ address: 'streaming/device-counts/batches/3', value: 8 });
  });

  it('fires at two last batches that are 1.5 times too slow, together by 3 s, and not below either', () => {
    expect(found(backToBack([1, 1.5, 1.5], 4000))).toHaveLength(1);
    expect(found(backToBack([1, 1.5, 1.49], 4000))).toEqual([]);
    expect(found(backToBack([1, 1, 1.5], 9000))).toEqual([]);
    expect(found(backToBack([1, 2, 2], 1000))).toHaveLength(1);
    expect(found(backToBack([1, 2, 2], 999))).toEqual([]);
  });

  it('takes more batches where each is less behind, as long as each is 1.25 times too slow', () => {
    // 1.25³ is less than 1.5², 1.25⁴ is more.
    expect(found(backToBack([1, 1.25, 1.25, 1.25], 16_000))).toEqual([]);
    expect(found(backToBack([1, 1.25, 1.25, 1.25, 1.25], 16_000))).toHaveLength(1);
    expect(found(backToBack([1, 1.25, 1.25, 1.24, 1.25, 1.25, 1.25], 16_000))).toEqual([]);
  });

  it('accepts a stream that catches up, and batches that stay alike, however long', () => {
    expect(found(backToBack([1, 3, 3, 0.5]))).toEqual([]);
    expect(found(backToBack([1, 1, 1, 1], 9000))).toEqual([]);
  });

  it('finds state that only grows, and accepts state that levels off or is small', () => {
    const withState = (rows: (batch: number) => number) =>
      found(stream(Array.from({ length: 14 }, (_, batch) => ({ ms: 300, state: rows(batch) }))));
    const [finding] = withState((batch) => 1000 * (batch + 1));
    expect(finding).toMatchObject({
      title: 'The state of streaming query device-counts only grows: 14,000 rows',
      severity: 'warning',
      impact: { seconds: 0 },
    });
    expect(finding?.evidence[0]?.fact).toBe(
      '8,000 rows at batch 7, 14,000 at batch 13, 5.34 MiB in memory; none went in between.',
    );
    expect(withState((batch) => Math.min(9000, 1000 * (batch + 1)))).toEqual([]);
    expect(withState((batch) => 700 * (batch + 1))).toEqual([]);
    expect(withState((batch) => (batch === 10 ? 40_000 : 2000 * (batch + 1)))).toEqual([]);
  });

  it('infers the trigger of a real stream, and accepts it', async () => {
    const [application] = await readRecorded('4.3/streaming');
    if (application === undefined) throw new Error('no application');
    const [query] = application.streamingQueries;
    expect(triggerInterval(query?.batches ?? [])).toBe(983.5);
    expect(streamingLag.evaluate(describeRun(application))).toEqual([]);
  });
});
