import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SparkUnderTest, sparkUnderTest } from '../fixtures/spark-under-test.ts';

let spark: SparkUnderTest;

beforeAll(async () => {
  spark = await sparkUnderTest();
});

afterAll(() => spark.close());

/** A job that starts another process, writes down both, and waits. */
const WAITS = 'sleep 60 & echo "$$ $!" > pids; wait';

async function pidsOf(jobId: unknown): Promise<number[]> {
  const file = join(spark.work, String(jobId), 'pids');
  await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 10_000 }).toMatch(/^\d+ \d+\n$/);
  return (await readFile(file, 'utf8')).trim().split(' ').map(Number);
}

const isRunning = async (pid: number) =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => !/\) Z /.test(stat),
    () => false,
  );

const allGone = (pids: readonly number[]) =>
  expect.poll(async () => (await Promise.all(pids.map(isRunning))).some((one) => one), { timeout: 10_000 }).toBe(false);

describe('cancel_job', () => {
  it('ends the job with every process that it started, once [spark.cancel]', async () => {
    const { job_id } = await spark.call('submit_spark_job', { code: WAITS });
    const pids = await pidsOf(job_id);
    expect(await spark.call('cancel_job', { job_id })).toMatchObject({ status: 'cancelled' });
    await allGone(pids);
    expect(await spark.call('cancel_job', { job_id })).toMatchObject({
      message: 'The job had ended before: cancelled.',
    });
    expect(await spark.call('get_job_status', { job_id })).toMatchObject({ error: { code: 'cancelled' } });
  });

  it('ends what left the group of the job [spark.cancel]', async () => {
    const { job_id } = await spark.call('submit_spark_job', {
      code: 'setsid sh -c \'echo "$$ $$" > pids; sleep 60\' & wait',
    });
    const pids = await pidsOf(job_id);
    await spark.call('cancel_job', { job_id });
    await allGone(pids);
  });

  it('ends one that does not want to end [spark.cancel]', async () => {
    const { job_id } = await spark.call('submit_spark_job', { code: `trap '' TERM; ${WAITS}` });
    const pids = await pidsOf(job_id);
    await spark.call('cancel_job', { job_id });
    await allGone(pids);
  });

  it('is not needed for one that takes longer than it may [spark.timeout]', async () => {
    const { job_id } = await spark.call('submit_spark_job', { code: WAITS, timeout_s: 1 });
    const pids = await pidsOf(job_id);
    const ended = await spark.until(String(job_id), ({ ended_at }) => ended_at !== null);
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'deadline_exceeded' } });
    await allGone(pids);
  });

  it('knows only jobs of the tenant [spark.registry]', async () => {
    await expect(spark.call('cancel_job', { job_id: 'job-none' })).rejects.toMatchObject({ code: 'not_found' });
  });
});
