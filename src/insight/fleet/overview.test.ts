import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findPrices } from '../cost/prices.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { type RunRecord, toRunRecord } from '../history/run-record.ts';
import { fleetOverview } from './overview.ts';

const HOUR = 3_600_000;

/** A run of an hour on one executor of four cores, with these findings. */
function runOf(name: string, appId: string, findings: Array<Partial<RunRecord['findings'][number]>> = []): RunRecord {
  const record = toRunRecord(
    buildApplication({
      appId,
      name,
      length: HOUR,
      executors: [
        { executorId: 'driver', totalCores: 0 },
        { executorId: '1', totalCores: 4, from: 0, to: null },
      ],
      jobs: [{ jobId: 0, stageIds: [0] }],
      stages: [{ stageId: 0, from: 0, to: HOUR, tasks: [{ from: 0, to: HOUR, executor: '1' }] }],
    }),
  );
  const line = { severity: 'warning', title: 'Slow.', seconds: 60, coreHours: 1, share: 0.1 } as const;
  return { ...record, findings: findings.map((one) => ({ rule: 'spark/task-skew', ...line, ...one })) };
}

describe('the overview of a fleet', () => {
  it('adds up runs, failures, cost and waste by logical application [fleet.every-application]', () => {
    const records = [
      runOf('orders-2026-02-01', 'app-1'),
      { ...runOf('orders-2026-02-02', 'app-2'), status: 'FAILED' as const },
      runOf('clicks', 'app-3'),
    ];
    const { total, applications } = fleetOverview(records, findPrices('aws-emr-serverless/x86'));
    expect(applications.map(({ logicalKey, runCount, failedCount }) => [logicalKey, runCount, failedCount])).toEqual([
      ['orders-#', 2, 1],
      ['clicks', 1, 0],
    ]);
    // Four cores of the executor and the driver's one, an hour each.
    expect(total.coreHours).toBeCloseTo(15, 9);
    expect(applications[0]?.coreHours).toBeCloseTo(10, 9);
    expect(applications[0]?.medianDurationMs).toBe(HOUR);
    expect(total.money?.amount).toBeGreaterThan(15 * 0.052624);
  });

  it('calls idle cores waste, and no more than executors cost [fleet.waste-is-a-bound]', () => {
    const { total } = fleetOverview([runOf('clicks', 'app-1')], findPrices('aws-glue/standard'));
    expect(total.wastedCoreHours).toBeCloseTo(3, 9);
    expect(total.wastedMoney?.amount).toBeCloseTo(0.75 * 0.44, 9);
  });

  it('ranks problems by core-hours over all runs, not by share or severity [fleet.absolute-size]', () => {
    const { offenders, applications } = fleetOverview(
      [
        runOf('small', 'app-1', [{ rule: 'spark/gc-pressure', severity: 'critical', coreHours: 0.5, share: 0.9 }]),
        runOf('large-1', 'app-2', [{ coreHours: 2, share: 0.05 }]),
        runOf('large-2', 'app-3', [{ coreHours: 3, share: 0.05, title: 'Slower.', seconds: 90 }]),
      ],
      null,
    );
    expect(
      offenders.map(({ logicalKey, rule, runCount, coreHours }) => [logicalKey, rule, runCount, coreHours]),
    ).toEqual([
      ['large-#', 'spark/task-skew', 2, 5],
      ['small', 'spark/gc-pressure', 1, 0.5],
    ]);
    expect(offenders[0]).toMatchObject({ title: 'Slower.', appId: 'app-3' });
    expect(applications.find(({ logicalKey }) => logicalKey === 'small')?.worst?.rule).toBe('spark/gc-pressure');
  });

  it('counts the largest of several findings of one rule in one run, never their sum [fleet.absolute-size]', () => {
    const { offenders } = fleetOverview([runOf('a', 'app-1', [{ coreHours: 2 }, { coreHours: 3 }])], null);
    expect(offenders.map(({ coreHours, runCount }) => [coreHours, runCount])).toEqual([[3, 1]]);
  });

  it('does not depend on the order of runs [fleet.order-free]', () => {
    const records = ['a', 'b', 'c-1', 'c-2'].map((name, index) =>
      runOf(name, `app-${index}`, [{ coreHours: index % 2, seconds: index }]),
    );
    const expected = fleetOverview(records, null);
    fc.assert(
      fc.property(fc.shuffledSubarray(records, { minLength: records.length }), (shuffled) => {
        expect(fleetOverview(shuffled, null)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('is empty, not broken, without runs [fleet.every-application]', () => {
    expect(fleetOverview([], null)).toMatchObject({
      applications: [],
      offenders: [],
      total: { runCount: 0, coreHours: 0 },
    });
  });
});
