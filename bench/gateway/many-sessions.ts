/**
 * Many sessions at once that read event logs, query PostgreSQL and ask for operations: errors, and memory before and after.
 * `node bench/gateway/many-sessions.ts [--sessions 200] [--minutes 5]`
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { startPostgres } from '../../tests/stack/postgres.ts';
import { freePort, initialize, ready, residentMb, rpc } from './mcp-wire.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/headgate.mjs', import.meta.url));
/** Of a session, between two calls: people and agents think. */
const PAUSE_MS = 200;
/** After the first minute everything is compiled and every pool is full: what memory is compared with. */
const WARM_MS = 60_000;
/** How long the server may take to let go of what ended. */
const REST_MS = 20_000;

const { values } = parseArgs({
  options: { sessions: { type: 'string', default: '200' }, minutes: { type: 'string', default: '5' } },
});
const sessions = Number(values.sessions);
const forMs = Number(values.minutes) * 60_000;

const APP = 'local-1795246630922';
const CALLS = [
  ['execute_query', { sql: 'select * from numbers where n > $1 order by n limit 100', parameters: [10] }],
  ['list_applications', {}],
  ['execute_query', { sql: 'select count(*) from numbers' }],
  ['get_job_bottlenecks', { app_id: APP }],
  ['list_tables', {}],
  ['get_application_summary', { app_id: APP }],
] as const;

const work = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
const postgres = await startPostgres();
await postgres.run('create table numbers as select n, n::text as text, now() as at from generate_series(1, 10000) n');
const port = await freePort();
const server = spawn(process.execPath, [LAUNCHER, 'serve', '--port', String(port)], {
  env: { ...process.env, HEADGATE_HOME: work, DATABASE_URL: postgres.url() },
  stdio: 'ignore',
});
try {
  const { url } = await ready(`http://127.0.0.1:${port}`, server);
  await measure(url);
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  await postgres.stop();
  rmSync(work, { recursive: true, force: true });
}

async function measure(url: string): Promise<void> {
  const pool = new Pool(url, { connections: sessions, pipelining: 1 });
  const times: number[] = [];
  const failures = new Map<string, number>();
  const end = performance.now() + forMs;
  const session = async (first: number): Promise<void> => {
    const id = await initialize(pool);
    for (let call = first; performance.now() < end; call++) {
      const [name, args] = CALLS[call % CALLS.length] as (typeof CALLS)[number];
      const from = performance.now();
      const { body } = await rpc(pool, id, { id: call + 1, method: 'tools/call', params: { name, arguments: args } });
      times.push(performance.now() - from);
      if (!body.includes('"content"') || body.includes('"isError":true')) {
        const what = `${name}: ${body.slice(0, 200)}`;
        failures.set(what, (failures.get(what) ?? 0) + 1);
      }
      await pause(PAUSE_MS);
    }
    await pool.request({ path: '/mcp', method: 'DELETE', headers: { 'mcp-session-id': id ?? '' } });
  };
  const running = Promise.all(Array.from({ length: sessions }, (_, index) => session(index)));
  await pause(Math.min(WARM_MS, forMs / 2));
  const before = residentMb(server);
  await running;
  const busy = residentMb(server);
  await pool.destroy();
  await pause(REST_MS);
  const after = residentMb(server);
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1);
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  console.log(
    `${sessions} sessions, ${forMs / 1000} s: ${times.length} calls, ${failed} failed, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`,
  );
  console.log(
    `resident memory: ${before} MB when warm, ${busy} MB at the end, ${after} MB after the sessions are closed (${(((after - before) / before) * 100).toFixed(1)} %)`,
  );
  for (const [what, count] of failures) console.log(`  ${count} × ${what}`);
}
