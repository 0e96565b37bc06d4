import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, dailyRuns, FIRST_RUN } from '../fixtures/run-series.ts';
import { judgeRun, unusualRuns } from './anomalies.ts';
import { FEWEST_RUNS, findChanges } from './changes.ts';
import type { Observation } from './series.ts';

const found = (runs: readonly Observation[]) => {
  const history = findChanges(runs);
  if (history === null) throw new Error('too few runs');
  return history;
};

/** Places and sizes of the changes. */
const changesOf = (runs: readonly Observation[]) =>
  found(runs).changes.map(({ index, ratio }) => [index, Number(ratio.toFixed(1))]);

describe('changes of a history', () => {
  it('are found where runs became slower, with their size inside its interval [run-history.change-found]', () => {
    const { changes, drift } = found(dailyRuns(60, (at) => ({ factor: at >= 40 ? 1.25 : 1 })));
    expect(changes.map(({ index }) => index)).toEqual([40]);
    const [change] = changes;
    expect(change?.interval[0]).toBeLessThan(1.25);
    expect(change?.interval[1]).toBeGreaterThan(1.25);
    expect(change?.chance).toBeLessThan(0.001);
    expect(drift).toBeNull();
  });

  it('are all found, up and down [run-history.change-found]', () => {
    const runs = dailyRuns(90, (at) => ({ factor: at < 30 ? 1 : at < 60 ? 1.5 : 0.9 }));
    expect(changesOf(runs)).toEqual([
      [30, 1.5],
      [60, 0.6],
    ]);
  });

  it('are none where nothing happened [run-history.no-false-change]', () => {
    for (const seed of [1, 2, 3, 4, 5]) expect(found(dailyRuns(60, undefined, 0.1, seed)).changes).toEqual([]);
  });

  it('are none where weekends are shorter and Mondays longer [run-history.no-false-change]', () => {
    const weekday = (at: number) => (at % 7 === 0 ? 1.4 : at % 7 >= 5 ? 0.6 : 1);
    const { changes, fit } = found(dailyRuns(60, (at) => ({ factor: weekday(at) })));
    expect([changes, fit.circumstances.season]).toEqual([[], 'weekday']);
    const slower = dailyRuns(60, (at) => ({ factor: weekday(at) * (at >= 35 ? 1.25 : 1) }));
    expect(changesOf(slower)).toEqual([[35, 1.2]]);
  });

  it('are none where the volume grew or jumped and the duration with it [run-history.no-false-change]', () => {
    expect(found(dailyRuns(60, (at) => ({ volume: at >= 30 ? 2 : 1 }))).changes).toEqual([]);
    expect(found(dailyRuns(60, (at) => ({ volume: 3 ** (at / 59) }))).changes).toEqual([]);
  });

  it('are found beside a volume that jumped at another time [run-history.change-found]', () => {
    const runs = dailyRuns(60, (at) => ({ volume: at >= 20 ? 2 : 1, factor: at >= 40 ? 1.3 : 1 }));
    expect(changesOf(runs)).toEqual([[40, 1.3]]);
  });

  it('are none where one run was an outlier [run-history.no-false-change]', () => {
    const history = found(dailyRuns(60, (at) => ({ factor: at === 33 ? 5 : 1 })));
    expect(history.changes).toEqual([]);
    expect(unusualRuns(history).map(({ run, kind }) => [run.id, kind])).toEqual([['run-33', 'slower']]);
  });

  it('are a drift where every run is a little slower than the one before [run-history.no-false-change]', () => {
    const { changes, drift } = found(dailyRuns(60, (at) => ({ factor: 2 ** (at / 59) })));
    expect(changes).toEqual([]);
    expect(drift?.interval[0]).toBeLessThan(2);
    expect(drift?.interval[1]).toBeGreaterThan(2);
  });

  it('are not looked for in too few runs [run-history.few-runs]', () => {
    expect(findChanges(dailyRuns(FEWEST_RUNS - 1, (at) => ({ factor: at > 5 ? 9 : 1 })))).toBeNull();
    expect(findChanges(dailyRuns(FEWEST_RUNS, (at) => ({ factor: at > 5 ? 9 : 1 })))?.changes).toHaveLength(1);
    expect(findChanges([])).toBeNull();
  });

  it('do not depend on the order of arrival, nor on runs that arrive twice [run-history.order-free]', () => {
    const runs = dailyRuns(40, (at) => ({ factor: at >= 25 ? 1.4 : 1 }), 0.1);
    const expected = found(runs);
    fc.assert(
      fc.property(fc.shuffledSubarray(runs, { minLength: 40 }), fc.subarray(runs), (shuffled, again) => {
        expect(found([...again, ...shuffled]).changes).toEqual(expected.changes);
      }),
      { numRuns: 10 },
    );
  });

  it('do not depend on the unit of time or volume [run-history.scale-free]', () => {
    const runs = dailyRuns(40, (at) => ({ factor: at >= 25 ? 1.4 : 1 }), 0.1);
    const expected = changesOf(runs);
    expect(expected).toHaveLength(1);
    fc.assert(
      fc.property(fc.integer({ min: -8, max: 12 }), fc.integer({ min: 0, max: 20 }), (time, bytes) => {
        const scaled = runs.map((run) => ({
          ...run,
          durationMs: run.durationMs * 2 ** time,
          volumeBytes: (run.volumeBytes ?? 0) * 2 ** bytes,
        }));
        expect(changesOf(scaled)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  it('never hold a number that is none, whatever the runs are [run-history.numbers-are-sane]', () => {
    const anyRun = fc.record({
      id: fc.string({ maxLength: 3 }),
      at: fc.oneof(fc.constant(FIRST_RUN), fc.integer({ min: -1e15, max: 1e15 }), fc.constant(Number.NaN)),
      durationMs: fc.oneof(fc.constantFrom(0, -5, 1, 60_000, Number.NaN, 1e300), fc.double({ min: 0, max: 1e9 })),
      volumeBytes: fc.oneof(
        fc.constant(null),
        fc.constantFrom(0, -1, 5e9, Number.NaN),
        fc.double({ min: 0, max: 1e15 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(anyRun, { minLength: 0, maxLength: 40 }), (runs) => {
        const history = findChanges(runs);
        if (history === null) return;
        const numbers = [
          ...history.changes.flatMap(({ ratio, interval, chance }) => [ratio, ...interval, chance]),
          ...unusualRuns(history).flatMap(({ ratio, expectedMs }) => [ratio, expectedMs]),
          history.fit.noise,
        ];
        expect(numbers.filter((value) => !Number.isFinite(value) || value < 0)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a run among others', () => {
  const runs = (sketch: Parameters<typeof dailyRuns>[1]) => dailyRuns(40, sketch);

  it('is explained when it read more and took as much longer [run-history.anomaly]', () => {
    const history = found(runs((at) => ({ volume: at === 20 ? 4 : 1 + (at % 5) / 20 })));
    const [one] = unusualRuns(history);
    expect([one?.run.id, one?.kind]).toEqual(['run-20', 'explained']);
    expect(one?.volumeRatio).toBeGreaterThan(3);
  });

  it('is unusual when it took longer and read no more [run-history.anomaly]', () => {
    const history = found(runs((at) => ({ factor: at === 20 ? 2 : 1, volume: 1 + (at % 5) / 20 })));
    expect(unusualRuns(history).map(({ run, kind }) => [run.id, kind])).toEqual([['run-20', 'slower']]);
  });

  it('is judged by what the runs before it let expect, volume and weekday included [run-history.anomaly]', () => {
    const weekend = (at: number) => ({ factor: at % 7 >= 5 ? 0.5 : 1 });
    const before = found(runs(weekend));
    const at = FIRST_RUN + 40 * DAY_MS;
    const run = { id: 'next', at, durationMs: 300_000, volumeBytes: 1e10 };
    expect(judgeRun(before, run).verdict).toBe('as-expected');
    expect(judgeRun(before, { ...run, durationMs: 600_000 }).verdict).toBe('slower');
    expect(judgeRun(before, { ...run, at: at + 2 * DAY_MS, durationMs: 600_000 }).verdict).toBe('as-expected');
    expect(judgeRun(before, { ...run, at: at + 2 * DAY_MS }).verdict).toBe('faster');
  });
});
