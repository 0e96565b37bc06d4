import { expect, it } from 'vitest';
import { buildApplication, START } from './fixtures/application-builder.ts';
import { between, elapsedMs, rfc3339 } from './times.ts';

it.each([null, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1])(
  'has no text for the instant %s',
  (instant) => {
    expect(rfc3339(instant)).toBeNull();
  },
);

it('writes instants in UTC with milliseconds', () => {
  expect(rfc3339(START + 7)).toBe('2026-01-31T08:00:00.007Z');
});

it('never gives a negative duration, and null for an unknown one [spark-history.numbers-are-sane]', () => {
  expect([between(10, 4), between(4, 10), between(null, 4), between(4, null)]).toEqual([0, 6, null, null]);
});

it('lets work without an end last until the last event of the log', () => {
  const application = buildApplication({ endTime: null, lastEventTime: START + 5000 });
  expect(elapsedMs({ submissionTime: START, completionTime: null }, application)).toBe(5000);
  expect(elapsedMs({ submissionTime: null, completionTime: null }, application)).toBeNull();
});
