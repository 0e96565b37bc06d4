import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, dailyRuns, FIRST_RUN } from '../fixtures/run-series.ts';
import { nextAt, parseTimeOfDay } from './deadline.ts';
import { FEWEST_FORECAST_RUNS, forecastRun } from './forecast.ts';
import { theilSen } from './theil-sen.ts';

describe('the forecast of the next run', () => {
  it('holds four of five next runs in its interval [run-history.forecast]', () => {
    const inside = Array.from({ length: 100 }, (_, seed) => {
      const runs = dailyRuns(41, undefined, 0.1, seed + 1);
      const forecast = forecastRun(runs.slice(0, 40));
      const next = runs[40]?.durationMs ?? 0;
      const [low, high] = forecast?.intervalMs ?? [0, 0];
      return low <= next && next <= high;
    }).filter(Boolean).length;
    expect(inside).toBeGreaterThanOrEqual(70);
    expect(inside).toBeLessThanOrEqual(90);
  });

  it('starts a usual distance after the latest, and is of the runs since the last change [run-history.forecast]', () => {
    const forecast = forecastRun(dailyRuns(60, (at) => ({ factor: at >= 30 ? 2 : 1 })));
    expect(forecast?.nextStart).toBe(FIRST_RUN + 60 * DAY_MS);
    expect(forecast?.runCount).toBe(30);
    expect(Math.round((forecast?.durationMs ?? 0) / 60_000)).toBe(20);
  });

  it('follows the volume that grows, and says when half of the runs will miss a limit [run-history.forecast]', () => {
    const forecast = forecastRun(dailyRuns(60, (at) => ({ volume: 2 ** (at / 30) }), 0.03));
    const minutes = (forecast?.durationMs ?? 0) / 60_000;
    expect(minutes).toBeGreaterThan(32);
    expect(minutes).toBeLessThan(38);
    expect(forecast?.growthPerMonth).toBeGreaterThan(1.6);
    const reached = forecast?.reaches(2 * 60 * minutes * 1000 * 0.75) ?? 0;
    const days = (reached - (FIRST_RUN + 60 * DAY_MS)) / DAY_MS;
    expect(days).toBeGreaterThan(14);
    expect(days).toBeLessThan(26);
    expect(forecast?.reaches(60_000)).toBe(forecast?.nextStart);
    // Nobody knows that far ahead.
    expect(forecast?.reaches(1e9)).toBeNull();
  });

  it('grows by nothing where no trend stands out [run-history.forecast]', () => {
    const forecast = forecastRun(dailyRuns(60, undefined, 0.1));
    expect(forecast?.growthPerMonth).toBe(1);
    expect(forecast?.reaches(3_600_000)).toBeNull();
    expect(forecast?.exceeds(60_000)).toBeGreaterThan(0.999);
    expect(forecast?.exceeds(3_600_000)).toBeLessThan(0.001);
    expect(forecast?.exceeds(forecast.durationMs)).toBeCloseTo(0.5, 6);
  });

  it('is none with too few runs, and a plain spread with few [run-history.few-runs]', () => {
    expect(forecastRun(dailyRuns(FEWEST_FORECAST_RUNS - 1))).toBeNull();
    const few = forecastRun(dailyRuns(FEWEST_FORECAST_RUNS));
    expect([few?.growthPerMonth, few?.volumeBytes]).toEqual([1, null]);
    expect(few?.intervalMs[0]).toBeLessThan(few?.durationMs ?? 0);
  });

  it('is finite for runs of one moment, of one duration and of no rhythm [run-history.numbers-are-sane]', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.integer({ min: 0, max: 2e12 }), ms: fc.constantFrom(1, 2, 5000, 1e9) }), {
          minLength: 5,
          maxLength: 30,
        }),
        (some) => {
          const runs = some.map(({ at, ms }, index) => ({ id: String(index), at, durationMs: ms, volumeBytes: null }));
          const forecast = forecastRun(runs);
          const numbers = [
            forecast?.durationMs,
            ...(forecast?.intervalMs ?? []),
            forecast?.growthPerMonth,
            forecast?.exceeds(10),
          ];
          expect(numbers.filter((value) => value === undefined || !Number.isFinite(value) || value < 0)).toEqual([]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a trend', () => {
  it('is that of most points, whatever a few are', () => {
    const points = Array.from({ length: 20 }, (_, x) => [x, x % 6 === 5 ? 1000 : 2 * x + 1] as const);
    expect(theilSen(points)).toMatchObject({ slope: 2, significant: true });
    expect(theilSen(points.slice(0, 7))).toBeNull();
    expect(theilSen(points.map(([, y]) => [3, y] as const))).toBeNull();
  });
});

describe('a deadline', () => {
  it.each([
    ['06:00', 'UTC', '2026-03-10T02:00:00Z', '2026-03-10T06:00:00.000Z'],
    ['06:00', 'Europe/Berlin', '2026-03-10T02:00:00Z', '2026-03-10T05:00:00.000Z'],
    ['01:30', 'Europe/Berlin', '2026-03-10T02:00:00Z', '2026-03-11T00:30:00.000Z'],
    // Clocks are put forward that night.
    ['06:00', 'Europe/Berlin', '2026-03-28T23:30:00Z', '2026-03-29T04:00:00.000Z'],
    // And back that one.
    ['06:00', 'Europe/Berlin', '2026-10-24T22:30:00Z', '2026-10-25T05:00:00.000Z'],
  ])('of %s %s after %s is at %s [run-history.forecast]', (time, zone, from, expected) => {
    expect(new Date(nextAt(Date.parse(from), parseTimeOfDay(time, zone))).toISOString()).toBe(expected);
  });

  it('is refused when it is no time or in no zone', () => {
    expect(() => parseTimeOfDay('25:00', 'UTC')).toThrow('is no time of day');
    expect(() => parseTimeOfDay('06:00', 'Mars/Olympus')).toThrow('no time zone');
  });
});
