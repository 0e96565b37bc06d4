import { describe, expect, it } from 'vitest';
import type { Application } from '../../eventlog/index.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { evaluateOptimization } from './evaluate-optimization.ts';
import { evaluationToJson } from './evaluation-json.ts';
import { renderEvaluation } from './render-evaluation.ts';

const CODECS = ['none', 'zstd', 'lz4', 'snappy', 'lzf'];

async function recordedPair() {
  const [baseline, candidate] = await Promise.all(
    ['3.5', '4.3'].map(async (line) =>
      (await Promise.all(CODECS.map((codec) => readRecorded(`${line}/first-look-${codec}`)))).flat(),
    ),
  );
  return evaluateOptimization(baseline as Application[], candidate as Application[]);
}

describe('an evaluation in a terminal', () => {
  it('begins with the verdict and shows where, at what cost and why [evaluation.command]', async () => {
    const lines = renderEvaluation(await recordedPair(), { color: false, width: 100 }).split('\n');
    expect(lines.slice(0, 2)).toEqual([
      'SLOWER  5 candidate runs against 5 baseline runs',
      '  The candidate took 8 s, the baseline 5.5 s (medians): +54 % on average (95 % interval +22 % to +95',
    ]);
    expect(lines).toContain('      +2.3 s  3.5 s → 5.8 s         startup (before the first job)');
    expect(lines).toContain('  0.00272 → 0.00432 core-hours (+59 %)');
    expect(lines).toContain('  Spark: 3.5.9 → 4.3.0');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });

  it('tells why nothing could be compared', async () => {
    const [failed, good] = await Promise.all([readRecorded('4.3/failed-udf'), readRecorded('4.3/orders-sql')]);
    const text = renderEvaluation(evaluateOptimization(failed, good), { color: false, width: 80 });
    expect(text).toContain('INCONCLUSIVE  1 candidate run against 0 baseline runs');
    expect(text).toContain('No run of the baseline can be compared.');
    expect(text).toContain('It FAILED after 17.2 s');
  });
});

describe('an evaluation as JSON', () => {
  it('has its times in milliseconds and its unknowns as null [evaluation.command]', async () => {
    const json = evaluationToJson(await recordedPair());
    expect(json.effect).toMatchObject({ ratio: 1.5428, baseline_median_ms: 5545, noise_ratio: 0.176 });
    expect([json.delta_ms, json.currency, json.set_aside]).toEqual([3169.4, null, []]);
    expect(json.phases[0]).toEqual({ part: 'startup', baseline_ms: 3489.8, candidate_ms: 5812.6, delta_ms: 2322.8 });
  });
});
