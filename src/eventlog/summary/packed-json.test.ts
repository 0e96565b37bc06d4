import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packJson, unpackJson } from './packed-json.ts';

describe('packJson', () => {
  it('gives back every value exactly [warm.summary-exact]', () => {
    const value = fc.anything({
      withMap: true,
      withNullPrototype: false,
      withTypedArray: false,
      withSparseArray: false,
    });
    fc.assert(
      fc.property(value, (original) => {
        expect(unpackJson(packJson(original))).toStrictEqual(original);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [{ $: 'nan' }],
    [{ $: 'map', held: [[1, 2]] }],
    [JSON.parse('{"__proto__":{"a":1}}')],
    [{ list: [Number.NaN, -0, Number.NEGATIVE_INFINITY, undefined] }],
    [{ sizes: Float64Array.of(1.5, -0), rows: Uint32Array.of(4_294_967_295) }],
    ['\ud800 «lone»'],
  ])('gives back %o', (original) => {
    expect(unpackJson(packJson(original))).toStrictEqual(original);
  });

  it('refuses what it could not give back', () => {
    expect(() => packJson({ when: new Date(0) })).toThrow('Date');
    expect(() => packJson(() => 1)).toThrow('function');
  });
});
