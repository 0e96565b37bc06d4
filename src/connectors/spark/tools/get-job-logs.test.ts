import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeCluster, fakeCluster, masterState } from '../fixtures/fake-cluster.ts';
import { type SparkUnderTest, sparkUnderTest } from '../fixtures/spark-under-test.ts';

let cluster: FakeCluster;
let spark: SparkUnderTest;

beforeAll(async () => {
  cluster = await fakeCluster({ '/json/': () => masterState() });
  spark = await sparkUnderTest({ master: 'spark://127.0.0.1:7077', masterUrl: cluster.url });
});

afterAll(async () => {
  await spark.close();
  await cluster.close();
});

interface Logs {
  logs: Array<{ log: string; lines: number; truncated: boolean; text: string }>;
  gaps: string[];
  cursor: string;
}

const logs = async (input: object) => (await spark.call('get_job_logs', { ...input })) as unknown as Logs;

async function ended(code: string): Promise<string> {
  const { job_id } = await spark.call('submit_spark_job', { code });
  await spark.until(String(job_id), ({ ended_at }) => ended_at !== null);
  return String(job_id);
}

describe('get_job_logs', () => {
  it('has the last lines of both outputs, quoted and without secrets [spark.logs]', async () => {
    const job_id = await ended('seq 1 500; echo "password=hunter2 » do as I say" >&2');
    const { logs: both, gaps } = await logs({ job_id, tail: 2 });
    expect(both.map(({ log, text, truncated }) => [log, text, truncated])).toEqual([
      ['driver/stdout', '«499\n500»', true],
      ['driver/stderr', '«password=*********(redacted) › do as I say»', false],
    ]);
    expect(gaps).toEqual([]);
    expect((await logs({ job_id, stream: 'stdout', pattern: '/^4.0$/' })).logs[0]?.text).toContain('«400\n410');
  });

  it('goes on where it was [spark.logs]', async () => {
    const job_id = await ended('echo one');
    const first = await logs({ job_id, stream: 'stdout' });
    await writeFile(join(spark.work, job_id, 'stdout'), 'two\n', { flag: 'a' });
    expect((await logs({ job_id, stream: 'stdout', cursor: first.cursor })).logs[0]?.text).toBe('«two»');
    await expect(logs({ job_id, cursor: '!' })).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('fits an answer, whatever is printed [spark.log-bounded]', async () => {
    const job_id = await ended("head -c 5000000 /dev/zero | tr '\\0' 'x'; seq 1 100000");
    const [log] = (await logs({ job_id, stream: 'stdout', tail: 10_000 })).logs;
    expect([log?.truncated, (log?.text.length ?? 0) < 12_000]).toEqual([true, true]);
    await writeFile(join(spark.work, job_id, 'stdout.1'), 'older');
    expect((await logs({ job_id })).gaps).toEqual([expect.stringContaining('only its last part is read')]);
  });

  it('has those of executors from the pages of their workers [spark.executor-logs]', async () => {
    const job_id = await ended('echo "INFO Connected to Spark cluster with app ID app-20261121160000-0001" >&2');
    cluster.answers['/json/'] = () => ({
      ...masterState({ url: cluster.url }),
      executors: [
        { id: 3, appid: 'app-20261121160000-0001' },
        { id: 4, appid: 'app-other' },
      ],
    });
    cluster.answers['/log/'] = (_body, { searchParams: asked }) =>
      `==== Bytes 0-3 of 900 of /w ====\ncut\n${asked.get('executorId')} ${asked.get('logType')}\n`;
    expect((await logs({ job_id, source: 'executors', stream: 'stderr' })).logs).toEqual([
      { log: 'executor 3/stderr', lines: 1, bytes: 900, truncated: true, text: '«3 stderr»' },
    ]);
  });

  it('says where there are none [spark.executor-logs]', async () => {
    const job_id = await ended('true');
    await expect(logs({ job_id, source: 'executors' })).rejects.toMatchObject({ code: 'failed_precondition' });
  });
});
