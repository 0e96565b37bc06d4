import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../kernel/errors.ts';
import { decodeVariant } from './variant.ts';

/** No names. */
const EMPTY = new Uint8Array([0x01, 0, 0]);
const bytes = (...values: number[]) => new Uint8Array(values);

describe('a variant', () => {
  it.each([
    ['null', bytes(0), null],
    ['true', bytes(1 << 2), true],
    ['int8', bytes(3 << 2, 0xff), -1],
    ['int64 beyond 2^53', bytes(6 << 2, 1, 0, 0, 0, 0, 0, 0x20, 0), '9007199254740993'],
    ['decimal4', bytes(8 << 2, 2, 0x7b, 0, 0, 0), 1.23],
    ['decimal16', bytes(10 << 2, 0, ...Array(15).fill(0xff), 0x7f), (2n ** 127n - 1n).toString()],
    ['date', bytes(11 << 2, 0xff, 0xff, 0xff, 0xff), '1969-12-31'],
    ['binary', bytes(15 << 2, 2, 0, 0, 0, 0, 0xff), 'AP8='],
    ['short string', bytes((1 << 2) | 1, 0x61), 'a'],
    ['short string of invalid UTF-8', bytes((1 << 2) | 1, 0xff), '\ufffd'],
    ['array', bytes(3, 2, 0, 1, 2, 1 << 2, 0), [true, null]],
    ['uuid', bytes(20 << 2, ...Array(16).fill(0x11)), '11111111-1111-1111-1111-111111111111'],
  ])('of %s is read [spark-connect.types]', (_, value, expected) => {
    expect(decodeVariant(value, EMPTY)).toEqual(expected);
  });

  it('of an object has the names of its metadata [spark-connect.types]', () => {
    const metadata = bytes(0x01, 1, 0, 1, 0x6b);
    expect(decodeVariant(bytes(2, 1, 0, 0, 1, 1 << 2), metadata)).toEqual({ k: true });
  });

  it('that is damaged is an error, whatever its bytes [spark-connect.damaged-values]', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (value, metadata) => {
        try {
          decodeVariant(value, metadata);
        } catch (error) {
          expect(error).toBeInstanceOf(HeadgateError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
