import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogRef } from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { SqlEngine } from '../../../kernel/sql-engine.ts';
import { createSparkHistory } from '../connector.ts';
import { toolContext } from '../fixtures/fake-logs.ts';
import { inBatches, isReadableBySpark } from './summarise-on-spark.ts';

const PLAIN = fileURLToPath(new URL('../../../../tests/fixtures/spark/4.3/first-look-none', import.meta.url));

/** An engine that answers a query with rows of text, or fails. */
function engineOf(answer: string[] | HeadgateError): SqlEngine & { readonly asked: string[] } {
  const asked: string[] = [];
  const no = () => Promise.reject(new Error('not asked for'));
  return {
    asked,
    engine: 'spark',
    run: no,
    describe: no,
    session: no,
    async query(sql) {
      asked.push(sql);
      if (answer instanceof HeadgateError) throw answer;
      const chunk = tableToIPC(tableFromArrays({ summary: answer }));
      return {
        columns: [{ name: 'summary', type: 'string', nullable: true }],
        chunks: (async function* () {
          yield chunk;
        })(),
      };
    },
  };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-on-spark-'));
  cpSync(PLAIN, folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function overview(
  sql: SqlEngine | null,
  input: Record<string, unknown>,
  fleet: { engine: 'auto' | 'local' | 'spark'; sparkFromBytes: number } = { engine: 'auto', sparkFromBytes: 1e12 },
) {
  const connector = createSparkHistory(
    { sources: [{ name: 'logs', place: { kind: 'folder', path: folder }, tenants: null }], fleet },
    { clock: () => statSync(folder).mtimeMs + 86_400_000, sparkOf: () => sql },
  );
  const tool = connector.tools.find(({ name }) => name === 'get_fleet_overview');
  try {
    return (await tool?.call(tool.input.parse(input), toolContext())) as { runs: number; gaps: string[] };
  } finally {
    await connector.close();
  }
}

describe('the switch between Spark and this machine', () => {
  it('takes Spark by itself from the configured size on [fleet.spark-switch]', async () => {
    const failing = () => engineOf(new HeadgateError('unavailable', 'no Spark'));
    const [small, large] = [failing(), failing()];
    await overview(small, {});
    await overview(large, {}, { engine: 'auto', sparkFromBytes: 1 });
    expect([small.asked.length, large.asked.length]).toEqual([0, 1]);
  });

  it('takes it on request, and refuses where there is none [fleet.spark-switch]', async () => {
    const engine = engineOf(new HeadgateError('unavailable', 'no Spark'));
    await overview(engine, { engine: 'spark' });
    expect(engine.asked[0]).toContain(`text.\`${folder}/{`);
    await expect(overview(null, { engine: 'spark' })).rejects.toMatchObject({ code: 'failed_precondition' });
    expect((await overview(null, {})).runs).toBe(1);
  });

  it('reads on this machine what Spark could not, and says why [fleet.spark-switch]', async () => {
    const failed = await overview(engineOf(new HeadgateError('unavailable', 'Spark is gone')), { engine: 'spark' });
    expect(failed.runs).toBe(1);
    expect(failed.gaps.join(' ')).toContain('Spark could not summarise event logs');
    expect((await overview(engineOf([]), { engine: 'spark' })).runs).toBe(1);
  });
});

describe('what Spark is given', () => {
  const file = (path: string) => ({ path, sizeBytes: 1 });
  const log = (over: Partial<LogRef> = {}): LogRef => ({
    path: '/logs/app-1',
    kind: 'single',
    files: [file('/logs/app-1')],
    inProgress: false,
    sizeBytes: 1,
    modifiedMs: 0,
    missing: [],
    compacted: false,
    appIdHint: null,
    attemptIdHint: null,
    ...over,
  });

  it('are whole and plain logs at paths without a special character [fleet.spark-leaves-damaged]', () => {
    expect(isReadableBySpark(log())).toBe(true);
    for (const path of ["/logs/it's", '/logs/a b', '/logs/{a}', '/logs/`', '/logs/app.zstd', '/logs/app.lz4', '/a*'])
      expect([path, isReadableBySpark(log({ files: [file(path)] }))]).toEqual([path, false]);
    expect(isReadableBySpark(log({ inProgress: true }))).toBe(false);
    expect(isReadableBySpark(log({ compacted: true }))).toBe(false);
    expect(isReadableBySpark(log({ missing: ['events_2'] }))).toBe(false);
  });

  it('comes in statements of a bounded size, in order [fleet.spark-switch]', () => {
    const logs = Array.from({ length: 1200 }, (_, index) => ({ index, log: log() }));
    const batches = inBatches(logs);
    expect(batches.map((batch) => batch.length)).toEqual([500, 500, 200]);
    expect(batches.flat()).toEqual(logs);
    const large = Array.from({ length: 3 }, () => ({ log: log({ sizeBytes: 10 * 1024 ** 3 }) }));
    expect(inBatches(large).map((batch) => batch.length)).toEqual([1, 1, 1]);
  });
});
