import { describe, expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { parseQuantiles, successfulRows, taskDistributions, taskQuantiles } from './task-distribution.ts';

const application = buildApplication({
  stages: [
    {
      stageId: 0,
      tasks: [
        ...[10, 40, 20, 30].map((finish) => ({ finish, inputBytes: finish * 100 })),
        { status: 'FAILED' as const, finish: 9999 },
        { status: 'KILLED' as const, finish: 9999 },
      ],
    },
    { stageId: 1, tasks: [{ status: 'FAILED' as const }] },
  ],
});
const [stage, failed] = application.stages as [(typeof application.stages)[0], (typeof application.stages)[0]];

describe('task quantiles', () => {
  it('takes the value at ⌊q·n⌋ of the sorted successful tasks, as Spark does [spark-history.quantiles-as-spark]', () => {
    const rows = successfulRows(application.tasks, stage);
    const of = (quantiles: number[]) => taskQuantiles(rows, (row) => application.tasks.durationMs(row), quantiles);
    expect(of([0, 0.24, 0.25, 0.5, 0.75, 0.95, 1])).toEqual([10, 10, 20, 30, 40, 40, 40]);
  });

  it('names the metrics that are 0 for every task instead of listing zeros', () => {
    const found = taskDistributions(application.tasks, stage, [0.5, 1]);
    expect(found?.taskCount).toBe(4);
    expect(found?.metrics).toEqual({
      duration_ms: [30, 40],
      executor_run_time_ms: [30, 40],
      input_bytes: [3000, 4000],
    });
    expect(found?.allZero).toContain('jvm_gc_time_ms');
  });

  it('has none when no task succeeded', () => {
    expect(taskDistributions(application.tasks, failed, [0.5])).toBeNull();
  });
});

describe('reading quantiles', () => {
  it('sorts them, as Spark does', () => {
    expect(parseQuantiles('0.5, 0.05,1')).toEqual([0.05, 0.5, 1]);
  });

  it.each(['', 'median', '0.5,', '-0.1', '1.5', '0.5;0.9', Array(21).fill('0.5').join(',')])('refuses "%s"', (text) => {
    expect(() => parseQuantiles(text)).toThrow(/are no quantiles/);
  });
});
