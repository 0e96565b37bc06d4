import { beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../eventlog/index.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { observationOf, type RunRecord, toRunRecord } from './run-record.ts';

/** Largest record, bytes of JSON: a thousand runs are a few megabytes. */
const LARGEST_RECORD = 12_000;

const numbers = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbers) : [];
};

describe('the record of a run', () => {
  let etl: Application;
  let record: RunRecord;

  beforeAll(async () => {
    etl = (await readRecorded('4.3/orders-sql'))[0] as Application;
    record = toRunRecord(etl);
  });

  it('has what a comparison and a fleet need, of a recorded log [run-history.record]', () => {
    expect(record).toMatchObject({
      appId: etl.appId,
      status: 'SUCCEEDED',
      durationMs: 10_997,
      sparkVersion: '4.3.0',
      gaps: [],
      machines: [{ id: 'driver', count: 1, cores: 2 }],
    });
    const { measures, stages, plans, config } = record;
    expect(measures.coreMs).toBe(20_656);
    expect(measures.wastedCoreMs).toBeLessThan(measures.coreMs);
    expect([measures.jobCount, measures.sqlCount]).toEqual([etl.jobs.length, etl.sqlExecutions.length]);
    expect(stages[0]?.wallMs).toBeGreaterThan(stages.at(-1)?.wallMs ?? 0);
    expect(plans.length).toBeGreaterThan(0);
    expect(config.properties['spark.app.id']).toBeUndefined();
    expect(observationOf(record)).toMatchObject({ at: etl.startTime, durationMs: 10_997 });
  });

  it.each(['4.3/orders-sql', '4.3/failed-udf', '4.3/skew-and-spill', '3.5/cached'])(
    'is small and of sane numbers: %s [run-history.record] [run-history.numbers-are-sane]',
    async (id) => {
      for (const application of await readRecorded(id)) {
        const made = toRunRecord(application);
        expect(JSON.stringify(made).length).toBeLessThan(LARGEST_RECORD);
        expect(numbers(made).filter((value) => !Number.isFinite(value) || value < 0)).toEqual([]);
        expect(JSON.parse(JSON.stringify(made))).toEqual(made);
      }
    },
  );

  it('has the same plan hash for the same query of another day, and another for another join [run-history.what-changed]', async () => {
    const again = toRunRecord(etl);
    expect(again.plans.map(({ hash }) => hash)).toEqual(record.plans.map(({ hash }) => hash));
    const dated = (day: string, join: string): Application => ({
      ...etl,
      sqlExecutions: etl.sqlExecutions.slice(0, 1).map((one) => ({
        ...one,
        plan: {
          name: join,
          simpleString: `${join} [id#${day}L], [id#7L], Inner`,
          metadata: {},
          metrics: [],
          children: [
            {
              name: 'Scan parquet',
              simpleString: `FileScan parquet /in/2026-02-${day}`,
              metadata: {},
              metrics: [],
              children: [],
            },
          ],
        },
      })),
    });
    const hashOf = (application: Application) => toRunRecord(application).plans[0]?.hash;
    expect(hashOf(dated('01', 'SortMergeJoin'))).toBe(hashOf(dated('17', 'SortMergeJoin')));
    expect(hashOf(dated('01', 'SortMergeJoin'))).not.toBe(hashOf(dated('01', 'BroadcastHashJoin')));
  });

  it('has no secret of the configuration and nothing that every run has anew [run-history.record]', () => {
    const application = buildApplication({});
    const spark = {
      'spark.my.password': 'hunter2-7f3a',
      'spark.jdbc.url': 'jdbc:postgresql://me:hunter2-7f3a@db/orders',
      'spark.app.id': 'app-1',
      'spark.driver.port': '4711',
      'spark.sql.shuffle.partitions': '8',
      'spark.long': 'x'.repeat(5000),
    };
    const made = toRunRecord({ ...application, environment: { ...application.environment, spark } });
    expect(JSON.stringify(made)).not.toContain('hunter2');
    expect(Object.keys(made.config.properties)).toEqual([
      'spark.jdbc.url',
      'spark.long',
      'spark.my.password',
      'spark.sql.shuffle.partitions',
    ]);
    expect(made.config.properties['spark.long']).toHaveLength(200);
  });

  it('of an application of which nothing is known makes nothing up [run-history.numbers-are-sane]', () => {
    const empty = toRunRecord({
      ...buildApplication({}),
      startTime: null,
      endTime: null,
      lastEventTime: null,
      status: 'INCOMPLETE',
    });
    expect([empty.startMs, empty.durationMs, empty.measures.coreMs]).toEqual([null, null, 0]);
    expect(observationOf(empty)).toBeNull();
    expect(observationOf({ ...record, status: 'FAILED' })).toBeNull();
    expect(observationOf({ ...record, measures: { ...record.measures, inputBytes: 0 } })?.volumeBytes).toBeNull();
  });
});
