import { describe, expect, it } from 'vitest';
import { buildApplication, oneStage, planNode, START } from '../../fixtures/application-builder.ts';
import { readRecorded, recordedIds } from '../../fixtures/recorded.ts';
import { renderHtml } from '../html/render-html.ts';
import { buildReport } from './build-report.ts';
import { COMPACT_LIMITS } from './limits.ts';
import { histogramOf } from './task-distribution.ts';
import { WorstReports } from './worst-reports.ts';

/** Every number of a model. */
const numbers = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : [];
};

/** A run with more of everything than a report keeps. */
function largeApplication() {
  const name = 'collect at /very/long/path/to/some/job/that/is/named/by/its/whole/path/orders.py:12';
  const tasksOf = (stageId: number) =>
    Array.from({ length: stageId < 12 ? 300 : 3 }, (_, task) => ({
      from: stageId * 5000 + task,
      to: stageId * 5000 + 1000 + task * 10,
      executor: String(task % 100),
      inputBytes: task * 1e6,
    }));
  return buildApplication({
    length: 2_000_000,
    jobs: Array.from({ length: 300 }, (_, jobId) => ({ jobId, name, from: jobId * 5000, to: jobId * 5000 + 4000 })),
    stages: Array.from({ length: 300 }, (_, stageId) => ({
      stageId,
      name,
      from: stageId * 5000,
      to: stageId * 5000 + 4000,
      tasks: tasksOf(stageId),
    })),
    executors: Array.from({ length: 100 }, (_, id) => ({ executorId: String(id) })),
    sqlExecutions: Array.from({ length: 20 }, (_, executionId) => ({
      executionId,
      plan: planNode('Union', {
        children: Array.from({ length: 200 }, (_, child) =>
          planNode(`Scan parquet`, { simpleString: `Scan parquet ${'column,'.repeat(100)} ${child}` }),
        ),
      }),
    })),
  });
}

