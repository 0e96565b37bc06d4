import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SparkUnderTest, sparkUnderTest } from '../fixtures/spark-under-test.ts';

let spark: SparkUnderTest;

beforeAll(async () => {
  spark = await sparkUnderTest();
});

afterAll(() => spark.close());

interface Listed {
  jobs: { columns: string[]; rows: unknown[][]; total: number; truncated: boolean; cursor?: string };
}

describe('list_spark_jobs', () => {
  it('lists by status and date, a page at a time [spark.list-jobs]', async () => {
    const list = async (input: object) => (await spark.call('list_spark_jobs', { ...input })) as unknown as Listed;
    expect((await list({})).jobs).toMatchObject({ rows: [], total: 0 });
    for (const code of ['true', 'exit 1', 'true']) {
      const { job_id } = await spark.call('submit_spark_job', { code });
      await spark.until(String(job_id), ({ ended_at }) => ended_at !== null);
    }
    const first = (await list({ limit: 2 })).jobs;
    expect([first.rows.map((row) => row[3]), first.total, first.truncated]).toEqual([['succeeded', 'failed'], 3, true]);
    expect((await list({ limit: 2, cursor: first.cursor })).jobs.rows).toHaveLength(1);
    expect((await list({ status: 'failed' })).jobs.total).toBe(1);
    expect((await list({ status: ['failed', 'succeeded'], min_date: '2020-01-01' })).jobs.total).toBe(3);
    expect((await list({ max_date: '2020-01-01' })).jobs.total).toBe(0);
    await expect(list({ min_date: 'yesterday' })).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(list({ cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
