import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, hashArguments } from './record-call.ts';

describe('canonicalJson', () => {
  it('orders keys at every depth [gateway.audit]', () => {
    expect(canonicalJson({ b: [{ z: 1, a: null }], a: 'x' })).toBe('{"a":"x","b":[{"a":null,"z":1}]}');
  });

  it('gives equal text for equal values, whatever the order of their keys [gateway.audit]', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(hashArguments(reversed)).toBe(hashArguments(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('hashes absent arguments', () => {
    expect(hashArguments(undefined)).toBe('74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b');
  });
});
