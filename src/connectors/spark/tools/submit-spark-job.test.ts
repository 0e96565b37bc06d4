import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeCluster, fakeCluster } from '../fixtures/fake-cluster.ts';
import { contextOf, type SparkUnderTest, sparkUnderTest } from '../fixtures/spark-under-test.ts';

let spark: SparkUnderTest;

beforeAll(async () => {
  spark = await sparkUnderTest(
    { conf: { 'spark.executor.memory': '1g', 'spark.my.password': 'hunter2' } },
    { environment: { MY_TOKEN: 'hunter2', LANG: 'C.UTF-8' } },
  );
});

afterAll(() => spark.close());

describe('submit_spark_job', () => {
  it('runs inline code with its arguments, and keeps what it printed and its exit code [spark.python-job]', async () => {
    const { job_id, via, status } = await spark.call('submit_spark_job', { code: 'echo "hello $1"', args: ['world'] });
    expect([via, status]).toEqual(['submit', 'submitted']);
    const ended = await spark.until(String(job_id), ({ ended_at }) => ended_at !== null);
    expect(ended).toMatchObject({ status: 'succeeded', exit_code: 0, progress_percent: 100 });
    expect(await readFile(join(spark.work, String(job_id), 'stdout'), 'utf8')).toBe('hello world\n');
  });

  it('runs a script of a configured folder, and no other [spark.python-job] [spark.roots]', async () => {
    await writeFile(join(spark.roots, 'a.py'), 'exit 3');
    const { job_id } = await spark.call('submit_spark_job', { script: 'a.py', name: 'nightly' });
    const ended = await spark.until(String(job_id), ({ ended_at }) => ended_at !== null);
    expect(ended).toMatchObject({ name: 'nightly', status: 'failed', exit_code: 3 });
    await expect(spark.call('submit_spark_job', { script: '/etc/passwd' })).rejects.toMatchObject({
      code: 'permission_denied',
    });
    await writeFile(join(spark.roots, 'a.txt'), '');
    await expect(spark.call('submit_spark_job', { script: 'a.txt' })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });

  it('gives properties by a file that nobody else reads, and no secret of the gateway [spark.secrets-kept-out]', async () => {
    const code = 'env; cat "/proc/$PPID/cmdline" | tr "\\0" " "';
    const { job_id } = await spark.call('submit_spark_job', { code, conf: { 'spark.executor.cores': 2 } });
    await spark.until(String(job_id), ({ ended_at }) => ended_at !== null);
    const folder = join(spark.work, String(job_id));
    const printed = await readFile(join(folder, 'stdout'), 'utf8');
    expect(printed).toContain('LANG=C.UTF-8');
    expect(printed).not.toContain('hunter2');
    const properties = await readFile(join(folder, 'spark.properties'), 'utf8');
    expect(properties).toMatch(/^spark\.my\.password=hunter2$/m);
    expect(properties).toMatch(/^spark\.executor\.cores=2$/m);
    expect(properties).toMatch(new RegExp(`^spark\\.headgate\\.job=${job_id}$`, 'm'));
    expect([(await stat(folder)).mode & 0o777, (await stat(join(folder, 'spark.properties'))).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
  });

  it('wants one thing to run [spark.python-job]', async () => {
    for (const input of [{}, { code: 'x', query: 'select 1' }]) {
      await expect(spark.call('submit_spark_job', input)).rejects.toMatchObject({ code: 'invalid_argument' });
    }
    await expect(spark.call('submit_spark_job', { query: 'select 1' })).resolves.toBeDefined();
  });

  it('asks for a yes before SQL that loses something [spark.sql-approval]', async () => {
    const { approval, input } = spark.tool('submit_spark_job');
    const need = (query: string) => approval?.(input.parse({ query }), contextOf());
    expect(await need('DROP TABLE orders')).toMatchObject({
      plan: [expect.stringContaining('«DROP TABLE orders»'), expect.anything()],
    });
    expect(await need('SELECT 1')).toBeNull();
    expect(await approval?.(input.parse({ code: 'x' }), contextOf())).toBeNull();
  });

  it('refuses more jobs than may run at once, and another tenant [spark.max-jobs] [spark.tenants]', async () => {
    const small = await sparkUnderTest({ maxJobs: 1, tenants: ['local'] });
    const { job_id } = await small.call('submit_spark_job', { code: 'sleep 60' });
    await expect(small.call('submit_spark_job', { code: 'true' })).rejects.toMatchObject({
      code: 'resource_exhausted',
    });
    await expect(small.call('submit_spark_job', { code: 'true' }, { tenant: 'other' })).rejects.toMatchObject({
      code: 'permission_denied',
    });
    await small.call('cancel_job', { job_id });
    await expect(small.call('submit_spark_job', { code: 'true' })).resolves.toBeDefined();
    await small.close();
  });

  it('says what is missing to run Python, or a jar [spark.python-job] [spark.jvm-job]', async () => {
    const bare = await sparkUnderTest({ home: null });
    await expect(bare.call('submit_spark_job', { code: 'x' })).rejects.toMatchObject({ code: 'failed_precondition' });
    const { jobs } = (await bare.call('list_spark_jobs', { status: 'failed' })) as { jobs: { total: number } };
    expect(jobs.total).toBe(1);
    await writeFile(join(bare.roots, 'a.jar'), '');
    await expect(bare.call('submit_spark_job', { script: 'a.jar', main_class: 'a.B' })).rejects.toMatchObject({
      code: 'failed_precondition',
      hint: expect.stringContaining('submission_url'),
    });
    await bare.close();
  });
});

describe('a jar', () => {
  let cluster: FakeCluster;
  let onCluster: SparkUnderTest;

  beforeAll(async () => {
    cluster = await fakeCluster();
    onCluster = await sparkUnderTest({
      master: 'spark://127.0.0.1:7077',
      masterUrl: cluster.url,
      submissionUrl: cluster.url,
    });
    await writeFile(join(onCluster.roots, 'a.jar'), '');
  });

  afterAll(async () => {
    await onCluster.close();
    await cluster.close();
  });

  it('goes to the submission API with its class, arguments and properties [spark.jvm-job]', async () => {
    const create = '/v1/submissions/create';
    cluster.answers[create] = () => ({ action: 'CreateSubmissionResponse', success: true, submissionId: 'driver-1' });
    const { job_id, via } = await onCluster.call('submit_spark_job', {
      script: 'a.jar',
      main_class: 'org.example.Main',
      args: ['1'],
      conf: { 'spark.driver.memory': '1g' },
    });
    expect(via).toBe('rest');
    const sent = JSON.parse(cluster.posted.at(-1)?.replace(`POST ${create} `, '') ?? '');
    expect(sent).toMatchObject({
      action: 'CreateSubmissionRequest',
      mainClass: 'org.example.Main',
      appArgs: ['1'],
      sparkProperties: {
        'spark.master': 'spark://127.0.0.1:7077',
        'spark.driver.memory': '1g',
        'spark.headgate.job': job_id,
      },
    });
    expect(sent.appResource).toMatch(/^file:\/\/\/.*\/a\.jar$/);
  });

  it('that the master refuses is an error, and the job is kept as failed [spark.jvm-job]', async () => {
    cluster.answers['/v1/submissions/create'] = () => ({
      action: 'CreateSubmissionResponse',
      success: false,
      message: 'Current state is not alive: STANDBY',
    });
    await expect(
      onCluster.call('submit_spark_job', { script: 'a.jar', main_class: 'org.example.Main' }),
    ).rejects.toMatchObject({ code: 'failed_precondition', message: expect.stringContaining('STANDBY') });
    await expect(onCluster.call('submit_spark_job', { script: 'a.jar' })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });
});
