import { describe, expect, it } from 'vitest';
import { readExample } from '../fixtures/examples.ts';
import { oneQuery, raised, savedTaskMs, stageOf } from '../fixtures/plan-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { pythonUdf } from './python-udf.ts';

interface PythonSketch {
  readonly name?: string;
  readonly kind?: number;
  readonly run?: number | null;
  readonly code?: number | null;
  readonly start?: number;
  readonly rows?: number;
  readonly cpuMs?: number;
}

/** 4 tasks of 10 s through a Python function. */
function called({
  name = 'ArrowEvalPython',
  kind = 101,
  run = 32_000,
  code = 20_000,
  start = 0,
  rows = 100_000,
  cpuMs = 10_000,
}: PythonSketch) {
  const node = {
    name,
    text: name.startsWith('Arrow')
      ? `${name} [label(km#1)#2], [pythonUDF0#3], ${kind}`
      : `${name} [label(km#1)#2], [pythonUDF0#3]`,
    metrics: {
      'time to run Python workers': run,
      'time to execute Python code': code,
      'time to start Python workers': start,
      'number of output rows': rows,
    },
    children: [{ name: 'Range', metrics: { 'number of output rows': rows } }],
  };
  return oneQuery(node, [stageOf(0, 4, { to: 10_000, executorCpuTimeNs: cpuMs * 1e6 })]);
}

const found = (sketch: PythonSketch) => raised(pythonUdf, called(sketch));

describe('spark/python-udf', () => {
  it('finds a function of single rows by the time of its workers and replaces nine tenths of it [insight-plan-rules.rules-fire]', () => {
    const [one] = found({});
    expect(one).toMatchObject({
      title: 'A Python function of single rows took 80 % of its stage: label',
      confidence: 0.75,
      stages: ['stages/0.0'],
    });
    expect(one === undefined ? 0 : savedTaskMs(one)).toBeCloseTo(28_800);
  });

  it('takes the time in which the JVM did not compute where Spark has no metric for it [insight-plan-rules.rules-fire]', () => {
    const [one] = found({ name: 'BatchEvalPython', run: null, code: null, cpuMs: 5000 });
    expect(one?.confidence).toBe(0.55);
    expect(one === undefined ? 0 : savedTaskMs(one)).toBeCloseTo(18_000);
    expect(one?.advice[2]).toContain('spark.sql.execution.pythonUDF.arrow.enabled=true');
  });

  it('takes only the carrying of data from a pandas function [insight-plan-rules.rules-fire]', () => {
    const [one] = found({ kind: 200 });
    expect(one === undefined ? 0 : savedTaskMs(one)).toBeCloseTo(12_000);
    expect(found({ kind: 200, code: 31_000 })).toEqual([]);
  });

  it('fires at a fifth of the stage and a thousand rows [insight-plan-rules.thresholds]', () => {
    const fires = (sketch: PythonSketch) => found({ code: 0, ...sketch }).length;
    expect([fires({ run: 8889 }), fires({ run: 8888 })]).toEqual([1, 0]);
    expect([fires({ rows: 1000 }), fires({ rows: 999 })]).toEqual([1, 0]);
  });

  it('does not blame a function for starting the workers, nor one with a negligible share [insight-plan-rules.near-misses]', () => {
    expect(found({ run: 20_000, start: 19_000, code: 500 })).toEqual([]);
    expect(found({ run: 2000, code: 500 })).toEqual([]);
  });

  it('finds it in real logs of Spark 3.5 and 4.3 [insight-plan-rules.real-logs]', async () => {
    const [old] = raised(pythonUdf, await readExample('local-1795246630922.lz4'));
    expect(old?.title).toBe('A Python function of single rows took 88 % of its stage: BatchEvalPython');
    const [application] = await readRecorded('4.3/failed-udf');
    expect(application === undefined ? 0 : raised(pythonUdf, application).length).toBe(1);
    const [clean] = await readRecorded('4.3/orders-sql');
    expect(clean === undefined ? [] : raised(pythonUdf, clean)).toEqual([]);
  });
});
