import { describe, expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { differencesBetween, runsAround } from './change-causes.ts';
import { type RunRecord, toRunRecord } from './run-record.ts';

const plain = toRunRecord(buildApplication({}));
const record = (over: Partial<RunRecord> = {}): RunRecord => ({ ...plain, ...over });
const withConfig = (properties: Record<string, string>) => record({ config: { hash: '', properties } });

describe('what changed with a change', () => {
  it('is nothing between equal runs', () => {
    expect(differencesBetween([record(), record()], [record()])).toEqual([]);
  });

  it('is a property that most runs agree on, on either side, and no property of single days [run-history.what-changed]', () => {
    const before = ['a', 'b', 'c', 'd'].map((day) => withConfig({ size: '1g', day, mixed: day === 'a' ? 'x' : 'y' }));
    const after = ['e', 'f', 'g'].map((day) => withConfig({ size: '2g', day, mixed: 'y', added: '1' }));
    expect(differencesBetween(before, [...after, withConfig({ size: '1g', mixed: 'y', added: '1' })])).toEqual([
      { kind: 'config', subject: 'added', before: null, after: '1' },
      { kind: 'config', subject: 'size', before: '1g', after: '2g' },
    ]);
  });

  it('is a volume that differs by a tenth, cores, and a problem that appeared [run-history.what-changed]', () => {
    const of = (inputBytes: number, peakCores: number, rules: readonly string[]) =>
      record({
        measures: { ...plain.measures, inputBytes, peakCores },
        findings: rules.map((rule) => ({
          rule,
          severity: 'warning',
          title: '',
          seconds: 9,
          coreHours: null,
          share: 0.5,
        })),
      });
    expect(differencesBetween([of(100, 8, ['spark/gc-pressure'])], [of(120, 4, ['spark/disk-spill'])])).toEqual([
      { kind: 'volume', subject: '', before: 100, after: 120 },
      { kind: 'cores', subject: '', before: 8, after: 4 },
      { kind: 'finding', subject: 'spark/disk-spill', before: null, after: 'found' },
      { kind: 'finding', subject: 'spark/gc-pressure', before: 'found', after: null },
    ]);
    expect(differencesBetween([of(100, 8, [])], [of(105, 8, [])])).toEqual([]);
  });

  it('is the line of code where the time went [run-history.what-changed]', () => {
    const of = (durationMs: number, slow: number) =>
      record({
        durationMs,
        stages: [
          { callSite: 'join at a.py:1', wallMs: slow, taskMs: slow, stageCount: 1 },
          { callSite: 'count at a.py:2', wallMs: 1000, taskMs: 1000, stageCount: 1 },
        ],
      });
    expect(differencesBetween([of(5000, 4000)], [of(9000, 8000)])).toEqual([
      { kind: 'stage', subject: 'join at a.py:1', before: 4000, after: 8000 },
    ]);
  });

  it('is looked for in five runs on either side, between the changes beside it', () => {
    const runs = Array.from({ length: 20 }, (_, index) => index);
    expect(runsAround(runs, 10, [10])).toEqual({ before: [5, 6, 7, 8, 9], after: [10, 11, 12, 13, 14] });
    expect(runsAround(runs, 10, [7, 10, 12])).toEqual({ before: [7, 8, 9], after: [10, 11] });
    expect(runsAround(runs, 18, [18])).toEqual({ before: [13, 14, 15, 16, 17], after: [18, 19] });
  });
});