describe('a report model', () => {
  it('holds the jobs in lanes, the driver alone between them, and the executors that were there [report.views]', () => {
    const { timeline } = buildReport(
      buildApplication({
        jobs: [
          { jobId: 0, from: 10_000, to: 30_000 },
          { jobId: 1, from: 20_000, to: 40_000 },
          { jobId: 2, from: 30_000, to: 50_000 },
        ],
        executors: [
          { executorId: '1', from: 5000 },
          { executorId: '2', from: 20_000, to: 45_000 },
        ],
      }),
    );
    expect(timeline.jobs.items.map(({ jobId, lane, from, to }) => [jobId, lane, from, to])).toEqual([
      [0, 0, 10_000, 30_000],
      [1, 1, 20_000, 40_000],
      [2, 0, 30_000, 50_000],
    ]);
    expect(timeline.driverAlone.items).toEqual([
      { from: 0, to: 10_000 },
      { from: 50_000, to: 60_000 },
    ]);
    expect(timeline.executors).toEqual([
      [5000, 1],
      [20_000, 2],
      [45_000, 1],
    ]);
  });

  it('tells busy from idle cores, in all and by executor [report.views]', () => {
    const application = oneStage(
      [
        { from: 0, to: 30_000, executor: '1' },
        { from: 0, to: 60_000, executor: '2' },
      ],
      {
        executors: [
          { executorId: '1', totalCores: 1 },
          { executorId: '2', totalCores: 1, to: 60_000 },
        ],
      },
    );
    const { occupancy } = buildReport(application, { limits: { ...COMPACT_LIMITS, bins: 4 } });
    expect([occupancy?.binMs, occupancy?.cores, occupancy?.busy]).toEqual([15_000, [2, 2, 2, 2], [2, 2, 1, 1]]);
    expect(occupancy?.executors.items.map(({ busyPercent }) => busyPercent)).toEqual([
      [100, 100, 0, 0],
      [100, 100, 100, 100],
    ]);
  });

  it('gives each stage its tasks as quantiles, histogram and points [report.views]', () => {
    const { distributions } = buildReport(
      oneStage([{ to: 1000 }, { to: 2000 }, { to: 3000 }, { to: 4000, outcome: 'FAILED' }]),
    );
    const [one] = distributions.items;
    expect(one?.quantiles[0]?.values).toEqual([1000, 1000, 2000, 3000, 3000, 3000]);
    expect(one?.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(one?.points.items.map(([, duration, , , status]) => [duration, status])).toEqual([
      [4000, 'FAILED'],
      [3000, 'SUCCESS'],
      [2000, 'SUCCESS'],
      [1000, 'SUCCESS'],
    ]);
  });

  it('widens the bins of a histogram where a few tasks are far slower [report.views]', () => {
    const { edges, counts } = histogramOf(Float64Array.from([10, 11, 12, 13, 100_000]));
    expect([edges[0], counts.at(-1), counts.reduce((sum, count) => sum + count, 0)]).toEqual([0, 1, 5]);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(1);
    expect(histogramOf(new Float64Array(3))).toEqual({ edges: [0, 1], counts: [3] });
  });

  it('gives a plan without its wrappers, and each operator its time or that of its generated code [report.views]', () => {
    const timing = (accumulatorId: number, name = 'scan time') => [{ name, accumulatorId, type: 'timing' }];
    const plan = planNode('AdaptiveSparkPlan', {
      children: [
        planNode('WholeStageCodegen (2)', {
          metrics: timing(1, 'duration'),
          children: [
            planNode('Project', {
              children: [planNode('InputAdapter', { children: [planNode('Scan parquet', { metrics: timing(2) })] })],
            }),
          ],
        }),
      ],
    });
    const metricValues = new Map([
      [1, 3000],
      [2, 1000],
    ]);
    const { plans } = buildReport(buildApplication({ sqlExecutions: [{ executionId: 4, plan, metricValues }] }));
    expect(
      plans.items[0]?.nodes.items.map((box) => [box.id, box.parent, box.name, box.timeMs, box.codegen, box.share]),
    ).toEqual([
      [2, null, 'Project', 3000, 2, 0.75],
      [4, 2, 'Scan parquet', 1000, null, 0.25],
    ]);
  });

  it('stays small whatever the application is, and counts what it leaves out [report.bounded]', () => {
    const application = largeApplication();
    const model = buildReport(application);
    expect([model.stages.items.length, model.stages.total]).toEqual([150, 300]);
    expect([model.plans.items.length, model.plans.total]).toEqual([8, 20]);
    expect([model.plans.items[0]?.nodes.items.length, model.plans.items[0]?.nodes.total]).toEqual([120, 201]);
    expect([model.occupancy?.executors.items.length, model.occupancy?.executors.total]).toEqual([40, 100]);
    const page = renderHtml([model]);
    expect(page.length).toBeLessThan(2_000_000);
    for (const cut of [
      'The longest 150 of 300 stage attempts',
      '120 of 201 nodes',
      '40 of 100 executors',
      '8 of 20 SQL executions',
    ])
      expect(page).toContain(cut);
    expect(JSON.stringify(buildReport(application, { limits: COMPACT_LIMITS })).length).toBeLessThan(250_000);
  });

  it.each([
    ['nothing at all', {}],
    ['no times', { startTime: null, endTime: null, lastEventTime: null }],
    ['a clock that ran backwards', { endTime: START - 5000, lastEventTime: START - 5000 }],
    ['no executors', { executors: [] }],
  ])('is made of an application with %s [report.bad-input]', (_, sketch) => {
    const model = buildReport(buildApplication(sketch));
    expect(numbers(model).filter((value) => !Number.isFinite(value) || (value < 0 && value > -1e12))).toEqual([]);
    expect(renderHtml([model])).not.toMatch(/(?<![A-Za-z])(?:NaN|Infinity)(?![A-Za-z])[^;]{0,20}<\//);
  });

  it('is made of tasks without metrics, without ends, and with ends before their starts [report.bad-input]', () => {
    const model = buildReport(
      oneStage([
        { from: 5000, to: 1000 },
        { outcome: 'RUNNING', measured: false },
        { to: 2000, outcome: 'KILLED', measured: false },
        { to: 0 },
      ]),
    );
    expect(numbers(model).filter((value) => !Number.isFinite(value) || value < 0)).toEqual([]);
    expect(model.occupancy?.busy.every((busy, bin) => busy <= (model.occupancy?.cores[bin] ?? 0))).toBe(true);
  });

  it('is made of every recorded log, with numbers only [report.bad-input]', async () => {
    for (const id of recordedIds()) {
      for (const application of await readRecorded(id)) {
        const model = buildReport(application, { limits: COMPACT_LIMITS });
        expect(
          numbers(model).filter((value) => !Number.isFinite(value)),
          id,
        ).toEqual([]);
        expect(model.verdict, id).toMatch(/^(?:Succeeded|Failed|Still running|The log ends)/);
      }
    }
  });
});

describe('reports of many applications', () => {
  it('keep the worst and a line of each other one [report.several]', () => {
    const worst = new WorstReports(2);
    for (const [appId, status] of [
      ['a', 'SUCCEEDED'],
      ['b', 'FAILED'],
      ['c', 'RUNNING'],
    ] as const)
      worst.add(buildReport(buildApplication({ appId, status })));
    expect([worst.reports.map(({ header }) => header.appId), worst.others.map(({ header }) => header.appId)]).toEqual([
      ['b', 'c'],
      ['a'],
    ]);
  });
});
