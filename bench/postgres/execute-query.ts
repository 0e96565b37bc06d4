/**
 * A query of 100 rows: by pg itself, through Headgate's MCP over HTTP, and through the Python peer, with 1 and with 32 clients, in one run.
 * `node bench/postgres/execute-query.ts [--seconds 10] [--no-peer]`
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { Pool } from 'undici';
import { startPostgres } from '../../tests/stack/postgres.ts';
import { freePort, initialize, ready, rpc } from '../gateway/mcp-wire.ts';
import { installPeer, SseClient, startPeer } from './peer.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/headgate.mjs', import.meta.url));
const CLIENTS = [1, 32];
/** Connections to the database, for pg and for Headgate. */
const CONNECTIONS = 10;
const WARM_UP_MS = 2_000;
const SQL = 'SELECT id, name, born, score, big FROM people WHERE id <= 100 ORDER BY id';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, 'no-peer': { type: 'boolean', default: false } },
});
const runMs = Number(values.seconds) * 1000;

/** Makes one client: a function that runs the query once and fails when it does not give the rows. */
type MakeClient = () => Promise<() => Promise<void>>;
type Figures = { readonly p50: number; readonly rate: number };

const server = await startPostgres();
const home = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
try {
  await server.run(`
    create table people (id int primary key, name text not null, born date, score numeric(10, 2), big bigint);
    insert into people select i, 'name ' || i, date '2000-01-01' + i, i * 1.5, i::bigint * 1000000000 from generate_series(1, 10000) i;
    analyze people;`);
  const direct = await measureDirect();
  const headgate = await measureHeadgate();
  for (const [at, clients] of CLIENTS.entries()) {
    const more = (headgate[at]?.p50 ?? 0) - (direct[at]?.p50 ?? 0);
    console.log(`\n${clients} clients: Headgate's p50 is ${more.toFixed(2)} ms above pg's`);
  }
  if (!values['no-peer']) {
    const peer = await measurePeer();
    for (const [at, clients] of CLIENTS.entries()) {
      const times = (headgate[at]?.rate ?? 0) / (peer[at]?.rate ?? 1);
      console.log(`${clients} clients: Headgate's throughput is ${times.toFixed(1)} × the peer's`);
    }
  }
} finally {
  rmSync(home, { recursive: true, force: true });
  await server.stop();
}

async function measureDirect(): Promise<Figures[]> {
  const pool = new pg.Pool({ connectionString: server.url(), max: CONNECTIONS });
  const figures = await measureAll('pg', async () => async () => {
    const { rows } = await pool.query(SQL);
    if (rows.length !== 100) throw new Error('pg gave other rows');
  });
  await pool.end();
  return figures;
}

async function measureHeadgate(): Promise<Figures[]> {
  const port = await freePort();
  const env = {
    ...process.env,
    HEADGATE_HOME: home,
    DATABASE_URL: server.url(),
    POSTGRES_POOL_MAX_SIZE: String(CONNECTIONS),
  };
  const started = spawn(process.execPath, [LAUNCHER, 'serve', '--port', String(port)], { env, stdio: 'ignore' });
  const { url } = await ready(`http://127.0.0.1:${port}`, started);
  const pool = new Pool(url, { connections: Math.max(...CLIENTS), pipelining: 1 });
  const params = { name: 'execute_query', arguments: { sql: SQL, limit: 100 } };
  const figures = await measureAll('Headgate', async () => {
    const session = await initialize(pool);
    let id = 0;
    return async () => {
      const { body } = await rpc(pool, session, { id: ++id, method: 'tools/call', params });
      if (!body.includes('"total":100')) throw new Error(`Headgate gave something else: ${body.slice(0, 500)}`);
    };
  });
  await pool.destroy();
  await ended(started);
  return figures;
}

async function measurePeer(): Promise<Figures[]> {
  const port = await freePort();
  const started = startPeer(await installPeer(), server.url(), port);
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`${url}/nothing`).catch(() => null);
    if (answer !== null) break;
    await pause(200);
  }
  const figures = await measureAll('postgres-mcp', async () => {
    const client = new SseClient(url);
    await client.open();
    return async () => {
      const body = await client.call('tools/call', { name: 'execute_sql', arguments: { sql: SQL } });
      if (!body.includes('name 100')) throw new Error(`the peer gave something else: ${body.slice(0, 500)}`);
    };
  });
  await ended(started);
  return figures;
}

async function measureAll(name: string, makeClient: MakeClient): Promise<Figures[]> {
  const figures: Figures[] = [];
  for (const clients of CLIENTS) figures.push(await measure(name, clients, makeClient));
  return figures;
}

async function measure(name: string, clients: number, makeClient: MakeClient): Promise<Figures> {
  const runs = await Promise.all(Array.from({ length: clients }, makeClient));
  await during(WARM_UP_MS, runs);
  const began = performance.now();
  const times = await during(runMs, runs);
  const seconds = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0;
  const rate = times.length / seconds;
  console.log(
    `${name.padEnd(14)} ${String(clients).padStart(2)} clients  p50 ${at(0.5).toFixed(2)} ms  p95 ${at(0.95).toFixed(2)} ms  p99 ${at(0.99).toFixed(2)} ms  ${rate.toFixed(0)} calls/s`,
  );
  return { p50: at(0.5), rate };
}

async function during(ms: number, runs: ReadonlyArray<() => Promise<void>>): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + ms;
  const loop = async (run: () => Promise<void>) => {
    while (performance.now() < end) {
      const from = performance.now();
      await run();
      times.push(performance.now() - from);
    }
  };
  await Promise.all(runs.map(loop));
  return times;
}

async function ended(started: ChildProcess): Promise<void> {
  started.kill('SIGTERM');
  await new Promise((resolve) => started.once('exit', resolve));
}
