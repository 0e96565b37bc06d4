import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/configuration/index.ts';
import { findLogs, openBytes } from '../../src/eventlog/index.ts';
import { localCaller } from '../../src/gateway/index.ts';
import { type SparkConnectServer, startSparkConnect } from '../stack/spark-connect.ts';

const RECORDED = fileURLToPath(new URL('../fixtures/spark/', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'headgate-fleet-on-spark-'));
const logs = join(folder, 'logs');
let server: SparkConnectServer;

/** Spark's text source reads plain logs: every recorded one, decoded. */
async function decodeRecorded(): Promise<number> {
  mkdirSync(logs);
  let count = 0;
  for (const line of ['3.5', '4.3']) {
    for (const log of (await findLogs(join(RECORDED, line))).logs) {
      if (log.compacted || log.missing.length > 0) continue;
      count += 1;
      const name = basename(log.path).replace(/\.(zstd|lz4|snappy|lzf|inprogress)/g, '');
      const out = createWriteStream(join(logs, `${name}-${count}`));
      for (const file of log.files) await copyDecoded(file, out);
      out.end();
      await finished(out);
    }
  }
  return count;
}

async function copyDecoded(file: Parameters<typeof openBytes>[0], out: NodeJS.WritableStream): Promise<void> {
  const source = await openBytes(file);
  const window = new Uint8Array(1 << 20);
  for (let read = await source.read(window); read > 0; read = await source.read(window)) {
    out.write(Buffer.from(window.subarray(0, read)));
  }
  await source.close();
}

beforeAll(async () => {
  server = await startSparkConnect();
  // Secrets are resolved from the environment of the process when they are used.
  vi.stubEnv('SPARK_REMOTE', server.remote);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function overview(home: string, engine: 'local' | 'spark'): Promise<Record<string, unknown>> {
  const env = {
    HEADGATE_HOME: join(folder, home),
    HEADGATE_EVENT_LOGS: logs,
    SPARK_REMOTE: server.remote,
    LOG_LEVEL: 'silent',
  };
  const app = await createApp(await loadConfiguration({}, { env }));
  try {
    const result = await app.gateway.callTool('get_fleet_overview', { engine, length: 100 }, localCaller('cli'));
    return result.output;
  } finally {
    await app.close();
  }
}

describe('a fleet that Spark summarises', () => {
  it('has the numbers of the local engine, application by application [fleet.spark-equals-local] [fleet.spark-leaves-damaged]', async () => {
    const count = await decodeRecorded();
    const local = await overview('local', 'local');
    const spark = await overview('spark', 'spark');
    expect(spark.gaps).toEqual([expect.stringContaining('runs summarised on Spark')]);
    expect(spark.summarised_on_spark).toBeGreaterThan(count / 2);
    expect(spark.summarised_on_spark).toBeLessThan(count);
    const numbers = ({ applications, ...rest }: Record<string, unknown>) => {
      const { columns, rows } = applications as { columns: string[]; rows: unknown[][] };
      const { runs, failed_runs, core_hours, memory_gib_hours, wasted_core_hours_at_most, unread_logs } = rest;
      return {
        totals: { runs, failed_runs, core_hours, memory_gib_hours, wasted_core_hours_at_most, unread_logs },
        rows: rows.map((row) => row.filter((_cell, index) => columns[index] !== 'worst_rule')),
      };
    };
    expect(numbers(spark)).toEqual(numbers(local));
  });
});
