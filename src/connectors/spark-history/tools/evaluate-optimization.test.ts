import { describe, expect, it } from 'vitest';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { recordedApplication } from '../fixtures/recorded.ts';
import { evaluateOptimization } from './evaluate-optimization.ts';

const CODECS = ['none', 'zstd', 'lz4', 'snappy', 'lzf'];

describe('evaluate_optimization', () => {
  it('compares five recorded runs with five of another Spark, and says where and why they differ [evaluation.tool]', async () => {
    const sides = await Promise.all(
      ['3.5', '4.3'].map((line) =>
        Promise.all(CODECS.map((codec) => recordedApplication(`${line}/first-look-${codec}`))),
      ),
    );
    const result = await callTool(evaluateOptimization, historyOf(...sides.flat()), {
      baseline: sides[0]?.map(({ appId }) => appId),
      candidate: sides[1]?.map(({ appId }) => appId),
    });
    expect(result.verdict).toBe('slower');
    expect(result.effect).toMatchObject({ baseline_median_ms: 5545, candidate_median_ms: 7984, ratio: 1.5428 });
    expect(rowsOf(result.where)[0]).toEqual({
      by: 'phase',
      part: 'startup',
      baseline_ms: 3489.8,
      candidate_ms: 5812.6,
      delta_ms: 2322.8,
    });
    expect(rowsOf(result.differences)[2]).toEqual({
      kind: 'spark-version',
      subject: 'Spark',
      baseline: '3.5.9',
      candidate: '4.3.0',
    });
  });

  it('takes one id as a list of one, and says what one run a side cannot tell [evaluation.single-runs]', async () => {
    const [a, b] = await Promise.all([recordedApplication('3.5/orders-sql'), recordedApplication('4.3/orders-sql')]);
    const result = await callTool(evaluateOptimization, historyOf(a, b), { baseline: a.appId, candidate: b.appId });
    expect([result.verdict, result.effect.runs_needed, result.effect.interval_95]).toEqual(['inconclusive', 3, null]);
  });

  it('refuses a run that is named twice: it would pass for a run without noise [evaluation.tool]', async () => {
    const [a, b] = await Promise.all([recordedApplication('3.5/orders-sql'), recordedApplication('4.3/orders-sql')]);
    const sides = [
      { baseline: [a.appId, a.appId, a.appId], candidate: [b.appId] },
      { baseline: [a.appId], candidate: [b.appId, a.appId] },
    ];
    for (const side of sides) {
      await expect(callTool(evaluateOptimization, historyOf(a, b), side)).rejects.toThrow(
        `The run «${a.appId}» is named twice.`,
      );
    }
  });

  it('names a failed run among its gaps [evaluation.set-aside]', async () => {
    const [a, b] = await Promise.all([recordedApplication('4.3/failed-udf'), recordedApplication('4.3/orders-sql')]);
    const result = await callTool(evaluateOptimization, historyOf(a, b), { baseline: [a.appId], candidate: [b.appId] });
    expect([result.verdict, result.effect]).toEqual([
      'inconclusive',
      { baseline_runs: 0, candidate_runs: 1, runs_needed: null },
    ]);
    expect(result.gaps[0]).toBe(
      `Set aside baseline ${a.appId}: It FAILED after 17.2 s: the time of a failed run says nothing about its speed.`,
    );
  });
});
