import { describe, expect, it } from 'vitest';
import { seededRandom } from './bootstrap.ts';
import { type Effect, effectOf, runsNeeded } from './effect.ts';

/** Run times around 10 s whose logarithm has this noise, normal (Box–Muller). */
function timesOf(random: () => number, count: number, noise: number, factor = 1): number[] {
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return 10_000 * factor * Math.exp(noise * normal);
  });
}

/** One run in ten is an outlier, up to twice as long. */
function outlying(random: () => number, count: number): number[] {
  return timesOf(random, count, 0.05).map((ms) => (random() < 0.1 ? ms * (1 + random()) : ms));
}

const TRIALS = 400;

function trials(sides: (random: () => number) => readonly [number[], number[]]): Effect[] {
  const random = seededRandom(20_261_121);
  return Array.from({ length: TRIALS }, (_, trial) => {
    const [baseline, candidate] = sides(random);
    return effectOf(baseline, candidate, { seed: trial });
  });
}

const share = (effects: readonly Effect[], holds: (effect: Effect) => boolean) =>
  effects.filter(holds).length / effects.length;
const covers = (interval: Effect['interval'], ratio: number) =>
  interval !== null && interval[0] <= ratio && ratio <= interval[1];

describe('seeded randomness', () => {
  it('is the same for the same seed and even over [0, 1)', () => {
    const [a, b] = [seededRandom(7), seededRandom(7)];
    const drawn = Array.from({ length: 10_000 }, () => a());
    expect(drawn).toEqual(Array.from({ length: 10_000 }, () => b()));
    expect(drawn.filter((value) => value < 0 || value >= 1)).toEqual([]);
    expect(drawn.filter((value) => value < 0.25).length).toBeGreaterThan(2400);
    expect(drawn.filter((value) => value < 0.25).length).toBeLessThan(2600);
  });
});

describe('an effect', () => {
  it.each([3, 5, 10])(
    'of noisy runs, %i a side, has intervals that cover as often as they say [evaluation.intervals-cover]',
    (count) => {
      const effects = trials((random) => [timesOf(random, count, 0.1), timesOf(random, count, 0.1, 0.7)]);
      expect(share(effects, ({ interval80 }) => covers(interval80, 0.7))).toBeGreaterThan(0.74);
      expect(share(effects, ({ interval80 }) => covers(interval80, 0.7))).toBeLessThan(0.86);
      expect(share(effects, ({ interval }) => covers(interval, 0.7))).toBeGreaterThan(0.915);
      expect(share(effects, ({ interval }) => covers(interval, 0.7))).toBeLessThan(0.985);
    },
  );

  it('claims no change where there is only noise, in all but a few of a hundred comparisons [evaluation.intervals-cover]', () => {
    const claimed = ({ interval }: Effect) => !covers(interval, 1);
    const normal = trials((random) => [timesOf(random, 5, 0.15), timesOf(random, 5, 0.15)]);
    const outliers = trials((random) => [outlying(random, 5), outlying(random, 5)]);
    expect(share(normal, claimed)).toBeLessThan(0.08);
    expect(share(outliers, claimed)).toBeLessThan(0.08);
  });

  it('finds a change of the size that it calls detectable in about four of five comparisons [evaluation.detectable-effect]', () => {
    const detectable = trials((random) => [timesOf(random, 6, 0.1), timesOf(random, 6, 0.1)]);
    const size = detectable.reduce((sum, effect) => sum + (effect.detectableShare ?? 0), 0) / TRIALS;
    const found = trials((random) => [timesOf(random, 6, 0.1), timesOf(random, 6, 0.1, 1 - size)]);
    expect(share(found, ({ interval }) => interval !== null && interval[1] < 1)).toBeGreaterThan(0.72);
    expect(share(found, ({ interval }) => interval !== null && interval[1] < 1)).toBeLessThan(0.92);
  });

  it('needs as many runs as the two-sample formula says, and never fewer than three', () => {
    expect([runsNeeded(0.05, 0.1), runsNeeded(0.25, 0.1), runsNeeded(0.9, 0.01), runsNeeded(0.01, 2)]).toEqual([
      61,
      3,
      3,
      null,
    ]);
  });

  it('takes noise that is known from elsewhere for an interval of single runs', () => {
    const effect = effectOf([10_000], [8000], { seed: 1, noise: 0.05 });
    expect(effect.ratio).toBeCloseTo(0.8, 12);
    expect(effect.interval?.map((ratio) => Number(ratio.toFixed(4)))).toEqual([0.6966, 0.9187]);
    expect(effectOf([10_000], [8000], { seed: 1 }).interval).toBeNull();
  });

  it('of runs without any noise is exact', () => {
    const effect = effectOf([1000, 1000, 1000], [500, 500, 500], { seed: 1 });
    expect(
      [effect.ratio, effect.interval?.[0], effect.interval?.[1]].map((value) => Number(value?.toFixed(9))),
    ).toEqual([0.5, 0.5, 0.5]);
  });
});
