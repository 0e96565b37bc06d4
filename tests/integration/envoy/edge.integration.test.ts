import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, echoOf, mcp, send, serverOf, statusOf } from './client.ts';
import { startTraceReceiver, type TraceReceiver } from './grpc-upstream.ts';
import { LiveEnvoy } from './live-envoy.ts';
import { echo, type ScriptedUpstream, startUpstream } from './scripted-upstream.ts';
import { until } from './until.ts';

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
beforeEach(() => {
  for (const upstream of [one, two]) {
    upstream.answer = echo;
    upstream.seen.length = 0;
  }
});

const clusters = () => ({ one: { endpoints: [one.address] }, two: { endpoints: [two.address] } });
const LIST = mcp({ method: 'tools/list' });

/** What every message of the revision 2026-07-28 has in it. */
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'a', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

test('a browser may call from the origins that are listed [envoy.cors]', async () => {
  const cors = { origins: ['https://app.example.com', { suffix: '.example.org' }], credentials: true };
  await live.use({ listeners: { default: { cors } }, clusters: clusters(), routes: { mcp: { cluster: 'one' } } });
  const preflight = (origin: string) =>
    send(live.url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
  const { status, headers } = await preflight('https://app.example.com');
  expect([status, headers['access-control-allow-origin'], headers['access-control-max-age']]).toEqual([
    200,
    'https://app.example.com',
    '600',
  ]);
  expect(headers['access-control-allow-credentials']).toBe('true');
  expect(headers['access-control-allow-methods']).toContain('POST');
  expect(headers['access-control-allow-headers']).toContain('mcp-session-id');
  expect(one.seen).toEqual([]);
  expect((await preflight('https://b.example.org')).headers['access-control-allow-origin']).toBe(
    'https://b.example.org',
  );
  expect((await preflight('https://evil.example.com')).headers['access-control-allow-origin']).toBeUndefined();
  const answer = await send(live.url, { ...LIST, headers: { ...LIST.headers, origin: 'https://app.example.com' } });
  expect([
    answer.status,
    answer.headers['access-control-allow-origin'],
    answer.headers['access-control-expose-headers'],
  ]).toEqual([200, 'https://app.example.com', 'mcp-session-id, www-authenticate']);
});

test('access lists are tried in the shadow and enforced later, on connections that stay [envoy.access-live]', async () => {
  const given = (access: Record<string, unknown>) => ({
    listeners: { default: { access } },
    clusters: clusters(),
    routes: { mcp: { cluster: 'one' } },
  });
  const strict = { readers: { tools: ['list_*'] } };
  await live.use(given({ shadow: strict }));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  // Envoy ends the connection of a call that it refuses: the rest of the message is not read.
  const statuses = async () => [
    await statusOf(live.url, { ...call('list_jobs'), agent }),
    await statusOf(live.url, call('drop_table')),
    await statusOf(live.url, { ...LIST, agent }),
  ];
  const connections = () => live.stat('http.default.downstream_cx_total');
  expect(await statuses()).toEqual([200, 200, 200]);
  expect(await live.stat('http.default.rbac.shadow_denied')).toBe(1);
  const [modified, opened] = [await live.stat('listener_manager.listener_modified'), await connections()];
  await live.use(given({ allow: strict }));
  expect(await statuses()).toEqual([200, 403, 200]);
  expect(await live.stat('http.default.rbac.policy.readers.allowed')).toBe(1);
  await live.use(given({ allow: { ...strict, writers: { tools: ['drop_table'] } } }));
  expect(await statuses()).toEqual([200, 200, 200]);
  expect(await live.stat('http.default.rbac.policy.writers.allowed')).toBe(1);
  expect([await live.stat('listener_manager.listener_modified'), await connections()]).toEqual([modified, opened + 2]);
  agent.destroy();
});

describe('with an issuer of tokens', () => {
  let issuer: ScriptedUpstream;
  let keys: { privateKey: CryptoKey; publicKey: CryptoKey };
  beforeAll(async () => {
    [issuer, keys] = await Promise.all([startUpstream('issuer'), generateKeyPair('ES256')]);
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'ES256' };
    issuer.answer = (_, response) => response.end(JSON.stringify({ keys: [jwk] }));
  });
  afterAll(() => issuer.stop());

  test('its keys are fetched, and tokens that it signed open the tools of their scope [envoy.jwt]', async () => {
    const token = (claims: Record<string, unknown>, key = keys.privateKey) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .setIssuer('https://id.example.com')
        .setAudience('headgate')
        .setExpirationTime('5m')
        .sign(key);
    await live.use({
      listeners: {
        default: {
          jwt: {
            providers: {
              company: {
                issuer: 'https://id.example.com',
                audiences: ['headgate'],
                jwks: { url: 'http://id.example.com/keys', cluster: 'issuer' },
              },
            },
          },
          access: { allow: { writers: { tools: ['write'], scopes: ['data:write'] }, all: { tools: ['read'] } } },
        },
      },
      clusters: { ...clusters(), issuer: { protocol: 'http', endpoints: [issuer.address] } },
      routes: { mcp: { cluster: 'one' } },
    });
    const forger = await generateKeyPair('ES256');
    const as = async (tool: string, bearer: string) =>
      statusOf(live.url, call(tool, { authorization: `Bearer ${bearer}` }));
    expect(await statusOf(live.url, call('read'))).toBe(401);
    expect([
      await as('read', await token({})),
      await as('read', await token({}, forger.privateKey)),
      await as('write', await token({ scope: 'data:read' })),
      await as('write', await token({ scope: 'data:read data:write' })),
    ]).toEqual([200, 401, 403, 200]);
    expect(issuer.seen[0]?.path).toBe('/keys');
    expect(one.seen.map(({ headers }) => typeof headers.authorization)).toEqual(['string', 'string']);
  });
});

