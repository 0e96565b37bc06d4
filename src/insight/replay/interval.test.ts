import { describe, expect, it } from 'vitest';
import { intervalOf } from './interval.ts';

const CERTAIN = { wallMs: 100_000, errorRatio: 0, spreadMs: 0, changedMs: 0, coresRatio: 1 };

describe('the interval of a prediction', () => {
  it('is as wide below as above while the doubt is small [replay.interval]', () => {
    const [low, high] = intervalOf({ ...CERTAIN, spreadMs: 30_000 });
    expect(high - 100_000).toBeCloseTo(1.2816 * Math.hypot(3000, 30_000), 6);
    expect(100_000 - low).toBeCloseTo(high - 100_000, 6);
  });

  it('never reaches down to no time, however large the doubt [replay.interval]', () => {
    const lows = [1, 4, 16].map((coresRatio) => intervalOf({ ...CERTAIN, changedMs: 200_000, coresRatio })[0]);
    expect(lows.every((low) => low > 0)).toBe(true);
    expect(lows).toEqual([...lows].sort((a, b) => b - a));
    expect(intervalOf({ ...CERTAIN, wallMs: 0, spreadMs: 1000 })[0]).toBe(0);
  });
});
