import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/configuration/index.ts';
import { localCaller } from '../../src/gateway/index.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-long-sql-'));
let postgres: Postgres;
let app: App;

beforeAll(async () => {
  postgres = await startPostgres();
  const config = { postgres: { databases: { shop: { url: postgres.url() } } }, operations: { wait_s: 0.3 } };
  writeFileSync(join(folder, 'headgate.yaml'), JSON.stringify(config));
  const env = { HEADGATE_HOME: join(folder, 'home'), LOG_LEVEL: 'silent' };
  app = await createApp(await loadConfiguration({}, { env, workingDirectory: folder }));
});

afterAll(async () => {
  await app.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

const call = async (tool: string, args: Record<string, unknown>) =>
  (await app.gateway.callTool(tool, args, localCaller('rest'))).output;

async function begun(sql: string): Promise<string> {
  const { operation } = (await call('execute_query', { sql })) as { operation?: { id: string; state: string } };
  expect(operation?.state).toBe('running');
  return operation?.id ?? '';
}

describe('a query that takes long', () => {
  it('goes on as an operation, which has its rows in the end [operations.long-sql]', async () => {
    const id = await begun('select 42 as answer, pg_sleep(1)::text as slept');
    expect(await call('get_operation', { operation_id: id, wait_s: 20 })).toMatchObject({
      state: 'succeeded',
      result: { columns: ['answer', 'slept'], rows: [[42, '']] },
    });
  });

  it('ends on the server when its operation is cancelled [operations.long-sql]', async () => {
    const id = await begun("select 'mark', pg_sleep(25)");
    await call('cancel_operation', { operation_id: id });
    expect(await call('get_operation', { operation_id: id, wait_s: 20 })).toMatchObject({ state: 'cancelled' });
    const running = () =>
      postgres.run(
        "select pid from pg_stat_activity where query like '%''mark''%' and pid <> pg_backend_pid() and state = 'active'",
      );
    await expect.poll(running).toEqual([]);
  });
});
