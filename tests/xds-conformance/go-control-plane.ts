import { buildGoProgram } from '../stack/go.ts';
import { startServer } from '../stack/server-process.ts';
import type { Sample } from './sample-resources.ts';
import {
  GROUP,
  type SampleChange,
  type ServerKind,
  type ServerOptions,
  type ServerUnderTest,
} from './server-under-test.ts';

/** Heartbeats of resources with a TTL: often enough for a test to see some. */
const HEARTBEAT = '200ms';

/**
 * go-control-plane v0.14.0 as its documentation has it for ADS (`ads`, ordered responses) and for separate streams; `checked` is its
 * own check of consistency before a snapshot is set.
 */
export const SNAPSHOT_CACHE: ServerKind = {
  name: 'go-control-plane SnapshotCache',
  start: ({ transport, checked }: ServerOptions) =>
    startGoControlPlane([
      '-cache=snapshot',
      `-ads=${transport === 'ads'}`,
      `-consistent=${checked}`,
      `-heartbeat=${HEARTBEAT}`,
    ]),
};

/** go-control-plane v0.14.0 with a LinearCache for each type: it keeps no snapshots, and has no groups. */
export const LINEAR_CACHE: ServerKind = {
  name: 'go-control-plane LinearCache',
  start: ({ transport }: ServerOptions) => startGoControlPlane(['-cache=linear', `-ads=${transport === 'ads'}`]),
};

async function startGoControlPlane(args: readonly string[]): Promise<ServerUnderTest> {
  const server = await startServer({
    name: 'go-control-plane',
    command: await buildGoProgram('server'),
    args,
    env: process.env,
    readyWhen: /READY xds=(\d+) control=(\d+)/,
  });
  const control = `http://127.0.0.1:${server.ready[2]}`;
  return {
    port: Number(server.ready[1]),
    apply: (change, group) => post(`${control}/apply`, change, group),
    async fetch(collection, request) {
      const answer = await fetch(`${control}/v3/discovery:${collection}`, {
        method: 'POST',
        body: JSON.stringify(request),
      });
      const text = await answer.text();
      return { status: answer.status, body: answer.ok && text !== '' ? JSON.parse(text) : null };
    },
    refusals: () => null,
    heapBytes: async () => Number(await (await fetch(`${control}/heap`)).text()),
    stop: () => server.stop(),
  };
}

async function post(url: string, { changed = [], removed = [] }: SampleChange, group = GROUP): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    body: JSON.stringify({
      group,
      changed: changed.map(wireSample),
      removed: removed.map(({ typeUrl, name }) => ({ type_url: typeUrl, name })),
    }),
  });
  if (!answer.ok) throw new Error(`go-control-plane refused the change: ${await answer.text()}`);
}

function wireSample({ typeUrl, name, body, ttlMs }: Sample) {
  return { type_url: typeUrl, name, body: body.toString('base64'), ttl_ms: ttlMs ?? 0 };
}
