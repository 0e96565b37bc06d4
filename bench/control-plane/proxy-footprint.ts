/**
 * What clusters and routes cost: memory of Envoy (its own count and the system's), memory of the control plane, and the time until
 * Envoy has them. A fresh pair for each size.
 * `node -C headgate-source bench/control-plane/proxy-footprint.ts [--sizes 0,1000,2000,5000] [--kind both|clusters|routes]`
 */
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { firstOutput, Sandbox } from '../../tests/e2e/headgate-process.ts';
import { installEnvoy, startEnvoy } from '../../tests/stack/envoy.ts';
import { freePort } from '../gateway/mcp-wire.ts';
import { memoryOf } from './process-cost.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '0,1000,2000,5000' },
    kind: { type: 'string', default: 'both' },
  },
});
const GIVE_UP_MS = 300_000;
/** Both sides give memory back for some time after. Milliseconds. */
const SETTLE_MS = 3_000;
const MB = 1e6;

const binary = await installEnvoy('1.40');
let before: Footprint | null = null;
for (const size of values.sizes.split(',').map(Number)) {
  const seen = await measure(size);
  const each = (key: 'allocated' | 'resident' | 'controlPlane') =>
    before === null || size === before.size
      ? ''
      : ` (${((((seen[key] - before[key]) / (size - before.size)) * 1000) / MB).toFixed(1)} a thousand)`;
  console.log(
    `${String(size).padStart(6)} ${values.kind === 'both' ? 'clusters, each with a route' : values.kind}: Envoy ${mb(seen.allocated)} allocated${each('allocated')}, ${mb(seen.resident)} resident${each('resident')}, peak ${mb(seen.peak)}; control plane ${mb(seen.controlPlane)} resident${each('controlPlane')}, peak ${mb(seen.controlPlanePeak)}; change stored after ${seen.storedMs.toFixed(0)} ms, served by Envoy after ${seen.servedMs.toFixed(0)} ms`,
  );
  before ??= seen;
}

/** Bytes and milliseconds. */
interface Footprint {
  readonly size: number;
  readonly allocated: number;
  readonly resident: number;
  readonly peak: number;
  readonly controlPlane: number;
  readonly controlPlanePeak: number;
  readonly storedMs: number;
  readonly servedMs: number;
}

async function measure(size: number): Promise<Footprint> {
  const sandbox = await Sandbox.create();
  const child = sandbox.spawn(['control-plane', '--json', '--api-port', '0', '--xds-port', '0']);
  try {
    const ready = JSON.parse(await firstOutput(child, /^\}\n/m)) as { api_url: string; xds_address: string };
    const port = await freePort();
    const post = async (state: unknown) => {
      const answer = await fetch(`${ready.api_url}/api/v1/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ state }),
      });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    };
    await post({
      groups: { default: { envoy_version: '1.40' } },
      listeners: { default: { address: '127.0.0.1', port, access_log: false } },
      clusters: { first: { protocol: 'http', health_check: false, endpoints: ['127.0.0.1:9'] } },
      routes: { served: { match: { path: '/served' }, respond: { status: 200, body: '0' } } },
    });
    const printed = await sandbox.run([
      ...['control-plane', '--print', 'bootstrap', '--admin-port', '0'],
      ...['--xds-port', new URL(`http://${ready.xds_address}`).port],
    ]);
    const envoy = await startEnvoy(binary, printed.stdout);
    try {
      const began = performance.now();
      await post(stateOf(size));
      const storedMs = performance.now() - began;
      await served(port, envoy.adminUrl, size, began);
      const servedMs = performance.now() - began;
      await pause(SETTLE_MS);
      const memory = (await (await fetch(`${envoy.adminUrl}/memory`)).json()) as { allocated: string };
      return {
        size,
        allocated: Number(memory.allocated),
        resident: memoryOf(envoy.pid, 'now'),
        peak: memoryOf(envoy.pid, 'peak'),
        controlPlane: memoryOf(child.pid ?? 0, 'now'),
        controlPlanePeak: memoryOf(child.pid ?? 0, 'peak'),
        storedMs,
        servedMs,
      };
    } finally {
      await envoy.stop();
    }
  } finally {
    if (child.exitCode === null) {
      const end = once(child, 'exit');
      child.kill('SIGTERM');
      await end;
    }
    await sandbox.remove();
  }
}

/** MCP servers with two endpoints, and routes to them; without health checks: nobody is there. */
function stateOf(size: number) {
  const numbers = Array.from({ length: size }, (_, index) => index);
  const cluster = (index: number) => ({
    health_check: false,
    endpoints: [0, 1].map((each) => `127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}:${8000 + each}`),
  });
  const route = (index: number) => ({
    match: { prefix: `/servers/${index}/` },
    cluster: values.kind === 'routes' ? 'first' : `upstream-${index}`,
  });
  return {
    ...(values.kind === 'routes'
      ? {}
      : { clusters: Object.fromEntries(numbers.map((index) => [`upstream-${index}`, cluster(index)])) }),
    routes: {
      ...(values.kind === 'clusters'
        ? {}
        : Object.fromEntries(numbers.map((index) => [`route-${index}`, route(index)]))),
      served: { match: { path: '/served' }, respond: { status: 200, body: 'all' } },
    },
  };
}

/** Waits until Envoy has every cluster and answers by the new routes. */
async function served(port: number, adminUrl: string, size: number, began: number): Promise<void> {
  const clusters = values.kind === 'routes' ? 0 : size;
  while (performance.now() - began < GIVE_UP_MS) {
    const text = await (await fetch(`http://127.0.0.1:${port}/served`)).text();
    if (text === 'all') {
      const stats = await (await fetch(`${adminUrl}/stats?filter=cluster_manager.active_clusters`)).text();
      if (Number(/active_clusters: (\d+)/.exec(stats)?.[1]) > clusters) return;
    }
    await pause(10);
  }
  throw new Error('Envoy does not serve it in time.');
}

function mb(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`;
}