test('the tool is told from the message where no header says it [envoy.mcp-filter]', async () => {
  await live.use({
    clusters: clusters(),
    routes: { search: { match: { tools: ['search'] }, cluster: 'two' }, rest: { cluster: 'one' } },
  });
  expect([await serverOf(live.url, call('search')), await serverOf(live.url, call('other'))]).toEqual(['two', 'one']);
  const named = (name: string) => ({
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': name,
  });
  const modern = (header: string) =>
    mcp({ method: 'tools/call', params: { name: 'search', arguments: {}, _meta: META } }, named(header));
  expect(await serverOf(live.url, modern('search'))).toBe('two');
  // A header that says something else than the message.
  expect(await statusOf(live.url, modern('other'))).toBe(400);
});

describe('with a collector of traces', () => {
  let collector: TraceReceiver;
  beforeAll(async () => {
    collector = await startTraceReceiver();
  });
  afterAll(() => collector.stop());

  test('span, access log and upstream have one trace, with tool and tenant [envoy.tracing] [envoy.access-log] [envoy.runtime]', async () => {
    const file = join(live.folder, 'access.log');
    const given = (values: Record<string, number>) => ({
      listeners: {
        default: {
          tracing: { cluster: 'otel', service_name: 'edge-proxy' },
          access_log: { to: { file }, fields: { user: '%REQ(X-USER)%' } },
          tenants: { by: { header: 'x-tenant' }, unknown: 'allow' },
          mcp: { filter: 'on' },
        },
      },
      tenants: { acme: {} },
      clusters: { ...clusters(), otel: { protocol: 'grpc', endpoints: [collector.address] } },
      routes: { mcp: { match: { prefix: '/mcp' }, cluster: 'one' } },
      runtime: { headgate: { values } },
    });
    await live.use(given({ 'tracing.opentelemetry.min_flush_spans': 1 }));
    const { entries } = (await (await fetch(`${live.envoy.adminUrl}/runtime`)).json()) as RuntimeEntries;
    expect(entries['tracing.opentelemetry.min_flush_spans']?.final_value).toBe('1');
    const sent = call('query', { 'x-tenant': 'acme', 'x-user': 'u-1' });
    const { headers } = await echoOf(`${live.url}/mcp?token=hidden`, sent);
    const [, traceId = '', parent = ''] = (headers.traceparent ?? '').split('-');
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    let line = '';
    await until('the line is there', async () => {
      line = await readFile(file, 'utf8').catch(() => '');
      return line.endsWith('\n');
    });
    expect(JSON.parse(line)).toMatchObject({
      tool: 'query',
      mcp_method: 'tools/call',
      tenant: 'acme',
      trace_id: traceId,
      user: 'u-1',
      path: '/mcp',
      status: 200,
      route: 'mcp',
      upstream: one.address,
    });
    expect(line).not.toContain('hidden');
    await until('the span is there', () => collector.requests.length > 0);
    const span = Buffer.concat(collector.requests);
    for (const part of ['edge-proxy', 'gen_ai.tool.name', 'query', 'headgate.tenant', 'acme']) {
      expect(span.includes(part), part).toBe(true);
    }
    expect([span.includes('hidden'), span.includes('/mcp')]).toEqual([false, true]);
    expect([span.includes(Buffer.from(traceId, 'hex')), span.includes(Buffer.from(parent, 'hex'))]).toEqual([
      true,
      true,
    ]);
    await live.use(given({ 'tracing.opentelemetry.min_flush_spans': 7 }));
    const changed = (await (await fetch(`${live.envoy.adminUrl}/runtime`)).json()) as RuntimeEntries;
    expect(changed.entries['tracing.opentelemetry.min_flush_spans']?.final_value).toBe('7');
  });
});

interface RuntimeEntries {
  readonly entries: Readonly<Record<string, { readonly final_value: string }>>;
}

test('statistics are there for Prometheus, those of a route by its name [envoy.prometheus]', async () => {
  await live.use({
    clusters: { counted: { endpoints: [one.address] } },
    routes: { jobs: { cluster: 'counted', stats: true } },
  });
  for (let request = 0; request < 3; request++) await statusOf(live.url);
  const text = await (await fetch(`${live.envoy.adminUrl}/stats/prometheus`)).text();
  expect(text).toContain('envoy_cluster_upstream_rq_total{envoy_cluster_name="counted"} 3');
  expect(text).toMatch(/^envoy_http_downstream_rq_total\{envoy_http_conn_manager_prefix="default"\} \d+$/m);
  expect(text).toMatch(/^envoy_vhost_route_upstream_rq_total\{[^}]*envoy_route="jobs"\} 3$/m);
});
