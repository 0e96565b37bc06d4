/**
 * From the start of a change over REST to the first answer through Envoy that shows it: `headgate control-plane` with everything on
 * (checks, SQLite, audit), and a real Envoy.
 * `node -C headgate-source bench/control-plane/rest-to-envoy.ts [--changes 120] [--clusters 0] [--poll-ms 1]`
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from 'undici';
import { firstOutput, Sandbox } from '../../tests/e2e/headgate-process.ts';
import { installEnvoy, startEnvoy } from '../../tests/stack/envoy.ts';
import { freePort } from '../gateway/mcp-wire.ts';
import { quantile } from './mcp-load.ts';

const { values } = parseArgs({
  options: {
    changes: { type: 'string', default: '120' },
    /** Further clusters and routes, so that the change is one of many. */
    clusters: { type: 'string', default: '0' },
    'poll-ms': { type: 'string', default: '1' },
  },
});
const [changes, others, pollMs] = [Number(values.changes), Number(values.clusters), Number(values['poll-ms'])];
const WARM_UP = 10;
const GIVE_UP_MS = 30_000;

const sandbox = await Sandbox.create();
const servers = await Promise.all(['one', 'two'].map(answering));
const stops: Array<() => Promise<unknown>> = [() => sandbox.remove()];
try {
  const [first, second] = servers.map(({ place }) => place);
  const child = sandbox.spawn(['control-plane', '--json', '--api-port', '0', '--xds-port', '0']);
  stops.unshift(async () => {
    const end = once(child, 'exit');
    child.kill('SIGTERM');
    await end;
  });
  const ready = JSON.parse(await firstOutput(child, /^\}\n/m)) as { api_url: string; xds_address: string };
  const rest = new Client(ready.api_url);
  const port = await freePort();
  const plain = { protocol: 'http', health_check: false };
  const ballast = Object.fromEntries(
    Array.from({ length: others }, (_, index) => [
      `other-${index}`,
      { ...plain, endpoints: [`127.0.0.1:${20_000 + index}`] },
    ]),
  );
  await change('POST', '/api/v1/batch', {
    state: {
      groups: { default: { envoy_version: '1.40' } },
      listeners: { default: { address: '127.0.0.1', port, access_log: false } },
      clusters: {
        one: { ...plain, endpoints: [first] },
        two: { ...plain, endpoints: [second] },
        moving: { ...plain, endpoints: [first] },
        ...ballast,
      },
      routes: {
        said: { match: { path: '/said' }, respond: { status: 200, body: 'start' } },
        weighted: { match: { path: '/weighted' }, clusters: { one: 1, two: 0 } },
        moving: { match: { path: '/moving' }, cluster: 'moving' },
        ...Object.fromEntries(
          Object.keys(ballast).map((name) => [name, { match: { prefix: `/${name}/` }, cluster: name }]),
        ),
      },
    },
  });
  const printed = await sandbox.run([
    ...['control-plane', '--print', 'bootstrap', '--admin-port', '0'],
    ...['--xds-port', new URL(`http://${ready.xds_address}`).port],
  ]);
  if (printed.exitCode !== 0) throw new Error(printed.stderr);
  const envoy = await startEnvoy(await installEnvoy('1.40'), printed.stdout);
  stops.unshift(() => envoy.stop());
  const proxy = new Client(`http://127.0.0.1:${port}`);

  const kinds = {
    "a route's answer": (index: number) => ({
      ask: () =>
        change('PUT', '/api/v1/routes/said', {
          spec: { match: { path: '/said' }, respond: { status: 200, body: `change ${index}` } },
        }),
      path: '/said',
      shows: `change ${index}`,
    }),
    'weights of a route': (index: number) => ({
      ask: () => change('PATCH', '/api/v1/routes/weighted', { weights: { one: (index + 1) % 2, two: index % 2 } }),
      path: '/weighted',
      shows: index % 2 === 0 ? 'one' : 'two',
    }),
    'endpoints of a cluster': (index: number) => ({
      ask: () =>
        change('PUT', '/api/v1/clusters/moving', { spec: { ...plain, endpoints: [index % 2 === 0 ? second : first] } }),
      path: '/moving',
      shows: index % 2 === 0 ? 'two' : 'one',
    }),
  };
  for (const [what, plan] of Object.entries(kinds)) {
    const shown: number[] = [];
    const answered: number[] = [];
    // The weights begin as the change with an even number leaves them.
    const from = what.startsWith('weights') ? 1 : 0;
    for (let index = from; index < from + WARM_UP + changes; index++) {
      const times = await timed(plan(index), proxy);
      if (index < from + WARM_UP) continue;
      shown.push(times.shown);
      answered.push(times.answered);
    }
    console.log(
      `${what.padEnd(24)} n=${shown.length}  shown by Envoy: ${quantiles(shown)}  (REST answers: ${quantiles(answered)})`,
    );
  }
  await Promise.all([rest.close(), proxy.destroy()]);

  async function change(method: 'POST' | 'PUT' | 'PATCH', path: string, body: unknown): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const answer = await rest.request({ method, path, headers, body: JSON.stringify(body) });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
  }
} finally {
  for (const stop of stops.slice(0, -1)) await stop();
  for (const { close } of servers) await close();
  await sandbox.remove();
}

/** Milliseconds from the beginning of a change until REST answered it, and until Envoy showed it. */
async function timed(
  { ask, path, shows }: { ask: () => Promise<void>; path: string; shows: string },
  proxy: Client,
): Promise<{ answered: number; shown: number }> {
  const began = performance.now();
  let answered = Number.NaN;
  const asked = ask().then(() => {
    answered = performance.now() - began;
  });
  for (;;) {
    const answer = await proxy.request({ method: 'GET', path });
    const text = await answer.body.text();
    const shown = performance.now() - began;
    if (text === shows) {
      await asked;
      return { answered, shown };
    }
    if (answer.statusCode >= 400) throw new Error(`${path}: ${answer.statusCode} ${text}`);
    if (shown > GIVE_UP_MS) throw new Error(`${path} does not show ${shows}: ${text}`);
    await pause(pollMs);
  }
}

/** An upstream that answers with its name. */
async function answering(name: string) {
  const server = createServer((_request, response) => response.end(name)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    place: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

function quantiles(durations: readonly number[]): string {
  const [middle, late] = [quantile(durations, 0.5), quantile(durations, 0.99)];
  return `p50 ${middle.toFixed(1)} ms, p99 ${late.toFixed(1)} ms, longest ${Math.max(...durations).toFixed(1)} ms`;
}
