import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDate,
  formatDayTime,
  formatInterval,
  formatTimeOfDay,
  formatTimestamp,
  formatYearMonth,
  parseDate,
  parseDayTime,
  parseTimeOfDay,
  parseTimestamp,
  parseYearMonth,
} from './time-text.ts';

describe('times as text', () => {
  it('are those of the calendar, also far from now [spark-connect.types]', () => {
    expect(formatDate(0)).toBe('1970-01-01');
    expect(formatDate(-719_162)).toBe('0001-01-01');
    expect(formatDate(2_932_897)).toBe('+10000-01-01');
    expect(formatTimestamp(-1n, 'Z')).toBe('1969-12-31T23:59:59.999999999Z');
    expect(formatTimestamp(1_500_000_000n, '')).toBe('1970-01-01T00:00:01.5');
    expect(formatTimeOfDay(86_399_999_999_000n)).toBe('23:59:59.999999');
  });

  it('agree with Date where it is exact [spark-connect.types]', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const text = formatTimestamp(BigInt(date.getTime()) * 1_000_000n, 'Z');
          expect(new Date(text).getTime()).toBe(date.getTime());
        },
      ),
    );
  });

  it('are read as they were written [spark-connect.types]', () => {
    const long = fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n });
    const int = fc.integer({ min: -2_000_000_000, max: 2_000_000_000 });
    fc.assert(
      fc.property(fc.integer({ min: -3_000_000, max: 30_000_000 }), (days) => parseDate(formatDate(days)) === days),
    );
    fc.assert(fc.property(long, (micros) => parseDayTime(formatDayTime(micros)) === micros));
    fc.assert(fc.property(int, (months) => parseYearMonth(formatYearMonth(months)) === months));
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 86_399_999_999_999n }), (nanos) => {
        expect(parseTimeOfDay(formatTimeOfDay(nanos))).toBe(nanos);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 16n), max: 10n ** 17n }), (micros) => {
        expect(parseTimestamp(formatTimestamp(micros * 1000n, 'Z'), true)).toBe(micros);
      }),
    );
  });

  it('that are intervals have a sign at each part [spark-connect.types]', () => {
    expect(formatInterval(14, -25, 18_367_500_000_000n)).toBe('P1Y2M-25DT5H6M7.5S');
    expect(formatDayTime(-1n)).toBe('PT-0.000001S');
    expect(formatDayTime(0n)).toBe('PT0S');
    expect(formatYearMonth(0)).toBe('P0M');
    expect(formatYearMonth(-14)).toBe('P-1Y-2M');
  });

  it.each(['P', 'PT', 'P1', '1D', 'P1DT', 'PT1.1234567S'])('%s is no interval [spark-connect.parameters]', (text) => {
    expect(parseDayTime(text)).toBeNull();
    expect(parseYearMonth(text)).toBeNull();
  });
});
