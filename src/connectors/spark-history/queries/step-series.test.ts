import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { followSteps, frameOf, limitSteps, stepsOf, stepsOfColumns } from './step-series.ts';

const frame = { start: 0, end: 100, widthMs: 25, count: 4 };

describe('following a level over time', () => {
  it('gives the peak and the integral of each bucket', () => {
    const series = followSteps(
      stepsOf([
        { start: 0, end: 50, weight: 2 },
        { start: 20, end: 30, weight: 3 },
      ]),
      frame,
    );
    expect([...series.peaks]).toEqual([5, 5, 0, 0]);
    expect([...series.areas]).toEqual([65, 65, 0, 0]);
    expect([series.peak, series.area]).toEqual([5, 130]);
  });

  it('counts a slot once that is handed over at one instant', () => {
    const series = followSteps(
      stepsOf([
        { start: 0, end: 50, weight: 1 },
        { start: 50, end: 100, weight: 1 },
      ]),
      frame,
    );
    expect([series.peak, series.area]).toEqual([1, 100]);
  });

  it('moves what happens outside the frame to its edges', () => {
    const series = followSteps(stepsOf([{ start: -50, end: 500, weight: 1 }]), frame);
    expect([...series.areas]).toEqual([25, 25, 25, 25]);
  });

  it('holds a level under a limit that changes, and tells how far it was beyond', () => {
    const level = stepsOf([
      { start: 0, end: 50, weight: 2 },
      { start: 20, end: 30, weight: 3 },
      { start: 90, end: 200, weight: 4 },
    ]);
    const limits = stepsOf([
      { start: 0, end: 25, weight: 3 },
      { start: 25, end: 300, weight: 4 },
    ]);
    const limited = limitSteps(level, limits, frame);
    const { peaks, areas } = followSteps(limited.steps, frame);
    expect([[...peaks], [...areas]]).toEqual([
      [3, 4, 0, 4],
      [55, 60, 0, 40],
    ]);
    expect([limited.overMs, limited.highest, limited.limit]).toEqual([10, 5, 3]);
  });

  it('never counts an interval that ends before it begins', () => {
    expect(followSteps(stepsOf([{ start: 60, end: 10, weight: 1 }]), frame).area).toBe(0);
  });

  it('is the same from columns as from intervals', () => {
    const interval = fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 60 }));
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 40 }), (pairs) => {
        const intervals = pairs.map(([start, length]) => ({ start, end: start + length, weight: 1 }));
        const starts = Float64Array.from(intervals, ({ start }) => start);
        const ends = Float64Array.from(intervals, ({ end }) => end);
        const [a, b] = [followSteps(stepsOf(intervals), frame), followSteps(stepsOfColumns(starts, ends), frame)];
        expect([...b.peaks]).toEqual([...a.peaks]);
        expect([...b.areas]).toEqual([...a.areas]);
      }),
    );
  });
});

describe('cutting a stretch of time into buckets', () => {
  it('makes at most as many as asked for, of whole milliseconds', () => {
    expect(frameOf(1000, 1101, 40)).toEqual({ start: 1000, end: 1101, widthMs: 3, count: 34 });
    expect(frameOf(0, 7, 40)).toEqual({ start: 0, end: 7, widthMs: 1, count: 7 });
  });

  it('makes none of an empty stretch', () => {
    expect(frameOf(5, 5, 40)).toBeNull();
    expect(frameOf(5, 4, 40)).toBeNull();
  });
});
