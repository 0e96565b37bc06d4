import { createServer } from 'node:net';
import { Client, type ClientDuplexStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { createXdsServer } from './create-xds-server.ts';
import { certificates } from './fixtures/certificates.ts';
import { decodeResponse, encodeRequest, type ReadResponse, type RequestText } from './fixtures/in-memory-client.ts';
import { cluster, snapshotOf } from './fixtures/resources.ts';
import { CLUSTERS } from './served-types.ts';
import type { ServerTls, XdsServer } from './xds-server.ts';

const NODE = { id: 'proxy' };
const ADS = '/envoy.service.discovery.v3.AggregatedDiscoveryService';
const CDS = '/envoy.service.cluster.v3.ClusterDiscoveryService';
const asIs = (bytes: Buffer) => bytes;

const open: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function serve(tls: ServerTls | null = null): Promise<{ server: XdsServer; address: string }> {
  const server = createXdsServer({
    clock: Date.now,
    groupOf: () => 'default',
    report: (message, error) => {
      throw new Error(message, { cause: error });
    },
  });
  open.push(() => server.close());
  const { port } = await server.listen({ host: '127.0.0.1', port: 0, tls });
  return { server, address: `127.0.0.1:${port}` };
}

function connect(address: string, trust = credentials.createInsecure()): Client {
  const client = new Client(address, trust, { 'grpc.use_local_subchannel_pool': 1 });
  open.push(() => client.close());
  return client;
}

class Stream {
  readonly call: ClientDuplexStream<Buffer, Buffer>;
  readonly ended: Promise<ServiceError>;
  readonly #protocol: 'sotw' | 'delta';

  constructor(client: Client, path: string) {
    this.#protocol = path.includes('/Delta') ? 'delta' : 'sotw';
    this.call = client.makeBidiStreamRequest(path, asIs, asIs);
    this.ended = new Promise((resolve) => this.call.on('error', resolve));
  }

  request(text: RequestText): void {
    this.call.write(encodeRequest(this.#protocol, text));
  }

  async next(): Promise<ReadResponse> {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    this.call.once('data', resolve);
    return decodeResponse(this.#protocol, await promise);
  }
}

test('serves each type aggregated and by its own service, as state of the world and delta [xds.services]', async () => {
  const { server, address } = await serve();
  server.publish('default', snapshotOf([cluster('a')]));
  const client = connect(address);
  const paths = [
    `${ADS}/StreamAggregatedResources`,
    `${ADS}/DeltaAggregatedResources`,
    `${CDS}/StreamClusters`,
    `${CDS}/DeltaClusters`,
  ];
  for (const path of paths) {
    const stream = new Stream(client, path);
    stream.request({ node: NODE, ...(path.startsWith(ADS) ? { typeUrl: CLUSTERS } : {}) });
    expect((await stream.next()).resources, path).toEqual(new Map([['a', 'a=1']]));
    stream.call.cancel();
  }
});

test('answers a unary fetch [xds.services]', async () => {
  const { server, address } = await serve();
  const client = connect(address);
  const fetch = (names: readonly string[]) =>
    new Promise<ReadResponse>((resolve, reject) =>
      client.makeUnaryRequest(
        `${CDS}/FetchClusters`,
        asIs,
        asIs,
        encodeRequest('sotw', { node: NODE, names }),
        (error, bytes) => (bytes === undefined ? reject(error) : resolve(decodeResponse('sotw', bytes))),
      ),
    );
  await expect(fetch([])).rejects.toMatchObject({ code: status.UNAVAILABLE });
  server.publish('default', snapshotOf([cluster('a'), cluster('b')]));
  expect([...(await fetch(['b'])).resources.keys()]).toEqual(['b']);
});

test('ends a request of 50 MB with a clear status and serves on [xds.huge-request]', async () => {
  const { server, address } = await serve();
  server.publish('default', snapshotOf([cluster('a')]));
  const client = connect(address);
  const huge = new Stream(client, `${ADS}/DeltaAggregatedResources`);
  huge.call.write(Buffer.alloc(50 * 1024 * 1024));
  expect(await huge.ended).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    details: expect.stringContaining('larger than max'),
  });
  const garbage = new Stream(client, `${ADS}/DeltaAggregatedResources`);
  garbage.call.write(Buffer.from('\x7fgarbage'));
  expect(await garbage.ended).toMatchObject({ code: status.INVALID_ARGUMENT });
  const good = new Stream(client, `${ADS}/DeltaAggregatedResources`);
  good.request({ typeUrl: CLUSTERS, node: NODE });
  expect((await good.next()).resources.size).toBe(1);
  expect(server.proxies()).toHaveLength(1);
});

test('takes a request with ten thousand names [xds.large-request]', async () => {
  const { server, address } = await serve();
  server.publish('default', snapshotOf([cluster('cluster number 9999')]));
  const stream = new Stream(connect(address), `${ADS}/DeltaAggregatedResources`);
  const subscribe = Array.from({ length: 10_000 }, (_, index) => `cluster number ${index}`);
  stream.request({ typeUrl: CLUSTERS, node: NODE, subscribe });
  const response = await stream.next();
  expect([...response.resources.keys()]).toEqual(['cluster number 9999']);
  expect(response.removed).toHaveLength(9999);
});

test('closes its streams and its port within two seconds [xds.closes]', async () => {
  const { server, address } = await serve();
  server.publish('default', snapshotOf([cluster('a')]));
  const stream = new Stream(connect(address), `${ADS}/DeltaAggregatedResources`);
  stream.request({ typeUrl: CLUSTERS, node: NODE });
  await stream.next();
  const before = performance.now();
  await server.close();
  expect(performance.now() - before).toBeLessThan(2000);
  expect(await stream.ended).toMatchObject({ code: status.UNAVAILABLE });
  expect(server.proxies()).toEqual([]);
});

test('says that a port is taken [xds.port-taken]', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  open.push(() => other.close());
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const server = createXdsServer({ clock: Date.now, groupOf: () => 'default', report: () => {} });
  open.push(() => server.close());
  await expect(server.listen({ host: '127.0.0.1', port, tls: null })).rejects.toMatchObject({
    code: 'failed_precondition',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
});

test('serves over TLS to clients whose certificate it knows, and to no others [xds.mtls]', async () => {
  const { ca, server: own, client: theirs } = await certificates();
  const { server, address } = await serve({ certificate: own.certificate, key: own.key, clientCa: ca });
  server.publish('default', snapshotOf([cluster('a')]));
  const trust = Buffer.from(ca);
  const known = credentials.createSsl(trust, Buffer.from(theirs.key), Buffer.from(theirs.certificate));
  const stream = new Stream(connect(address, known), `${ADS}/DeltaAggregatedResources`);
  stream.request({ typeUrl: CLUSTERS, node: NODE });
  expect((await stream.next()).resources.size).toBe(1);
  const unknown = new Stream(connect(address, credentials.createSsl(trust)), `${ADS}/DeltaAggregatedResources`);
  unknown.request({ typeUrl: CLUSTERS, node: NODE });
  expect(await unknown.ended).toMatchObject({ code: status.UNAVAILABLE });
});

test('refuses certificates that it cannot use [xds.mtls]', async () => {
  const server = createXdsServer({ clock: Date.now, groupOf: () => 'default', report: () => {} });
  open.push(() => server.close());
  const tls = { certificate: 'no PEM', key: 'no PEM', clientCa: null };
  await expect(server.listen({ host: '127.0.0.1', port: 0, tls })).rejects.toMatchObject({ code: 'invalid_argument' });
});
