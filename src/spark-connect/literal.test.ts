import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../kernel/errors.ts';
import { Expression_LiteralSchema } from './generated/spark/connect/expressions_pb.ts';
import { literalOf } from './literal.ts';

/** The literal as the server gets it. */
function sent(value: unknown) {
  const literal = create(Expression_LiteralSchema, literalOf(value, '1').literal);
  return fromBinary(Expression_LiteralSchema, toBinary(Expression_LiteralSchema, literal)).literalType;
}

describe('a parameter', () => {
  it.each([
    ['text', 'string', 'text'],
    [true, 'boolean', true],
    [7, 'integer', 7],
    [2 ** 31, 'long', 2n ** 31n],
    [1.5, 'double', 1.5],
    [Number.NaN, 'double', Number.NaN],
    [Number.NEGATIVE_INFINITY, 'double', Number.NEGATIVE_INFINITY],
    [-0, 'double', -0],
    [(1n << 63n) - 1n, 'long', (1n << 63n) - 1n],
    [new Date('1970-01-01T00:00:00.001Z'), 'timestamp', 1000n],
    [{ type: 'tinyint', value: -128 }, 'byte', -128],
    [{ type: 'bigint', value: '9007199254740993' }, 'long', 9_007_199_254_740_993n],
    [{ type: 'float', value: 'Infinity' }, 'float', Number.POSITIVE_INFINITY],
    [{ type: 'date', value: '1969-12-31' }, 'date', -1],
    [{ type: 'timestamp', value: '1970-01-01T09:00:00+09:00' }, 'timestamp', 0n],
    [{ type: 'timestamp_ntz', value: '1970-01-01 00:00:01.5' }, 'timestampNtz', 1_500_000n],
    [{ type: 'interval year to month', value: 'P1Y-2M' }, 'yearMonthInterval', 10],
    [{ type: 'interval day to second', value: '-P1DT0.5S' }, 'dayTimeInterval', -86_400_500_000n],
  ])('%s is sent as %s [spark-connect.parameters]', (value, name, expected) => {
    expect(sent(value)).toEqual({ case: name, value: expected });
  });

  it('that is a decimal keeps its digits and its type [spark-connect.parameters]', () => {
    expect(sent({ type: 'decimal(10,2)', value: '-1.5' }).value).toMatchObject({
      value: '-1.50',
      precision: 10,
      scale: 2,
    });
    expect(sent(10n ** 37n).value).toMatchObject({ value: `1${'0'.repeat(37)}`, precision: 38, scale: 0 });
    expect(sent({ type: 'decimal', value: '.25' }).value).toMatchObject({ value: '0.25', precision: 2, scale: 2 });
  });

  it('that is null has the type that was named [spark-connect.parameters]', () => {
    expect(sent(null)).toMatchObject({ case: 'null', value: { kind: { case: 'null' } } });
    expect(sent({ type: 'date', value: null })).toMatchObject({ case: 'null', value: { kind: { case: 'date' } } });
  });

  it('that is an array gets the widest type of its elements [spark-connect.parameters]', () => {
    const elements = (value: unknown) =>
      (sent(value).value as { elements: { literalType: { case: string } }[] }).elements.map(
        (one) => one.literalType.case,
      );
    expect(elements([1, 2 ** 40, null])).toEqual(['long', 'long', 'null']);
    expect(elements([1, 1.5])).toEqual(['double', 'double']);
    expect(elements({ type: 'array<date>', value: ['2026-01-31'] })).toEqual(['date']);
    expect(elements([])).toEqual([]);
  });

  it('that is an object is a struct, and a Map a map [spark-connect.parameters]', () => {
    expect(sent({ a: 1, b: 'x' }).case).toBe('struct');
    expect(sent(new Map([['k', 1]])).case).toBe('map');
    expect(sent(new Uint8Array([0, 255])).value).toEqual(new Uint8Array([0, 255]));
  });

  it.each([
    [undefined],
    [() => 1],
    [[1, 'x']],
    [new Date(Number.NaN)],
    [10n ** 38n],
    [{ type: 'tinyint', value: 128 }],
    [{ type: 'int', value: '1.5' }],
    [{ type: 'decimal(3,1)', value: '100' }],
    [{ type: 'decimal(3,1)', value: '1.25' }],
    [{ type: 'decimal', value: 'NaN' }],
    [{ type: 'date', value: '2026-02-30' }],
    [{ type: 'timestamp', value: '2026-02-03T10:00:00' }],
    [{ type: 'double', value: 'many' }],
    [{ type: 'binary', value: '%' }],
    [{ type: 'boolean', value: 'yes' }],
    [{ type: 'geometry', value: 'x' }],
    [{ type: 'array<int>', value: 1 }],
  ])('%o is refused by its name [spark-connect.parameters]', (value) => {
    expect(() => literalOf(value, '3')).toThrow(/^Parameter 3/);
  });

  it('is sent or refused, whatever JSON it is [spark-connect.parameters]', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          sent(value);
        } catch (error) {
          expect(error).toBeInstanceOf(HeadgateError);
        }
      }),
    );
  });
});
