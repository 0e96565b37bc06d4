import { describe, expect, it } from 'vitest';
import { jsonText } from './json.ts';
import { pickQuantiles, sortedQuantiles, walkQuantiles } from './quantiles.ts';

const values = Float64Array.from([1, 2, 3, 4]);

describe('walkQuantiles', () => {
  it.each([
    [[0, 0.25, 0.5, 0.75, 1], 4, [1, 2, 3, 4, 4]],
    [[0.5, 0.5], 4, [3, 3]],
    [[-1, 0.5], 4, [1, Number.NaN]],
    [[2], 4, [4]],
    [[Number.NaN], 4, [1]],
    [[1], 2, [2]],
    [[], 4, []],
  ])('finds %j of %i tasks as Spark does [history-rest.parity]', (quantiles, count, found) => {
    expect(walkQuantiles(values, count, quantiles)).toEqual(found);
  });
});

describe('pickQuantiles', () => {
  it.each([
    [[3, 1, 2], [0, 0.5, 1], '[ 1.0, 2.0, 3.0 ]'],
    [[3, 1, 2], [-2], '[ 1.0 ]'],
    [[], [0, 1], '[ 0.0, 0.0 ]'],
  ])('picks of %j at %j: %s [history-rest.parity]', (some, quantiles, text) => {
    expect(jsonText(pickQuantiles(some, quantiles))).toBe(text);
  });
});

describe('sortedQuantiles', () => {
  it('puts NaN last, as Java does', () => {
    expect(sortedQuantiles([0.5, Number.NaN, 0])).toEqual([0, 0.5, Number.NaN]);
  });
});
