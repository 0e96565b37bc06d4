import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterEach, describe, expect, it } from 'vitest';
import type { SparkJob } from '../../../kernel/spark-jobs.ts';
import { chunksOf, fakeConnect, idChunk } from '../fixtures/fake-connect.ts';
import { callerWith, type SparkUnderTest, sparkUnderTest } from '../fixtures/spark-under-test.ts';
import { createFolder, diskError, folderOf } from './job-folder.ts';

let opened: SparkUnderTest | null = null;

afterEach(async () => {
  await opened?.close();
  opened = null;
});

const ended = ({ ended_at }: { ended_at?: unknown }) => ended_at !== null;

describe('jobs over restarts', () => {
  it('go on without a gateway, and the next one tells their end and exit code [spark.survives-gateway] [spark.taken-over]', async () => {
    opened = await sparkUnderTest();
    const { job_id } = await opened.call('submit_spark_job', {
      code: 'while [ ! -e go ]; do sleep 0.05; done; exit 7',
    });
    opened = await opened.restart();
    expect(await opened.call('get_job_status', { job_id })).toMatchObject({ ended_at: null });
    const { writeFile } = await import('node:fs/promises');
    await writeFile(join(opened.work, String(job_id), 'go'), '');
    expect(await opened.until(String(job_id), ended)).toMatchObject({ status: 'failed', exit_code: 7 });
  });

  it('of another machine that is silent are lost when their application is over [spark.taken-over]', async () => {
    opened = await sparkUnderTest();
    const job: SparkJob = {
      ...{ id: 'job-far', tenant: 'local', subject: 'me', name: 'far', via: 'submit', state: 'running' },
      ...{ record: JSON.stringify({ kind: 'code', args: [], conf: {}, timeoutMs: null }), applicationId: 'app-1' },
      ...{ createdAt: 1, startedAt: 1, endedAt: null, error: null, cancelRequested: false },
      ...{ host: 'there', owner: 'dead', ownedUntil: 1 },
    };
    await opened.store.jobs.create(job, 10);
    expect(await opened.call('get_job_status', { job_id: 'job-far' })).toMatchObject({
      status: 'lost',
      error: { message: expect.stringContaining('ran on there, which is silent') },
    });
  });

  it('whose statement ran in a gateway that died are lost [spark.taken-over]', async () => {
    const server = fakeConnect(() => new Promise(() => {}));
    opened = await sparkUnderTest({}, { connect: server.connect });
    const job: SparkJob = {
      ...{ id: 'job-sql', tenant: 'local', subject: 'me', name: 'sql', via: 'connect', state: 'running' },
      ...{ record: JSON.stringify({ kind: 'query', args: [], conf: {}, timeoutMs: null }), applicationId: null },
      ...{ createdAt: 1, startedAt: 1, endedAt: null, error: null, cancelRequested: false },
      ...{ host: null, owner: 'dead', ownedUntil: 1 },
    };
    await opened.store.jobs.create(job, 10);
    expect(await opened.call('get_job_status', { job_id: 'job-sql' })).toMatchObject({ status: 'lost' });
  });
});

describe('a statement as a job', () => {
  it('leaves its rows in an Arrow file, and carries a tag by which it is known [spark.sql-job]', async () => {
    const server = fakeConnect(() => ({ chunks: chunksOf([idChunk([1, 2]), idChunk([3])]) }));
    opened = await sparkUnderTest({}, { connect: server.connect });
    const { job_id, via } = await opened.call('submit_spark_job', { query: 'SELECT id FROM t' });
    const status = await opened.until(String(job_id), ended);
    expect([via, status.status, server.asked[0]?.options.tags]).toEqual([
      'connect',
      'succeeded',
      [`headgate-job-${job_id}`],
    ]);
    const { path, rows } = status.result as { path: string; rows: number };
    expect([rows, tableFromIPC(await readFile(path)).numRows]).toEqual([3, 3]);
  });

  it('is ended by cancel_job and by its time limit [spark.sql-job] [spark.timeout]', async () => {
    const server = fakeConnect(
      (_sql, { signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('ended')), { once: true })),
    );
    opened = await sparkUnderTest({}, { connect: server.connect });
    const { job_id } = await opened.call('submit_spark_job', { query: 'SELECT 1' });
    expect(await opened.call('cancel_job', { job_id })).toMatchObject({ status: 'cancelled' });
    const late = await opened.call('submit_spark_job', { query: 'SELECT 1', timeout_s: 1 });
    expect(await opened.until(String(late.job_id), ended)).toMatchObject({
      status: 'failed',
      error: { code: 'deadline_exceeded' },
    });
  });

  it('tells its error as Spark told it [spark.failure-told]', async () => {
    const { sparkError } = await import('../fixtures/fake-connect.ts');
    const server = fakeConnect(() => ({ error: sparkError('DIVIDE_BY_ZERO', {}) }));
    opened = await sparkUnderTest({}, { connect: server.connect });
    const { job_id } = await opened.call('submit_spark_job', { query: 'INSERT INTO t SELECT 1' });
    expect(await opened.until(String(job_id), ended)).toMatchObject({
      status: 'failed',
      error: { details: { error_class: 'DIVIDE_BY_ZERO' } },
    });
  });
});

describe('a watched job', () => {
  it('tells when its state changes, and not before [spark.job-watched]', async () => {
    opened = await sparkUnderTest();
    const { job_id } = await opened.call('submit_spark_job', { code: 'while [ ! -e go ]; do sleep 0.05; done' });
    let told = 0;
    const stop = opened.spark.jobs.watch(callerWith(), String(job_id), () => {
      told += 1;
    });
    await opened.call('get_job_status', { job_id });
    expect(told).toBe(0);
    await opened.call('cancel_job', { job_id });
    expect(told).toBeGreaterThan(0);
    stop();
  });
});

describe('a disk', () => {
  it('that is full is an error that says so [spark.disk-full]', () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    expect(diskError(full, '/jobs')).toMatchObject({
      code: 'resource_exhausted',
      message: 'The disk of /jobs is full.',
    });
  });

  it('that cannot be written leaves no folder of a job [spark.disk-full]', async () => {
    opened = await sparkUnderTest();
    const folder = folderOf(opened.work, 'job-x');
    await expect(createFolder(folder, { 'no/such': 'x' })).rejects.toThrow();
    await expect(readFile(folder.stdout)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
