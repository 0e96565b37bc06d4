import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberColumn } from './number-column.ts';

const numbers = fc.array(
  fc.oneof(
    fc.constant(0),
    fc.integer(),
    fc.integer({ min: -(2 ** 53), max: 2 ** 53 }),
    // A column has one zero: adding 0 makes −0 to it.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  ),
);

const columnOf = (values: readonly number[]) => {
  const column = new NumberColumn();
  for (const value of values) column.push(value);
  return column;
};

const valuesOf = (column: NumberColumn) => Array.from({ length: column.length }, (_, row) => column.at(row));

describe('a number column', () => {
  it('gives back what was pushed, however it was put together [eventlog.column-exact]', () => {
    fc.assert(
      fc.property(fc.array(numbers), (parts) => {
        const joined = new NumberColumn();
        for (const part of parts) joined.append(NumberColumn.fromTransfer(columnOf(part).toTransfer()));
        const one = columnOf(parts.flat());
        expect(valuesOf(joined)).toEqual(valuesOf(one));
        expect(valuesOf(one)).toEqual(parts.flat());
      }),
    );
  });

  it('pushes a slot of many records as one by one [eventlog.column-exact]', () => {
    fc.assert(
      fc.property(numbers, numbers, (before, values) => {
        const records = Float64Array.from(values.flatMap((value) => [Number.NaN, value, 7]));
        const bases = Int32Array.from(values, (_, i) => i * 3);
        const column = columnOf(before);
        column.pushFrom(records, 1, bases, values.length);
        column.pushFrom(records, 0, bases, values.length);
        expect(valuesOf(column)).toEqual([...before, ...values, ...values.map(() => 0)]);
      }),
    );
  });

  it('sums by key, rows with key -1 left out, columns of appended zeros too [eventlog.column-exact]', () => {
    const column = columnOf([5, 6, 7]);
    column.append(columnOf([0, 0]));
    const sums = new Float64Array(2);
    column.sumInto(sums, Int32Array.from([0, 1, -1, 0, 1]));
    expect([...sums]).toEqual([5, 6]);
  });

  it('takes no memory for zeros and four bytes for small whole numbers [eventlog.column-memory]', () => {
    expect(columnOf(new Array(5_000).fill(0)).byteLength).toBe(0);
    const small = columnOf(new Array(4_096).fill(3));
    small.trim();
    expect(small.byteLength).toBe(4 * 4_096);
  });
});
