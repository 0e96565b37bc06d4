import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificates } from '../../../src/control-plane/server/fixtures/certificates.ts';
import { call, echoOf, mcp, send, serverOf, shares, statusOf } from './client.ts';
import { callGrpc, type GrpcUpstream, startGrpcUpstream } from './grpc-upstream.ts';
import { freePort, LiveEnvoy } from './live-envoy.ts';
import { fail, type ScriptedUpstream, startUpstream } from './scripted-upstream.ts';
import { requestOver } from './tls-client.ts';
import { until } from './until.ts';

let live: LiveEnvoy;
let one: ScriptedUpstream;
let two: ScriptedUpstream;
let broken: ScriptedUpstream;
let grpc: GrpcUpstream;
let bearer: string;
let pairs: Awaited<ReturnType<typeof certificates>>;
let securePort: number;
let guardedPort: number;

const named = (tool: string, headers: Record<string, string> = {}) =>
  call(tool, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': tool, ...headers });

/** All that Envoy 1.36 should take, at once. */
async function everything() {
  const keys = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'ES256' };
  bearer = await new SignJWT({ tenant: 'acme' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setIssuer('me')
    .setAudience('headgate')
    .setExpirationTime('5m')
    .sign(keys.privateKey);
  const at = (port: number) => ({ address: '127.0.0.1', port });
  return {
    secrets: { edge: { certificate: { file: 'edge.pem' }, key: { file: 'edge.key' } } },
    runtime: { headgate: { values: { 'headgate.tried': 1 } } },
    tenants: { acme: { rate_limit: { requests: 3, per: 'hour' } } },
    listeners: {
      default: { cors: { origins: ['https://app.example.com'] } },
      secure: { ...at(securePort), tls: { certificate: 'edge' } },
      guarded: {
        ...at(guardedPort),
        jwt: {
          providers: {
            local: { issuer: 'me', audiences: ['headgate'], jwks: { inline: JSON.stringify({ keys: [jwk] }) } },
          },
        },
        tenants: { by: { claim: 'tenant' } },
        access: { allow: { readers: { tools: ['read'] } }, shadow: { none: { tools: ['other'] } } },
        tracing: { cluster: 'grpc' },
      },
    },
    clusters: {
      fleet: { endpoints: [one.address, two.address] },
      one: { endpoints: [one.address], limits: { requests: 100, connections: 10 } },
      two: { endpoints: [`localhost:${two.port}`], health_check: false },
      flaky: {
        protocol: 'http',
        endpoints: [broken.address, one.address],
        outlier_detection: false,
        limits: { retry_budget: { min_concurrency: 20 } },
      },
      grpc: { protocol: 'grpc', endpoints: [grpc.address], health_check: true },
    },
    routes: {
      fleet: { listener: 'default', match: { prefix: '/fleet' }, cluster: 'fleet' },
      path: { listener: 'default', match: { path: '/path' }, cluster: 'one' },
      regex: { listener: 'default', match: { regex: '/v[0-9]+/.*' }, cluster: 'two' },
      header: {
        listener: 'default',
        match: { prefix: '/by', headers: { 'x-a': '1' }, query: { b: '2' } },
        cluster: 'two',
      },
      weights: { listener: 'default', match: { prefix: '/weights' }, clusters: { one: 0, two: 1 } },
      mirror: { listener: 'default', match: { prefix: '/mirror' }, cluster: 'one', mirrors: [{ cluster: 'two' }] },
      retry: { listener: 'default', match: { prefix: '/retry' }, cluster: 'flaky', retries: { idempotent: true } },
      limited: {
        listener: 'default',
        match: { prefix: '/limited' },
        cluster: 'one',
        rate_limit: { requests: 1, per: 'hour' },
      },
      tools: {
        listener: 'default',
        match: { prefix: '/tools' },
        cluster: 'one',
        tools: { query: { rate_limit: { requests: 1, per: 'hour' } } },
      },
      tool: { listener: 'default', match: { prefix: '/tool-route', tools: ['search'] }, cluster: 'two' },
      slow: { listener: 'default', match: { prefix: '/slow' }, cluster: 'one', timeouts: { total_s: 0.1 } },
      grpc: { listener: 'default', match: { grpc: true, prefix: '/echo.Echo/' }, cluster: 'grpc' },
      secure: { listener: 'secure', cluster: 'one' },
      guarded: { listener: 'guarded', cluster: 'one' },
    },
  };
}

beforeAll(async () => {
  [one, two, broken, grpc, pairs, live, securePort, guardedPort] = await Promise.all([
    startUpstream('one'),
    startUpstream('two'),
    startUpstream('broken'),
    startGrpcUpstream(),
    certificates(),
    LiveEnvoy.start({ version: '1.36' }),
    freePort(),
    freePort(),
  ]);
  broken.answer = fail(503);
  await writeFile(join(live.folder, 'edge.pem'), pairs.server.certificate);
  await writeFile(join(live.folder, 'edge.key'), pairs.server.key);
  await live.use(await everything());
});
afterAll(async () => {
  await live.stop();
  await Promise.all([one, two, broken, grpc].map((upstream) => upstream.stop()));
});

test('Envoy 1.36 takes everything and refuses nothing [envoy.oldest]', async () => {
  const [proxy] = live.controlPlane.proxies();
  expect([proxy?.state, proxy?.node.version, proxy?.types.map(({ nackCount }) => nackCount)]).toEqual([
    'current',
    '1.36.4',
    expect.not.arrayContaining([1]),
  ]);
  expect(await live.stat('listener_manager.total_listeners_active')).toBe(3);
});

test('1.36 routes by path, header, query, weight, tool and gRPC [envoy.oldest]', async () => {
  expect([
    await serverOf(`${live.url}/path`),
    await serverOf(`${live.url}/v1/x`),
    await serverOf(`${live.url}/by?b=2`, { headers: { 'x-a': '1' } }),
    await serverOf(`${live.url}/weights`),
    await serverOf(`${live.url}/mirror`),
    await serverOf(`${live.url}/tool-route`, named('search')),
  ]).toEqual(['one', 'two', 'two', 'two', 'one', 'two']);
  await until('the copy is there', () => two.seen.some(({ path }) => path === '/mirror'));
  expect(await callGrpc(`127.0.0.1:${live.listenerPort}`, ['a'])).toEqual({ messages: ['A'], code: 0 });
  expect(await shares(`${live.url}/retry`, 10)).toEqual({ one: 10 });
});

test('1.36 limits requests of routes, tools and tenants, and time [envoy.oldest]', async () => {
  const limited = [await statusOf(`${live.url}/limited`), await statusOf(`${live.url}/limited`)];
  const tools = [];
  for (const tool of ['query', 'query', 'other']) tools.push(await statusOf(`${live.url}/tools`, named(tool)));
  expect([limited, tools]).toEqual([
    [200, 429],
    [200, 429, 200],
  ]);
  const answer = one.answer;
  one.answer = (seen, response) => void setTimeout(() => answer(seen, response), 500);
  expect(await statusOf(`${live.url}/slow`)).toBe(504);
  one.answer = answer;
});

test('1.36 keeps sessions, answers browsers, and checks tokens, tools and certificates [envoy.oldest]', async () => {
  const opened = await send(`${live.url}/fleet`, mcp({ method: 'initialize', params: {} }));
  const session = String(opened.headers['mcp-session-id']);
  const { server } = JSON.parse(opened.body);
  const list = mcp({ method: 'tools/list' }, { 'mcp-session-id': session });
  expect(await shares(`${live.url}/fleet`, 10, list)).toEqual({ [server]: 10 });
  const preflight = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
  const { headers } = await send(`${live.url}/fleet`, { method: 'OPTIONS', headers: preflight });
  expect(headers['access-control-allow-origin']).toBe('https://app.example.com');
  const guarded = `http://127.0.0.1:${guardedPort}`;
  const token = { authorization: `Bearer ${bearer}` };
  expect([
    await statusOf(guarded, named('read')),
    await statusOf(guarded, named('write', token)),
    (await echoOf(guarded, named('read', token))).headers['x-headgate-tenant'],
    await statusOf(guarded, named('read', token)),
    await statusOf(guarded, named('read', token)),
    await statusOf(guarded, named('read', token)),
  ]).toEqual([401, 403, 'acme', 200, 200, 429]);
  expect((await requestOver(securePort, { ca: pairs.ca })).status).toBe(200);
});
