import { Int32, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../kernel/errors.ts';
import { decimalText, floatNumber, utf8, wholeNumber } from './cell-text.ts';
import { readRows } from './read-rows.ts';

const COLUMNS = [
  { name: 'a', type: 'int', nullable: true },
  { name: 'b', type: 'string', nullable: true },
];

describe('rows of a chunk', () => {
  it('are what was put in, wherever the chunk lies in memory [spark-connect.types]', () => {
    const int = fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
    const row = fc.tuple(int, fc.option(fc.string({ unit: 'grapheme' })));
    fc.assert(
      fc.property(fc.array(row), fc.nat(9), (rows, shift) => {
        const table = new Table({
          a: vectorFromArray(
            rows.map(([a]) => a),
            new Int32(),
          ),
          b: vectorFromArray(
            rows.map(([, b]) => b),
            new Utf8(),
          ),
        });
        const chunk = tableToIPC(table, 'stream');
        const moved = new Uint8Array(chunk.byteLength + shift);
        moved.set(chunk, shift);
        expect(readRows(moved.subarray(shift), COLUMNS)).toEqual(rows);
      }),
    );
  });

  it('are refused when the chunk is damaged or has other columns [spark-connect.damaged-values]', () => {
    const chunk = tableToIPC(new Table({ a: vectorFromArray([1], new Int32()) }), 'stream');
    expect(() => readRows(chunk, COLUMNS)).toThrow(/1 columns, and not the 2/);
    expect(() => readRows(chunk.subarray(0, 60), COLUMNS)).toThrow(HeadgateError);
  });
});

describe('cells', () => {
  it('that are numbers are exact [spark-connect.types]', () => {
    expect(wholeNumber(2n ** 53n)).toBe('9007199254740992');
    expect(wholeNumber(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
    expect(floatNumber(Math.fround(0.1))).toBe(0.1);
    expect(floatNumber(Number.NaN)).toBe('NaN');
    expect(decimalText(-5n, 3)).toBe('-0.005');
    expect(decimalText(0n, 0)).toBe('0');
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Math.fround(Number(floatNumber(value))) === value).toBe(true);
      }),
    );
  });

  it('that are text keep what is UTF-8 [spark-connect.damaged-values]', () => {
    expect(utf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff]))).toBe('\ufeffa\ufffd');
  });
});
