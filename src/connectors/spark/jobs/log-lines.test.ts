import { describe, expect, it } from 'vitest';
import { filterLines } from './log-lines.ts';

const LOG = [
  'Using defaults',
  '26/11/21 16:47:35 INFO SparkContext: Running',
  '26/11/21 16:47:36 WARN Memory: low',
  '\tat of.a.stack(Trace.java)',
  '{"ts": "2026-11-21 16:47:36.000", "level": "ERROR", "msg": "x"}',
  '26/11/21 16:47:37 INFO SparkContext: on',
  'Traceback (most recent call last):',
  '  File "a.py", line 1',
  'ValueError: no',
];

describe('lines of a log', () => {
  it('are those of a level and above, each with what follows it [spark.logs]', () => {
    expect(filterLines(LOG, { level: 'WARN' })).toEqual([...LOG.slice(2, 5), ...LOG.slice(6)]);
    expect(filterLines(LOG, { level: 'ERROR' })).toEqual([LOG[4], ...LOG.slice(6)]);
    expect(filterLines(LOG, {})).toEqual(LOG);
  });

  it('are those with a text in any case, or that a regular expression is found in [spark.logs]', () => {
    expect(filterLines(LOG, { pattern: 'valueerror' })).toEqual([LOG[8]]);
    expect(filterLines(LOG, { pattern: '/^26.*(?:INFO|WARN) [A-Z]/', level: 'WARN' })).toEqual([LOG[2]]);
    expect(filterLines(LOG, { pattern: '(' })).toEqual(LOG.filter((line) => line.includes('(')));
  });

  it.each(['/(a+)+$/', '/(?=x)y/', '/(a)\\1/', '/(/', 'x'.repeat(501)])(
    'refuse a pattern that is none, or would work for ever: %s [spark.log-pattern-safe]',
    (pattern) => {
      const long = [`${'a'.repeat(60)}!`];
      expect(() => filterLines(long, { pattern })).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
    },
  );
});
