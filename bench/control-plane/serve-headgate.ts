/**
 * Headgate's control plane as a process, with a control port over HTTP that is the one of tests/stack/go-control-plane.
 * `node -C headgate-source bench/control-plane/serve-headgate.ts [--store <file>]`
 *
 * Without a store, POST /apply and /replace publish resources as bytes: what a LinearCache does. With one, POST /objects makes a
 * change of the desired state: checked, compiled, checked again, stored with its audit, published.
 * It prints `READY xds=<port> control=<port>`.
 */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { keepYoungGenerationSmall } from '../../src/commands/young-generation.ts';
import type { ObjectChange } from '../../src/control-plane/desired-state/desired-state.ts';
import type { Resource } from '../../src/control-plane/resource.ts';
import { createXdsServer } from '../../src/control-plane/server/create-xds-server.ts';
import { EMPTY_SNAPSHOT, withChange } from '../../src/control-plane/snapshot/snapshot.ts';
import type { WireChange } from './wire-change.ts';

// As `headgate control-plane` does.
keepYoungGenerationSmall();
const { values } = parseArgs({ options: { store: { type: 'string' } } });
const report = (message: string, error: unknown) => console.error(message, error);

type Change = (body: unknown) => Promise<void>;
const { xds, changes } = values.store === undefined ? publishing() : await controlling(values.store);
const { port } = await xds.listen({ host: '127.0.0.1', port: 0, tls: null });
const control = createServer((request, response) => {
  const change = changes.get(request.url ?? '');
  if (change === undefined) {
    response.writeHead(404).end();
    return;
  }
  read(request)
    .then(change)
    .then(() => response.end())
    .catch((error: Error) => response.writeHead(400).end(`${error.message} ${error.stack}`));
});
control.listen(0, '127.0.0.1', () => {
  console.log(`READY xds=${port} control=${(control.address() as AddressInfo).port}`);
});

/** Bytes in, snapshots out. */
function publishing() {
  const server = createXdsServer({ clock: Date.now, groupOf: () => 'default', report });
  let snapshot = EMPTY_SNAPSHOT;
  const publish = (before: typeof snapshot, { changed = [], removed = [] }: WireChange) => {
    const gone = removed.map(({ type_url, name }) => ({ typeUrl: type_url, name }));
    snapshot = withChange(before, { changed: changed.map(resourceOf), removed: gone });
    server.publish('default', snapshot);
  };
  const paths = new Map<string, Change>([
    ['/apply', async (body) => publish(snapshot, body as WireChange)],
    ['/replace', async (body) => publish(EMPTY_SNAPSHOT, body as WireChange)],
  ]);
  return { xds: server, changes: paths };
}

/** Objects in, by the whole control plane: what it needs is loaded only then. */
async function controlling(path: string) {
  const { createControlPlane } = await import('../../src/control-plane/history/create-control-plane.ts');
  const { openStore } = await import('../../src/store/index.ts');
  const store = await openStore({ path });
  let server: ReturnType<typeof createXdsServer> | null = null;
  const controlPlane = await createControlPlane({
    records: store.controlPlane('local'),
    xds: (hooks) => {
      server = createXdsServer({ clock: Date.now, report, ...hooks });
      return server;
    },
    clock: Date.now,
    report,
    resolveSecret: async () => {
      throw new Error('This fleet has no secrets.');
    },
    policy: { onNack: 'record' },
  });
  if (server === null) throw new Error('The control plane made no server.');
  const author = { subject: 'bench', via: 'api', reason: 'a figure' };
  const paths = new Map<string, Change>([
    [
      '/objects',
      async (body) => {
        await controlPlane.apply(body as ObjectChange[], author, { expected: null, dryRun: false });
      },
    ],
  ]);
  return { xds: server as ReturnType<typeof createXdsServer>, changes: paths };
}

function resourceOf({
  type_url: typeUrl,
  name,
  body,
  references,
}: NonNullable<WireChange['changed']>[number]): Resource {
  const bytes = Buffer.from(body, 'base64');
  const version = createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
  const refers = references.map((each) => ({ typeUrl: each.type_url, name: each.name, path: '' }));
  return { typeUrl, name, version, body: bytes, references: refers, binds: [], ttlMs: null, warmsByHealthCheck: false };
}

async function read(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}
