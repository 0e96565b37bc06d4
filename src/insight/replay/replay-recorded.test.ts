import { describe, expect, it } from 'vitest';
import { quantileOf, sortedBy } from '../facts/quantiles.ts';
import { describeRun } from '../facts/run.ts';
import { readRecorded, recordedIds } from '../fixtures/recorded.ts';
import { createReplay } from './replay.ts';

describe('recorded runs', () => {
  it('are replayed as they were, half of them within 5 % and nine in ten within 15 % [replay.as-run]', async () => {
    const errors: number[] = [];
    for (const id of recordedIds()) {
      for (const application of await readRecorded(id)) {
        const { errorRatio } = createReplay(describeRun(application));
        if (errorRatio !== null) errors.push(errorRatio);
      }
    }
    const ascending = sortedBy(errors.keys().toArray(), (at) => errors[at] ?? 0);
    expect(ascending.length).toBeGreaterThan(40);
    expect(quantileOf(ascending, 0.5)).toBeLessThan(0.05);
    expect(quantileOf(ascending, 0.9)).toBeLessThan(0.15);
  });

  it('waits for the tasks of a cancelled stage that still hold the cores [replay.as-run]', async () => {
    const [application] = await readRecorded('4.3/cancelled');
    const replay = createReplay(describeRun(application as NonNullable<typeof application>));
    expect(replay.errorRatio).toBeLessThan(0.02);
  });

  it('is faster without the skew that it had [replay.changes]', async () => {
    const [application] = await readRecorded('4.3/skew-and-spill');
    const run = describeRun(application as NonNullable<typeof application>);
    const skewed = run.stages.find(({ stage }) => stage.stageId === 1);
    const replay = createReplay(run);
    const { wallMs } = replay.predict([{ kind: 'even-out', stageRow: skewed?.stage.row ?? -1 }]);
    // On two cores one task took 992 ms, the five others 518 ms one after another: evenly it is three waves of 252 ms.
    expect(replay.asRun.wallMs - wallMs).toBeGreaterThan(200);
    expect(replay.asRun.wallMs - wallMs).toBeLessThan(300);
  });
});
