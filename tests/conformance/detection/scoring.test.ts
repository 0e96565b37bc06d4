import { describe, expect, it } from 'vitest';
import { type Judged, scoreCorpus } from '../../../bench/detection/scoring.ts';

const SKEW = 'spark/task-skew';
const SPILL = 'spark/disk-spill';
const GAP = 'spark/driver-gap';

function judged(id: string, defect: string | null, reported: string[], more: Partial<Judged['label']> = {}): Judged {
  const expected = defect === null ? [] : [defect];
  return { label: { id, defect, expected, allowed: {}, parameters: {}, description: '', ...more }, reported };
}

describe('the score of a corpus', () => {
  it('divides what was found by what was reported and by what was expected [detection.precision-recall]', () => {
    const score = scoreCorpus([
      judged('task-skew/a', SKEW, [SKEW]),
      judged('task-skew/b', SKEW, [SKEW, GAP]),
      judged('disk-spill/a', SPILL, []),
      judged('control/a', null, []),
    ]);

    expect(score.total).toEqual({ hits: 2, folded: 0, misses: 1, falseAlarms: 1, allowed: 0 });
    expect([score.precision, score.recall]).toEqual([2 / 3, 2 / 3]);
    expect([score.defects, score.controls]).toEqual([3, 1]);
  });

  it('counts a rule that stands under its cause as found, and says so [detection.precision-recall]', () => {
    const one = judged('disk-spill/a', 'spark/disk-spill', ['spark/shuffle-partitions'], {
      allowed: { 'spark/shuffle-partitions': 'too few partitions make it spill' },
    });
    const score = scoreCorpus([{ ...one, folded: ['spark/disk-spill'] }]);
    expect(score.total).toEqual({ hits: 1, folded: 1, misses: 0, falseAlarms: 0, allowed: 1 });
    expect(score.recall).toBe(1);
  });

  it('counts what is allowed neither for nor against [detection.allowed-is-neutral]', () => {
    const allowed = { [SPILL]: 'the hot partition is larger than its memory' };
    const score = scoreCorpus([
      judged('task-skew/a', SKEW, [SKEW, SPILL], { allowed }),
      judged('task-skew/b', SKEW, [SKEW], { allowed }),
    ]);

    expect(score.total).toEqual({ hits: 2, folded: 0, misses: 0, falseAlarms: 0, allowed: 1 });
    expect([score.precision, score.recall]).toEqual([1, 1]);
    expect(score.byRule[SPILL]).toEqual({ hits: 0, folded: 0, misses: 0, falseAlarms: 0, allowed: 1 });
  });

  it('divides the false findings of controls by the controls alone [detection.false-per-control]', () => {
    const score = scoreCorpus([
      judged('control/a', null, [GAP, SKEW]),
      judged('control/b', null, []),
      judged('control/c', null, []),
      judged('control/d', null, []),
      judged('disk-spill/a', SPILL, [SPILL, GAP]),
    ]);

    expect(score.falsePerControl).toBe(0.5);
    expect(score.total.falseAlarms).toBe(3);
  });

  it('counts a rule that is reported for several stages once [detection.precision-recall]', () => {
    const score = scoreCorpus([judged('task-skew/a', SKEW, [SKEW, SKEW]), judged('control/a', null, [GAP, GAP])]);

    expect(score.total).toEqual({ hits: 1, folded: 0, misses: 0, falseAlarms: 1, allowed: 0 });
  });

  it('names every miss and every false alarm by its log, its rule and what is wrong [detection.mistakes-listed]', () => {
    const score = scoreCorpus([judged('task-skew/a', SKEW, [GAP]), judged('control/a', null, [SPILL])]);

    expect(score.mistakes).toEqual([
      { id: 'task-skew/a', rule: SKEW, kind: 'missed' },
      { id: 'task-skew/a', rule: GAP, kind: 'false alarm' },
      { id: 'control/a', rule: SPILL, kind: 'false alarm' },
    ]);
    expect(score.byRule).toEqual({
      [SPILL]: { hits: 0, folded: 0, misses: 0, falseAlarms: 1, allowed: 0 },
      [GAP]: { hits: 0, folded: 0, misses: 0, falseAlarms: 1, allowed: 0 },
      [SKEW]: { hits: 0, folded: 0, misses: 1, falseAlarms: 0, allowed: 0 },
    });
  });

  it('has no ratio where there is nothing to divide by [detection.precision-recall]', () => {
    const score = scoreCorpus([]);

    expect([score.precision, score.recall, score.falsePerControl]).toEqual([null, null, null]);
  });
});
