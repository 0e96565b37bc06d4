import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installSpark, type SparkInstallation } from '../stack/spark.ts';
import { type StandaloneCluster, startStandalone } from '../stack/spark-standalone.ts';
import { openSparkGateway, type SparkGateway } from './spark-gateway.ts';

const ended = ({ ended_at }: { ended_at?: unknown }) => ended_at !== null;

/** Small, so that a driver and its executor fit beside others. */
const SMALL = { 'spark.driver.memory': '512m', 'spark.executor.memory': '512m', 'spark.cores.max': '1' };

/** Ten tasks that take a moment each, then an answer. */
const TASKS = `import sys, time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.range(0, 10, 1, 10).rdd.map(lambda row: time.sleep(0.5)).count()
print('hello', sys.argv[1])
`;

let folder: string;
let spark: SparkInstallation;
let cluster: StandaloneCluster;
let gateway: SparkGateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-spark-jobs-'));
  await mkdir(join(folder, 'roots'));
  spark = await installSpark('4.3');
  const shape = { workers: 1, coresPerWorker: 4, memoryPerWorker: '4g', cwd: folder, submissionApi: true };
  cluster = await startStandalone(spark, shape);
  gateway = await openSparkGateway(
    {
      master: cluster.master,
      masterUrl: cluster.webUrl,
      submissionUrl: 'http://127.0.0.1:6066',
      home: spark.sparkHome,
      roots: [join(folder, 'roots'), join(spark.sparkHome, 'jars')],
      eventLogs: join(folder, 'events'),
      conf: SMALL,
    },
    spark.env,
  );
});

afterAll(async () => {
  await gateway?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const submit = async (input: Record<string, unknown>) => (await gateway.call('submit_spark_job', input)).job_id;

interface Logs {
  logs: Array<{ log: string; text: string }>;
}

describe('jobs on a standalone cluster', () => {
  it('of Python have progress, stages, metrics, logs and an event log, and others of a jar run beside them [spark.python-job] [spark.jvm-job] [spark.status] [spark.event-logs] [spark.executor-logs]', async () => {
    const jars = await readdir(join(spark.sparkHome, 'jars'));
    const jar = await submit({
      script: join(spark.sparkHome, 'jars', jars.find((name) => name.startsWith('spark-hive-thriftserver')) ?? ''),
      main_class: 'org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver',
      args: ['-e', 'SELECT count(*) FROM range(1000)'],
    });
    await writeFile(join(folder, 'roots', 'tasks.py'), TASKS);
    const job_id = await submit({ script: 'tasks.py', args: ['world'] });
    const running = await gateway.until(job_id, (status) => ended(status) || Number(status.progress_percent) > 0);
    expect(running).toMatchObject({
      status: 'running',
      application_id: expect.stringMatching(/^app-/),
      metrics: { cores: 1 },
    });
    expect((running.stages as { rows: unknown[][] }).rows[0]?.slice(2, 5)).toEqual(['ACTIVE', expect.anything(), 10]);
    const executors = (await gateway.call('get_job_logs', {
      job_id,
      source: 'executors',
      stream: 'stderr',
    })) as unknown as Logs;
    expect(executors.logs.map(({ log, text }) => [log, /Running task/.test(text)])).toEqual([
      ['executor 0/stderr', true],
    ]);
    const done = await gateway.until(job_id, ended);
    expect(done).toMatchObject({ status: 'succeeded', exit_code: 0, error: null });
    const printed = (await gateway.call('get_job_logs', { job_id, stream: 'stdout' })) as unknown as Logs;
    expect(printed.logs[0]?.text).toContain('hello world');
    expect((await readdir(join(folder, 'events'))).some((name) => name.includes(String(done.application_id)))).toBe(
      true,
    );
    const sql = await gateway.until(jar, ended);
    expect(sql).toMatchObject({ status: 'succeeded', via: 'rest', application_id: expect.stringMatching(/^app-/) });
    const counted = (await gateway.call('get_job_logs', { job_id: jar, stream: 'stdout' })) as unknown as Logs;
    expect(counted.logs[0]?.text).toContain('1000');
  });

  it('that fail tell what was raised [spark.failure-told]', async () => {
    const code =
      "from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().sql('SELECT nope FROM range(3)').show()";
    expect(await gateway.until(await submit({ code }), ended)).toMatchObject({
      status: 'failed',
      exit_code: 1,
      error: { details: { error_class: 'UNRESOLVED_COLUMN.WITH_SUGGESTION', sql_state: '42703' } },
    });
  });

  it('that never end are ended on the cluster too, and those without workers say what they wait for [spark.cancel] [spark.waiting]', async () => {
    const code =
      'import time\nfrom pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate()\ntime.sleep(600)';
    const job_id = await submit({ code, conf: { 'spark.executor.memory': '64g' } });
    const waiting = await gateway.until(
      job_id,
      ({ application_id, waiting }) => application_id !== null && waiting !== null,
    );
    expect(waiting.waiting).toMatch(/^waiting for resources: 1 worker, 4 cores free/);
    expect(await gateway.call('cancel_job', { job_id })).toMatchObject({ status: 'cancelled' });
    const active = async () => (await (await fetch(`${cluster.webUrl}/json/`)).json()) as { activeapps: unknown[] };
    await expect.poll(async () => (await active()).activeapps, { timeout: 60_000 }).toEqual([]);
    expect(gateway.reported).toEqual([]);
  });
});
