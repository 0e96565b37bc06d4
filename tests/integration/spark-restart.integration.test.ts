import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from '../e2e/headgate-process.ts';
import { installSpark, type SparkInstallation } from '../stack/spark.ts';

/** Waits for a file, then ends with an exit code of its own. */
const WAITS = `import os, sys, time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print(spark.range(10).count(), flush=True)
while not os.path.exists('go'): time.sleep(0.1)
sys.exit(7)
`;

let sandbox: Sandbox;
let spark: SparkInstallation;

beforeAll(async () => {
  spark = await installSpark('4.3');
  sandbox = await Sandbox.create();
  await writeFile(
    join(sandbox.folder, 'headgate.yaml'),
    `spark:\n  master: local[1]\n  home: ${spark.sparkHome}\n  conf:\n    spark.driver.memory: 512m\n`,
  );
});

afterAll(() => sandbox?.remove());

describe('a Python job of a gateway that is killed', () => {
  it('goes on, and the next gateway tells its end and exit code [spark.survives-gateway]', async () => {
    const { HOME = '/root', PATH = '', JAVA_HOME } = process.env;
    const {
      SPARK_LOCAL_IP = '',
      SPARK_LOCAL_HOSTNAME = '',
      PYSPARK_PYTHON = '',
      PYSPARK_DRIVER_PYTHON = '',
    } = spark.env;
    const env = {
      HOME,
      PATH,
      ...(JAVA_HOME === undefined ? {} : { JAVA_HOME }),
      SPARK_LOCAL_IP,
      SPARK_LOCAL_HOSTNAME,
      PYSPARK_PYTHON,
      PYSPARK_DRIVER_PYTHON,
    };
    const serve = () => sandbox.serve(['--config', join(sandbox.folder, 'headgate.yaml')], { env });
    const first = await serve();
    const call = async (port: number, tool: string, input: object) => {
      const body = JSON.stringify(input);
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/tools/${tool}`, { method: 'POST', headers, body });
      return (await response.json()) as Record<string, unknown>;
    };
    const { job_id } = await call(first.ready.port, 'submit_spark_job', { code: WAITS });
    const status = (port: number) => call(port, 'get_job_status', { job_id });
    await expect.poll(async () => (await status(first.ready.port)).status, { timeout: 200_000 }).toBe('running');
    await first.stop('SIGKILL');
    const second = await serve();
    expect(await status(second.ready.port)).toMatchObject({
      status: 'running',
      application_id: expect.stringMatching(/^local-/),
    });
    await writeFile(join(sandbox.home, 'spark-jobs', String(job_id), 'go'), '');
    await expect
      .poll(() => status(second.ready.port), { timeout: 120_000 })
      .toMatchObject({ status: 'failed', exit_code: 7, error: { code: 'failed_precondition' } });
    await second.stop();
  });
});
