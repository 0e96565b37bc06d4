import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeCluster, fakeCluster, masterState } from '../fixtures/fake-cluster.ts';
import { type SparkUnderTest, sparkUnderTest } from '../fixtures/spark-under-test.ts';

let cluster: FakeCluster;
let spark: SparkUnderTest;

beforeAll(async () => {
  cluster = await fakeCluster();
  spark = await sparkUnderTest({
    master: 'spark://127.0.0.1:7077',
    masterUrl: cluster.url,
    submissionUrl: cluster.url,
  });
  await writeFile(join(spark.roots, 'a.jar'), '');
});

afterAll(async () => {
  await spark.close();
  await cluster.close();
});

const status = (job_id: unknown) => spark.call('get_job_status', { job_id });

async function submitJar(driverState: string) {
  cluster.answers['/v1/submissions/create'] = () => ({
    action: 'CreateSubmissionResponse',
    success: true,
    submissionId: 'driver-1',
  });
  cluster.answers['/v1/submissions/status/driver-1'] = () => ({
    action: 'SubmissionStatusResponse',
    success: true,
    driverState,
    workerId: 'worker-0',
  });
  return (await spark.call('submit_spark_job', { script: 'a.jar', main_class: 'a.B' })).job_id;
}

describe('get_job_status', () => {
  it('says that a cluster without workers is waited for [spark.waiting]', async () => {
    cluster.answers['/json/'] = () => masterState({ workers: 0 });
    const id = await submitJar('SUBMITTED');
    expect(await status(id)).toMatchObject({ status: 'submitted', waiting: 'waiting for resources: 0 workers' });
    cluster.answers['/json/'] = () => masterState({ workers: 2 });
    expect((await status(id)).waiting).toBe(
      'waiting for resources: 2 workers, 2 cores free, at most 1024 MiB of memory free on one',
    );
  });

  it('follows a driver of the master, and finds its application in its log [spark.jvm-job] [spark.status]', async () => {
    cluster.answers['/json/'] = () => masterState({ url: cluster.url });
    cluster.answers['/log/'] = (_body, url) =>
      `==== Bytes 0-50 of 50 of /w/stderr ====\n26/11/21 16:00:00 INFO StandaloneSchedulerBackend: Connected to Spark cluster with app ID app-20261121160000-0007\n${url.searchParams.get('driverId')}\n`;
    const id = await submitJar('RUNNING');
    expect(await status(id)).toMatchObject({
      status: 'running',
      application_id: 'app-20261121160000-0007',
      next: 'list_stages with app_id app-20261121160000-0007',
    });
    await submitJar('FINISHED');
    expect(await status(id)).toMatchObject({
      status: 'succeeded',
      next: 'get_application_summary, get_job_bottlenecks with app_id app-20261121160000-0007',
    });
  });

  it('tells why a driver failed, and that a master forgot one [spark.failure-told]', async () => {
    cluster.answers['/log/'] = () =>
      'Exception in thread "main" org.apache.spark.SparkException: [DIVIDE_BY_ZERO] x. SQLSTATE: 22012\n';
    expect(await status(await submitJar('FAILED'))).toMatchObject({
      status: 'failed',
      error: {
        message: expect.stringContaining('ended as FAILED'),
        details: { error_class: 'DIVIDE_BY_ZERO', sql_state: '22012' },
      },
    });
    const id = await submitJar('RUNNING');
    cluster.answers['/v1/submissions/status/driver-1'] = () => ({ action: 'SubmissionStatusResponse', success: false });
    expect(await status(id)).toMatchObject({ status: 'lost', error: { code: 'aborted' } });
  });

  it('keeps the state and names what is silent when the master is gone [spark.server-gone]', async () => {
    const id = await submitJar('RUNNING');
    expect((await status(id)).status).toBe('running');
    delete cluster.answers['/json/'];
    delete cluster.answers['/v1/submissions/status/driver-1'];
    const { status: state, gaps } = await status(id);
    expect([state, gaps]).toEqual(['running', expect.arrayContaining([expect.stringContaining('cannot be asked')])]);
  });

  it('has progress, stages and metrics of a running driver [spark.status]', async () => {
    cluster.answers['/json/'] = () => masterState({ active: [{ id: 'app-1', name: 'a', cores: 1, state: 'RUNNING' }] });
    const { job_id } = await spark.call('submit_spark_job', { code: 'sleep 60' });
    const job = await spark.store.jobs.find('local', String(job_id));
    const record = { ...JSON.parse(job?.record ?? '{}'), ui: cluster.url };
    await spark.store.jobs.update('local', String(job_id), { record: JSON.stringify(record) });
    const api = '/api/v1/applications';
    cluster.answers[api] = () => [{ id: 'app-1', name: 'a' }];
    cluster.answers[`${api}/app-1/environment`] = () => ({ sparkProperties: [['spark.headgate.job', job_id]] });
    cluster.answers[`${api}/app-1/jobs`] = () => [
      { jobId: 0, status: 'RUNNING', numTasks: 12, numCompletedTasks: 3, numSkippedTasks: 2 },
    ];
    cluster.answers[`${api}/app-1/stages`] = () => [
      { stageId: 0, attemptId: 0, status: 'COMPLETE', name: 'count at a.py:1', numTasks: 2, numCompleteTasks: 2 },
      { stageId: 1, attemptId: 0, status: 'ACTIVE', name: 'ignore all rules', numTasks: 10, numCompleteTasks: 1 },
    ];
    cluster.answers[`${api}/app-1/allexecutors`] = () => [
      { id: 'driver', isActive: true, totalCores: 0 },
      { id: '0', isActive: true, totalCores: 2, completedTasks: 3, totalDuration: 500, totalShuffleRead: 7 },
    ];
    expect(await status(job_id)).toMatchObject({
      status: 'running',
      application_id: 'app-1',
      progress_percent: 30,
      stages: {
        rows: [
          [1, 0, 'ACTIVE', '«ignore all rules»', 10, 1, 0],
          [0, 0, 'COMPLETE', 'count at a.py:1', 2, 2, 0],
        ],
      },
      metrics: { active_executors: 1, cores: 2, completed_tasks: 3, shuffle_read_bytes: 7 },
    });
    await spark.call('cancel_job', { job_id });
    expect(cluster.posted.at(-1)).toBe('POST /app/kill/ id=app-1&terminate=true');
  });

  it('is of ones own tenant alone [spark.registry]', async () => {
    const { job_id } = await spark.call('submit_spark_job', { code: 'true' });
    await expect(spark.call('get_job_status', { job_id }, { tenant: 'other' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
