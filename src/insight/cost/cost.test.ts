import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { readRecorded, recordedIds } from '../fixtures/recorded.ts';
import { costBasis, moneyForCoreHours, moneyOf, runCost } from './cost.ts';
import { findPrices, ownPrices, PRICE_TABLES } from './prices.ts';
import { resourceUseOf } from './resource-use.ts';

const HOUR = 3_600_000;

/** An hour on two executors of 4 cores and 8 GiB heap, the second there for half of it. */
const hourRun = () =>
  describeRun(
    buildApplication({
      length: HOUR,
      spark: {
        'spark.executor.memory': '8g',
        'spark.executor.memoryOverhead': '2g',
        'spark.driver.memory': '3g',
        'spark.driver.memoryOverhead': '1024',
      },
      executors: [
        { executorId: 'driver', totalCores: 0 },
        { executorId: '1', totalCores: 4, from: 0, to: null },
        { executorId: '2', totalCores: 4, from: HOUR / 2, to: null },
      ],
      jobs: [{ jobId: 0, stageIds: [0] }],
      stages: [{ stageId: 0, from: 0, to: HOUR, tasks: [{ from: 0, to: HOUR, executor: '1' }] }],
    }),
  );

describe('the cost of a run', () => {
  it('adds the cores and the memory of executors and driver for their time [cost.used]', () => {
    const use = resourceUseOf(hourRun());
    expect(use.coreHours).toBeCloseTo(4 + 2 + 1, 9);
    expect(use.memoryGibHours).toBeCloseTo(10 + 5 + 4, 9);
    expect(use.gaps).toEqual([]);
  });

  it('bills cores and memory apart where the platform does [cost.used]', () => {
    const table = ownPrices({ perCoreHour: 0.05, perGibHour: 0.005, currency: 'EUR', asOf: '2026-01-01' });
    const money = moneyOf(resourceUseOf(hourRun()), table);
    expect(money.amount).toBeCloseTo(7 * 0.05 + 19 * 0.005, 9);
    expect(money).toMatchObject({ currency: 'EUR', prices: 'own as of 2026-01-01' });
  });

  it('bills the larger share of a whole machine where machines are billed [cost.used]', () => {
    const glue = findPrices('aws-glue/standard');
    if (glue === null) throw new Error('no table');
    // Executors: 4 cores of 4 outweigh 10 GiB of 16. Driver: 4 GiB of 16 and 1 core of 4 are the same quarter.
    expect(moneyOf(resourceUseOf(hourRun()), glue).amount).toBeCloseTo((1 + 0.5 + 0.25) * 0.44, 9);
  });

  it('takes the overhead that Spark takes where none is set [cost.used]', () => {
    const run = describeRun(
      buildApplication({
        length: HOUR,
        spark: { 'spark.executor.memory': '10g' },
        executors: [
          { executorId: 'driver', totalCores: 0 },
          { executorId: '1', totalCores: 2, from: 0, to: null },
        ],
      }),
    );
    // 10 % of 10 GiB; the driver's 1 GiB has the least overhead, 384 MiB.
    expect(resourceUseOf(run).memoryGibHours).toBeCloseTo(11 + 1.375, 9);
  });

  it('calls idle core time wasted, at most all of it [cost.wasted-upper-bound]', () => {
    const { wasted, money } = runCost(costBasis(hourRun()), findPrices('aws-emr-serverless/x86'));
    expect(wasted.coreHours).toBeCloseTo(6 - 1, 9);
    expect(wasted.share).toBeCloseTo(5 / 6, 9);
    expect(wasted.money?.amount).toBeLessThan(money?.amount ?? 0);
  });

  it('prices saved core-hours at what the run paid for one [cost.saved]', () => {
    const cost = runCost(costBasis(hourRun()), findPrices('aws-emr-serverless/x86'));
    expect(moneyForCoreHours(cost, cost.use.coreHours)?.amount).toBeCloseTo(cost.money?.amount ?? -1, 9);
    expect(moneyForCoreHours(runCost(costBasis(hourRun()), null), 1)).toBeNull();
  });

  it('states what the log does not tell [cost.gaps]', () => {
    const noTime = describeRun(
      buildApplication({ startTime: null, endTime: null, lastEventTime: null, executors: [] }),
    );
    expect(resourceUseOf(noTime)).toMatchObject({ machines: [], coreHours: 0, gaps: ['The log names no time.'] });
    const noCores = describeRun(buildApplication({ executors: [{ executorId: '1', totalCores: 0 }] }));
    expect(runCost(costBasis(noCores), null).gaps.join(' ')).toMatch(/cores of 1 executors.*waste is unknown/);
  });

  it('is a number for every recorded log [cost.gaps]', async () => {
    for (const id of recordedIds()) {
      for (const application of await readRecorded(id)) {
        const cost = runCost(costBasis(describeRun(application)), findPrices('aws-emr-serverless/x86'));
        const numbers = [cost.money?.amount, cost.use.coreHours, cost.use.memoryGibHours, cost.wasted.share];
        expect(
          numbers.every((value) => Number.isFinite(value) && (value ?? -1) >= 0),
          id,
        ).toBe(true);
        expect(cost.wasted.share).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('price tables', () => {
  it('each say of which day and from where they are [cost.dated-tables]', () => {
    expect(new Set(PRICE_TABLES.map(({ id }) => id)).size).toBe(PRICE_TABLES.length);
    for (const table of PRICE_TABLES) {
      expect(table.asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
      expect(table.source).toMatch(/^https:\/\//);
      expect(table.currency).toBe('USD');
    }
  });

  it.each(['aws-emr-serverless', 'aws-ec2', 'aws-emr-eks', 'databricks-jobs', 'aws-glue'])(
    'cover %s [cost.dated-tables]',
    (platform) => {
      expect(PRICE_TABLES.some(({ id }) => id.startsWith(`${platform}/`))).toBe(true);
    },
  );

  it('has no table of an unknown id [cost.dated-tables]', () => {
    expect(findPrices('mainframe')).toBeNull();
  });
});
