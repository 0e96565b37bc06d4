import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteArea, loadNumbers, storeNumbers } from './number-block.ts';

function roundTrip(numbers: readonly number[]) {
  const area = new ByteArea();
  area.append(new Uint8Array(3));
  const block = storeNumbers(numbers, area);
  return { block, loaded: Array.from(loadNumbers(block, area.bytes)), bytes: area.bytes };
}

describe('storeNumbers', () => {
  it('gives back any numbers exactly [warm.summary-exact]', () => {
    const number = fc.oneof(
      fc.double(),
      fc.maxSafeInteger(),
      fc.integer(),
      fc.integer({ min: 0, max: 300 }),
      fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
    );
    fc.assert(
      fc.property(fc.array(number), (numbers) => {
        expect(roundTrip(numbers).loaded).toStrictEqual(numbers);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['the same ones', [7, 7, 7], 0],
    ['steps of the same size', [1_700_000_000_000, 1_700_000_000_010, 1_700_000_000_020], 0],
    ['a small range', [1000, 1255, 1001], 1],
    ['times close to each other', Array.from({ length: 999 }, (_, i) => 1_700_000_000_000 + i * 1000 + (i % 7)), 1],
    ['a range of 16 bits', [0, 65_535, 1, 65_000], 2],
    ['a range of 32 bits', [0, 4_294_967_295, 1], 4],
    ['what no whole number holds', [0.5, 1], 8],
  ])('takes few bytes for %s', (_, numbers, width) => {
    const { block, loaded } = roundTrip(numbers);
    expect(block.w).toBe(width);
    expect(loaded).toEqual(numbers);
  });

  it('refuses to read beyond its bytes [warm.summary-damaged-absent]', () => {
    const { block, bytes } = roundTrip([1, 300, 2]);
    expect(() => loadNumbers({ ...block, n: 4 }, bytes)).toThrow(RangeError);
    expect(() => loadNumbers({ ...block, at: -8 }, bytes)).toThrow(RangeError);
  });
});
