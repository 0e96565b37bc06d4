import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseAt, openConnector } from '../fixtures/postgres-connector.ts';
import { makeCertificate, type Postgres, startPostgres } from '../stack/postgres.ts';

const START_TIMEOUT_MS = 300_000;

let folder: string;
let tls: { certificate: string; key: string };
let server: Postgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-tls-'));
  tls = await makeCertificate(folder);
  server = await startPostgres({ tls });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await server?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

describe('connections by TLS', () => {
  it.each([
    ['sslmode=require', true],
    ['sslmode=verify-full&sslrootcert=CERTIFICATE', true],
    ['sslmode=disable', false],
  ])('are what the address asks for: %s [postgres.databases]', async (parameters, encrypted) => {
    const opened = openConnector([databaseAt('main', addressWith(parameters))]);
    const sql = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
    expect((await opened.call('execute_query', { sql })).rows).toEqual([[encrypted]]);
    await opened.connector.close();
  });

  it('are refused when nobody vouches for the certificate [postgres.databases]', async () => {
    const opened = openConnector([databaseAt('main', addressWith('sslmode=verify-full'))]);
    await expect(opened.call('execute_query', { sql: 'select 1' })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('is not trusted'),
    });
    await opened.connector.close();
  });

  it('end their statement when the call is cancelled [postgres.cancel]', async () => {
    const opened = openConnector([databaseAt('main', addressWith('sslmode=require'))]);
    const controller = new AbortController();
    const sql = 'select pg_sleep(120)';
    const running = opened
      .call('execute_query', { sql }, { signal: controller.signal })
      .catch((error: unknown) => error);
    const active = `select 1 from pg_stat_activity where state = 'active' and query = '${sql}'`;
    while ((await server.run(active)).length === 0);
    controller.abort();
    expect(await running).toMatchObject({ code: 'cancelled', details: { sql_state: '57014' } });
    await opened.connector.close();
  });
});

function addressWith(parameters: string): string {
  return `${server.url()}?${parameters.replace('CERTIFICATE', tls.certificate)}`;
}
