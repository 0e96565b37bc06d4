import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificates } from '../../src/control-plane/server/fixtures/certificates.ts';
import { echoOf, mcp, send, shares, statusOf } from './envoy/client.ts';
import { LiveEnvoy } from './envoy/live-envoy.ts';
import { type ScriptedUpstream, startUpstream } from './envoy/scripted-upstream.ts';

const LIST = { method: 'tools/list' };
/** Several health checks have been made by then. Milliseconds. */
const CHECKS_MS = 600;

let live: LiveEnvoy;
let one: ScriptedUpstream;
let two: ScriptedUpstream;

beforeAll(async () => {
  [one, two, live] = await Promise.all([startUpstream('one'), startUpstream('two'), LiveEnvoy.start()]);
});
afterAll(async () => {
  await live.stop();
  await Promise.all([one.stop(), two.stop()]);
});

async function sessionAt(server: string): Promise<Record<string, string>> {
  for (;;) {
    const { body, headers } = await send(live.url, mcp({ method: 'initialize', params: {} }));
    if (JSON.parse(body).server === server) return { 'mcp-session-id': String(headers['mcp-session-id']) };
  }
}

test('a session lives at a server that drains, though that says at /ready that it ends [upstreams.draining-sessions]', async () => {
  const endpoints = (health?: string) => ({
    endpoints: [{ address: '127.0.0.1', port: one.port, ...(health === undefined ? {} : { health }) }, two.address],
    health_check: { interval_s: 0.1, timeout_s: 1 },
  });
  await live.use({ clusters: { fleet: endpoints() }, routes: { mcp: { cluster: 'fleet' } } });
  const session = await sessionAt('one');
  one.ready = false;
  await pause(CHECKS_MS);
  // Not ready, and nobody said that it drains: it is not used, and may come back.
  expect(await statusOf(live.url, mcp(LIST, session))).toBe(503);
  await live.change('clusters', 'fleet', endpoints('draining'));
  await pause(CHECKS_MS);
  expect(await shares(live.url, 10, mcp(LIST, session))).toEqual({ one: 10 });
  expect(await shares(live.url, 10, mcp(LIST))).toEqual({ two: 10 });
  await live.change('clusters', 'fleet', { ...endpoints(), endpoints: [two.address] });
  expect(await statusOf(live.url, mcp(LIST, session))).toBe(404);
  one.ready = true;
});

test('a server with a name over TLS is asked by its own name [routing.own-host]', async () => {
  const { ca, server } = await certificates();
  await writeFile(join(live.folder, 'ca.pem'), ca);
  const remote = await startUpstream('remote', { tls: { cert: server.certificate, key: server.key } });
  const upstream = {
    endpoints: [`localhost:${remote.port}`],
    // The certificate of the test is for the address.
    tls: { ca: 'authority', names: ['127.0.0.1'] },
  };
  await live.use({
    secrets: { authority: { ca: { file: 'ca.pem' } } },
    clusters: { remote: upstream, fleet: { endpoints: [two.address] } },
    routes: {
      own: { match: { prefix: '/own' }, cluster: 'remote' },
      client: { match: { prefix: '/client' }, cluster: 'remote', rewrite: { host: 'client' } },
      said: { match: { prefix: '/said' }, cluster: 'remote', rewrite: { host: 'other.example.com' } },
      plain: { match: { prefix: '/plain' }, cluster: 'fleet' },
    },
  });
  const hostAt = async (path: string) => (await echoOf(`${live.url}${path}`, mcp(LIST))).headers.host;
  const ours = new URL(live.url).host;
  expect(await hostAt('/own')).toBe('localhost');
  expect([await hostAt('/client'), await hostAt('/said'), await hostAt('/plain')]).toEqual([
    ours,
    'other.example.com',
    ours,
  ]);
  await remote.stop();
});
