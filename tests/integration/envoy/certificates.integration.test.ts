import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificates } from '../../../src/control-plane/server/fixtures/certificates.ts';
import { statusOf } from './client.ts';
import { LiveEnvoy } from './live-envoy.ts';
import { type ScriptedUpstream, startUpstream } from './scripted-upstream.ts';
import { connectTls, requestOver, TlsClient } from './tls-client.ts';
import { until } from './until.ts';

let live: LiveEnvoy;
let one: ScriptedUpstream;

beforeAll(async () => {
  [one, live] = await Promise.all([startUpstream('one'), LiveEnvoy.start()]);
});
afterAll(async () => {
  await live.stop();
  await one.stop();
});

const clusters = () => ({ one: { endpoints: [one.address] } });

describe('with certificates', () => {
  let pairs: Awaited<ReturnType<typeof certificates>>;
  let other: Awaited<ReturnType<typeof certificates>>;
  let secure: ScriptedUpstream;
  const write = (name: string, text: string) => writeFile(join(live.folder, name), text);
  const writePair = async (pair: { certificate: string; key: string }) => {
    await write('edge.pem', pair.certificate);
    await write('edge.key', pair.key);
  };
  const secrets = {
    edge: { certificate: { file: 'edge.pem' }, key: { file: 'edge.key' } },
    authority: { ca: { file: 'ca.pem' } },
    stranger: { ca: { file: 'stranger.pem' } },
  };
  beforeAll(async () => {
    [pairs, other] = await Promise.all([certificates(), certificates()]);
    secure = await startUpstream('secure', { tls: { cert: pairs.server.certificate, key: pairs.server.key } });
    await Promise.all([writePair(pairs.server), write('ca.pem', pairs.ca), write('stranger.pem', other.ca)]);
  });
  afterAll(() => secure.stop());

  test('a certificate is changed without a connection being lost [envoy.tls-rotation]', async () => {
    await live.use({
      secrets,
      listeners: { default: { tls: { certificate: 'edge' } } },
      clusters: clusters(),
      routes: { mcp: { cluster: 'one' } },
    });
    const before = await TlsClient.connect(live.listenerPort, { ca: pairs.ca });
    expect([before.subject, (await before.send('/a')).status]).toEqual(['server', 200]);
    await writePair(pairs.client);
    await live.controlPlane.refreshSecrets();
    await live.settled();
    await until(
      'the new one is shown',
      async () => (await connectTls(live.listenerPort, { ca: pairs.ca })) === 'client',
    );
    // Envoy has changed no listener, and the connection from before still serves.
    expect((await before.send('/b')).status).toBe(200);
    before.close();
    const shown = [...live.controlPlane.snapshot('default').sets.values()].flatMap((set) =>
      [...set].map((resource) => live.controlPlane.resourceJson(resource)),
    );
    expect(JSON.stringify(shown)).toContain('BEGIN CERTIFICATE');
    expect(JSON.stringify(shown)).not.toContain('PRIVATE KEY');
    await writePair(pairs.server);
    await live.controlPlane.refreshSecrets();
  });

  test('clients show certificates, whose names are tenants [envoy.client-certificates]', async () => {
    await live.use({
      secrets,
      listeners: {
        default: {
          tls: { certificate: 'edge', client_ca: 'authority' },
          tenants: { by: { certificate: 'subject' }, unknown: 'refuse' },
        },
      },
      tenants: { acme: { id: 'CN=client' } },
      clusters: clusters(),
      routes: { mcp: { cluster: 'one' } },
    });
    const as = (pair?: { certificate: string; key: string }) =>
      requestOver(live.listenerPort, {
        ca: pairs.ca,
        ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
        headers: { 'x-headgate-tenant': 'CN=forged' },
      });
    const { status, body } = await as(pairs.client);
    expect([status, JSON.parse(body).headers['x-headgate-tenant']]).toEqual([200, 'CN=client']);
    expect((await as(pairs.server)).status).toBe(403);
    await expect(as()).rejects.toThrow(/certificate required|ECONNRESET|hang up/);
    await expect(as(other.client)).rejects.toThrow(/unknown ca|unknown CA|ECONNRESET|hang up|bad certificate/);
  });

  test('servers behind TLS are believed only if their authority is trusted [envoy.upstream-tls]', async () => {
    const to = (ca: string, names: string[]) => ({ endpoints: [secure.address], tls: { ca, names } });
    await live.use({
      secrets,
      clusters: {
        trusted: to('authority', ['127.0.0.1']),
        stranger: to('stranger', ['127.0.0.1']),
        named: to('authority', ['other.example.com']),
      },
      routes: {
        trusted: { match: { prefix: '/trusted' }, cluster: 'trusted' },
        stranger: { match: { prefix: '/stranger' }, cluster: 'stranger' },
        named: { match: { prefix: '/named' }, cluster: 'named' },
      },
    });
    expect([
      await statusOf(`${live.url}/trusted`),
      await statusOf(`${live.url}/stranger`),
      await statusOf(`${live.url}/named`),
    ]).toEqual([200, 503, 503]);
    expect(secure.seen.map(({ path }) => path)).toEqual(['/trusted']);
  });
});
