import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { REPOSITORY, Sandbox } from './headgate-process.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

const ORDERS = join(REPOSITORY, 'examples', 'files', 'orders.csv');
const CUSTOMERS = join(REPOSITORY, 'examples', 'files', 'customers.parquet');

async function call(tool: string, ...args: string[]) {
  const { exitCode, stdout, stderr } = await sandbox.run(['call', tool, '--json', ...args]);
  return exitCode === 0 ? JSON.parse(stdout) : { failed: exitCode, stderr, stdout };
}

it('answers over the sample files without any configuration [local.samples] [local.engine-named]', async () => {
  const listed = await call('list_tables');
  expect(listed.files.rows.flat()).toEqual(expect.arrayContaining([ORDERS, CUSTOMERS]));
  const joined = await call(
    'execute_query',
    `sql=SELECT count(*) AS orders, count(DISTINCT country) AS countries FROM '${ORDERS}' JOIN '${CUSTOMERS}' USING (customer_id)`,
  );
  expect(joined).toMatchObject({ engine: 'duckdb', database: 'local', rows: [[400, 8]] });
});

it('shares one database between a server and the command line, and goes on when the server is killed [local.one-owner] [local.takeover]', async () => {
  const server = await sandbox.serve();
  const post = async (tool: string, input: object) => {
    const response = await fetch(`${server.ready.url.replace(/\/mcp$/, '')}/api/v1/tools/${tool}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  expect(await post('execute_dml', { sql: `CREATE TABLE orders AS FROM '${ORDERS}'` })).toMatchObject({
    affected_rows: 400,
  });
  expect(await call('execute_query', 'sql=SELECT count(*) FROM orders')).toMatchObject({ rows: [[400]] });
  expect(await call('execute_dml', "sql=DELETE FROM orders WHERE status = 'cancelled'")).toMatchObject({
    command: 'DELETE',
  });
  const [[left]] = ((await post('execute_query', { sql: 'SELECT count(*) FROM orders' })) as { rows: [[number]] }).rows;
  expect(left).toBeLessThan(400);
  const running = post('execute_dml', {
    sql: 'UPDATE orders SET quantity = (SELECT count(*) FROM range(20000000000)) WHERE order_id > 0',
  });
  running.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await server.stop('SIGKILL');
  expect(await call('execute_query', 'sql=SELECT count(*), max(quantity) FROM orders')).toMatchObject({
    rows: [[left, 5]],
  });
});

it('wants a yes for what loses rows, and takes it once [local.approvals]', async () => {
  await call('execute_dml', 'sql=CREATE TABLE t AS FROM range(5)');
  const refused = await call('execute_dml', 'sql=DROP TABLE t');
  const token = /confirm_token[^A-Za-z0-9_-]+([\w-]{20,})/.exec(`${refused.stdout}${refused.stderr}`)?.[1];
  expect(token).toBeDefined();
  expect(await call('execute_query', 'sql=SELECT count(*) FROM t')).toMatchObject({ rows: [[5]] });
  expect(await call('execute_dml', 'sql=DROP TABLE t', `confirm_token=${token}`)).toMatchObject({ command: 'DROP' });
  expect(await call('execute_dml', 'sql=DROP TABLE t', `confirm_token=${token}`)).toMatchObject({
    failed: expect.any(Number),
  });
});

it('keeps audit log and approvals out of reach [local.store-unreachable]', async () => {
  await call('execute_query', 'sql=SELECT 1');
  const store = join(sandbox.home, 'headgate.db');
  expect(existsSync(store)).toBe(true);
  for (const sql of [
    `SELECT * FROM read_blob('${store}')`,
    `ATTACH '${store}' (TYPE sqlite)`,
    `SELECT * FROM sqlite_scan('${store}', 'audit')`,
    'SELECT * FROM audit',
  ])
    expect(await call('execute_query', `sql=${sql}`), sql).toMatchObject({ failed: expect.any(Number) });
});
