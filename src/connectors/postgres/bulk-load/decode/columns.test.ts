import { describe, expect, it } from 'vitest';
import { parseArray } from './array-text.ts';
import { readerOf } from './columns.ts';
import { daysOfText, intervalOfText, timeOfText, timestampOfText } from './time-text.ts';
import { typeNameOf } from './type-names.ts';

const place = { column: 'c', rowsBefore: 10 };

describe('text of PostgreSQL', () => {
  it('is read as days and microseconds, before Christ and with odd zones too [bulk-load.read]', () => {
    expect(daysOfText('1970-01-01')).toBe(0);
    expect(daysOfText('0001-01-01 BC')).toBe(-719_528);
    expect(daysOfText('infinity')).toBeNull();
    expect(timestampOfText('2000-01-01 00:00:00.5')).toBe(946_684_800_500_000n);
    expect(timestampOfText('2000-01-01 05:30:00+05:30')).toBe(946_684_800_000_000n);
    expect(timestampOfText('1900-01-01 00:00:00-00:53:28')).toBe(timestampOfText('1900-01-01 00:53:28+00'));
    expect(timestampOfText('-infinity')).toBeNull();
    expect(timeOfText('24:00:00')).toBe(86_400_000_000n);
    expect(intervalOfText('P1Y2M-3DT-4H5M-6.5S')).toEqual({ months: 14, days: -3, nanos: -14_106_500_000_000n });
  });

  it('is read as arrays with quotes, nulls and bounds [bulk-load.read]', () => {
    expect(parseArray('{}')).toEqual([]);
    expect(parseArray('[0:1]={a,NULL}')).toEqual(['a', null]);
    expect(parseArray('{"NULL","a \\"b\\" \\\\ {,}",""}')).toEqual(['NULL', 'a "b" \\ {,}', '']);
    expect(parseArray('{{1,2},{3,4}}')).toBeNull();
  });

  it('that has no place in Arrow is an error with its row [bulk-load.read]', () => {
    const modifier = ((5 << 16) | 2) + 4;
    expect(readerOf(1700, modifier).read(['1.25', null], place).length).toBe(2);
    expect(() => readerOf(1700, modifier).read(['1', 'NaN'], place)).toThrow(
      'Row 12, column c: the value has no place in decimal(5,2).',
    );
    expect(() => readerOf(1082, -1).read(['infinity'], place)).toThrow(/Row 11, column c/);
    expect(() => readerOf(1007, -1).read(['{{1},{2}}'], place)).toThrow(/several dimensions/);
  });

  it('has names of types with their modifiers [bulk-load.read]', () => {
    expect(typeNameOf(1700, ((5 << 16) | 2) + 4, {})).toBe('numeric(5,2)');
    expect(typeNameOf(1043, 14, {})).toBe('character varying(10)');
    expect(typeNameOf(1007, -1, { 1007: 23 })).toBe('integer[]');
  });
});
