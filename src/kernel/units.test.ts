import { expect, it } from 'vitest';
import { countNoun, formatBytes, formatCount, formatDuration, formatShare } from './units.ts';

it('writes bytes in binary units', () => {
  expect([0, 1, 1023, 1536, 1024 ** 3, 5e15, -1, Number.NaN].map(formatBytes)).toEqual([
    '0 B',
    '1 B',
    '1023 B',
    '1.5 KiB',
    '1 GiB',
    '4.44 PiB',
    '0 B',
    '0 B',
  ]);
});

it('writes durations in at most two units', () => {
  expect([0, 340, 8240, 59_949, 60_000, 200_000, 7_500_000, -1].map(formatDuration)).toEqual([
    '0 ms',
    '340 ms',
    '8.2 s',
    '59.9 s',
    '1 min',
    '3 min 20 s',
    '2 h 5 min',
    '0 ms',
  ]);
});

it('writes shares, counts and counted nouns', () => {
  expect([0, 0.004, 0.25, 2].map(formatShare)).toEqual(['0 %', '<1 %', '25 %', '100 %']);
  expect([formatCount(98_000), countNoun(1, 'job'), countNoun(1200, 'query', 'queries')]).toEqual([
    '98,000',
    '1 job',
    '1,200 queries',
  ]);
});
