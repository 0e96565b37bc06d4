import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { call, echoOf, mcp, open, send, serverOf, shares, statusOf } from './client.ts';
import { callGrpc, type GrpcUpstream, startGrpcUpstream } from './grpc-upstream.ts';
import { freePort, LiveEnvoy } from './live-envoy.ts';
import { echo, fail, type ScriptedUpstream, startUpstream } from './scripted-upstream.ts';
import { until } from './until.ts';

/** Envoy's own limit of a route is 15 s. */
const QUIET_MS = 16_000;
const PLAIN = { protocol: 'http', outlier_detection: false } as const;

let live: LiveEnvoy;
let one: ScriptedUpstream;
let two: ScriptedUpstream;
let three: ScriptedUpstream;
let modern: ScriptedUpstream;
let grpc: GrpcUpstream;
/** A stream that is opened before all tests, and is quiet while they change everything around it. */
let stream: IncomingMessage;
let quietSince: number;

const clusters = () => ({
  one: { ...PLAIN, endpoints: [one.address] },
  two: { ...PLAIN, endpoints: [two.address] },
  three: { ...PLAIN, endpoints: [three.address] },
  both: { ...PLAIN, endpoints: [one.address, two.address] },
});
const use = (routes: Record<string, Record<string, unknown>>, more: Record<string, Record<string, unknown>> = {}) =>
  live.use({ clusters: { ...clusters(), ...more }, routes });

beforeAll(async () => {
  [one, two, three, modern, grpc, live] = await Promise.all([
    startUpstream('one'),
    startUpstream('two'),
    startUpstream('three'),
    startUpstream('modern', { http2: true }),
    startGrpcUpstream(),
    LiveEnvoy.start(),
  ]);
  three.answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: first\n\n');
    setTimeout(() => response.end('data: last\n\n'), QUIET_MS);
  };
  await use({ events: { cluster: 'three' } });
  stream = await open(`${live.url}/events`, { headers: { accept: 'text/event-stream' } });
  await once(stream, 'readable');
  expect(String(stream.read())).toBe('data: first\n\n');
  quietSince = Date.now();
  three.answer = echo;
});
afterAll(async () => {
  await live.stop();
  await Promise.all([one, two, three, modern, grpc].map((upstream) => upstream.stop()));
});
beforeEach(() => {
  for (const upstream of [one, two, three]) {
    upstream.answer = echo;
    upstream.seen.length = 0;
  }
});

test('the exact path goes before the prefix, the prefix before the expression [envoy.paths]', async () => {
  await use({
    exact: { match: { path: '/api/exact' }, cluster: 'one' },
    prefix: { match: { prefix: '/api/' }, cluster: 'two' },
    regex: { match: { regex: '/(api|v[0-9]+)/.*' }, cluster: 'three' },
  });
  const answers = ['/api/exact?q=1', '/api/exact/more', '/api/', '/v12/x', '/v12/', '/vx/', '/'].map(async (path) => {
    const { status, body } = await send(live.url + path);
    return status === 200 ? JSON.parse(body).server : status;
  });
  expect(await Promise.all(answers)).toEqual(['one', 'two', 'two', 'three', 'three', 404, 404]);
});

test('headers, query and method choose, and so does the host [envoy.headers-and-query]', async () => {
  await use({
    exact: { match: { headers: { 'x-tier': 'gold' } }, cluster: 'one' },
    absent: {
      match: { path: '/h', headers: { 'x-a': { present: true }, 'x-b': { regex: 'v[0-9]+', not: true } } },
      cluster: 'two',
    },
    query: { match: { prefix: '/q', query: { canary: '1', mode: { prefix: 'f' } } }, cluster: 'two' },
    method: { match: { prefix: '/m', methods: ['DELETE', 'PUT'] }, cluster: 'two' },
    host: { domains: ['*.example.com'], match: { prefix: '/host' }, cluster: 'two' },
    rest: { cluster: 'three' },
  });
  const to = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    serverOf(live.url + path, { headers, method });
  expect([
    await to('/', { 'x-tier': 'gold' }),
    await to('/', { 'x-tier': 'golden' }),
    await to('/h', { 'x-a': '', 'x-b': 'w1' }),
    await to('/h', { 'x-a': '', 'x-b': 'v1' }),
    await to('/h', { 'x-b': 'w1' }),
    await to('/q?mode=fast&canary=1'),
    await to('/q?mode=slow&canary=1'),
    await to('/q?canary=1'),
    await to('/m', {}, 'PUT'),
    await to('/m', {}, 'POST'),
    await to('/host', { host: 'a.example.com:10000' }),
    await to('/host', { host: 'example.org' }),
  ]).toEqual(['one', 'three', 'two', 'three', 'three', 'two', 'three', 'three', 'two', 'three', 'two', 'three']);
});

test('paths, hosts and headers are rewritten, and some answers are of Envoy [envoy.rewrites]', async () => {
  await use({
    prefix: { match: { prefix: '/old/' }, rewrite: { prefix: '/new/', host: 'inside.example.com' }, cluster: 'one' },
    regex: {
      match: { prefix: '/r/' },
      rewrite: { regex: { pattern: '^/r/([^/]+)/(.*)$', substitution: '/\\2/\\1' } },
      request_headers: { set: { 'x-set': 'ours' }, add: { 'x-more': 'b' }, remove: ['x-gone'] },
      response_headers: { set: { 'x-answer': 'yes' } },
      cluster: 'one',
    },
    moved: { match: { prefix: '/moved' }, redirect: { path: '/there', status: 307 } },
    fixed: { match: { path: '/fixed' }, respond: { status: 418, body: 'short', content_type: 'text/x-a' } },
  });
  const old = await echoOf(`${live.url}/old/a?b=1`);
  expect([old.path, old.headers.host]).toEqual(['/new/a?b=1', 'inside.example.com']);
  const { headers, body } = await send(`${live.url}/r/a/b`, {
    headers: { 'x-set': 'c', 'x-more': 'a', 'x-gone': 'c' },
  });
  const seen = JSON.parse(body);
  expect([
    seen.path,
    seen.headers['x-set'],
    seen.headers['x-more'],
    seen.headers['x-gone'],
    headers['x-answer'],
  ]).toEqual(['/b/a', 'ours', 'a, b', undefined, 'yes']);
  const moved = await send(`${live.url}/moved/x`);
  expect([moved.status, moved.headers.location]).toEqual([307, `${live.url}/there`]);
  const fixed = await send(`${live.url}/fixed`);
  expect([fixed.status, fixed.body, fixed.headers['content-type']]).toEqual([418, 'short', 'text/x-a']);
});

test('weights share the requests, and new weights hold for the next request [envoy.weights]', async () => {
  await use({ mcp: { clusters: { one: 90, two: 10 } } });
  const { one: most = 0, two: some = 0 } = await shares(live.url, 300);
  // 300 draws of 0.1: 30 ± six standard deviations of 5.2.
  expect([most + some, some]).toEqual([300, expect.closeTo(30, -1.8)]);
  await live.change('routes', 'mcp', { clusters: { one: 0, two: 100 } });
  expect(await shares(live.url, 30)).toEqual({ two: 30 });
});

test('a mirror gets copies, whose answers go nowhere [envoy.mirrors]', async () => {
  two.answer = fail(500);
  await use({ mcp: { cluster: 'one', mirrors: [{ cluster: 'two' }, { cluster: 'three', percent: 0 }] } });
  for (const body of ['a', 'b', 'c']) {
    expect(await serverOf(`${live.url}/shadowed`, { method: 'POST', body })).toBe('one');
  }
  await until('the copies are there', () => two.seen.length === 3);
  expect(two.seen.map(({ path, body, headers }) => `${path} ${body} ${headers.host}`).sort()).toEqual(
    ['a', 'b', 'c'].map((body) => `/shadowed ${body} 127.0.0.1-shadow:${live.listenerPort}`),
  );
  expect(three.seen).toEqual([]);
});

test('limits of time hold where they are set, for a route and for a tool [envoy.timeouts]', async () => {
  one.answer = (seen, response) => void setTimeout(() => echo(seen, response), 700);
  await use({
    long: { match: { prefix: '/long' }, cluster: 'one' },
    short: { match: { prefix: '/short' }, cluster: 'one', timeouts: { total_s: 0.2 } },
    quiet: { match: { prefix: '/quiet' }, cluster: 'one', timeouts: { idle_s: 0.2 } },
    tools: {
      match: { prefix: '/mcp' },
      cluster: 'one',
      mcp: 'on',
      timeouts: { total_s: 0.2 },
      tools: { slow: { timeouts: { total_s: 5 } }, slower: { timeouts: { total_s: 0 } } },
    },
  });
  const url = `${live.url}/mcp`;
  expect(
    await Promise.all([
      statusOf(`${live.url}/long`),
      statusOf(`${live.url}/short`),
      statusOf(`${live.url}/quiet`),
      statusOf(url, call('fast')),
      statusOf(url, call('slow')),
      statusOf(url, call('slower')),
    ]),
  ).toEqual([200, 504, 504, 504, 200, 200]);
});

test('a stream of SSE is cut off by a limit of the route, and by nothing without one [envoy.sse-limit]', async () => {
  one.answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: first\n\n');
    setTimeout(() => response.end('data: last\n\n'), 700);
  };
  await use({
    limited: { match: { prefix: '/limited' }, cluster: 'one', timeouts: { total_s: 0.3 } },
    free: { match: { prefix: '/free' }, cluster: 'one' },
  });
  expect((await send(`${live.url}/free`)).body).toBe('data: first\n\ndata: last\n\n');
  await expect(send(`${live.url}/limited`)).rejects.toThrow('aborted');
});

test('what the upstream did not run is sent to another, what it may have run only where that is allowed [envoy.retries]', async () => {
  const nobody = `127.0.0.1:${await freePort()}`;
  await use(
    {
      unreachable: { match: { prefix: '/unreachable' }, cluster: 'half' },
      once: { match: { prefix: '/once' }, cluster: 'both' },
      again: { match: { prefix: '/again' }, cluster: 'both', retries: { idempotent: true } },
      said: { match: { prefix: '/said' }, cluster: 'both', retries: { statuses: [409] } },
    },
    {
      half: {
        ...PLAIN,
        endpoints: [nobody, one.address],
        load_balancing: { policy: 'round_robin' },
        limits: { retry_budget: { min_concurrency: 20 } },
      },
    },
  );
  const post = (path: string) => shares(live.url + path, 10, { method: 'POST', body: 'x' });
  expect(await post('/unreachable')).toEqual({ one: 10 });
  expect(await live.stat('cluster.half.upstream_rq_retry')).toBeGreaterThan(0);
  one.answer = fail(503);
  expect(await post('/again')).toEqual({ two: 10 });
  one.answer = fail(409);
  expect(await post('/said')).toEqual({ two: 10 });
  // A server that dies in the midst of a call: the call may have run.
  for (const upstream of [one, two]) {
    upstream.seen.length = 0;
    upstream.answer = (_, response) => void response.destroy();
  }
  expect(await statusOf(`${live.url}/once`, { method: 'POST', body: 'x' })).toBe(503);
  expect(one.seen.length + two.seen.length).toBe(1);
  expect(await statusOf(`${live.url}/again`, { method: 'POST', body: 'x' })).toBe(503);
  expect(one.seen.length + two.seen.length).toBe(4);
});

test('retries stop at the budget of the cluster [envoy.retry-budget]', async () => {
  const limits = { retry_budget: { percent: 0, min_concurrency: 1 } };
  await use(
    { mcp: { cluster: 'small', retries: { idempotent: true, attempts: 1, pause_s: 0.01 } } },
    { small: { ...PLAIN, endpoints: [one.address, two.address], limits, load_balancing: { policy: 'round_robin' } } },
  );
  // Whoever is sent again stays until the budget was exceeded.
  const repeated: Array<() => void> = [];
  one.answer = (seen, response) => {
    if (seen.headers['x-envoy-attempt-count'] === '2') repeated.push(() => fail(503)(seen, response));
    else fail(503)(seen, response);
  };
  two.answer = one.answer;
  const statuses = Promise.all(Array.from({ length: 8 }, () => statusOf(live.url)));
  await until('the budget is exceeded', async () => (await live.stat('cluster.small.upstream_rq_retry_overflow')) > 0);
  one.answer = fail(503);
  two.answer = fail(503);
  for (const answer of repeated) answer();
  expect(new Set(await statuses)).toEqual(new Set([503]));
});

test('names are looked up by Envoy [envoy.dns]', async () => {
  await use({ mcp: { cluster: 'named' } }, { named: { endpoints: [`localhost:${one.port}`] } });
  expect(await serverOf(live.url, mcp({ method: 'ping' }))).toBe('one');
  expect(live.controlPlane.snapshot('default')).toBeDefined();
});

test('clients and upstreams speak HTTP/2 [envoy.http2]', async () => {
  await use({ mcp: { cluster: 'modern' } }, { modern: { protocol: 'http2', endpoints: [modern.address] } });
  expect((await echoOf(live.url)).version).toBe('2.0');
  const session = connectHttp2(live.url);
  const request = session.request({ ':path': '/x' });
  const [headers] = await once(request, 'response');
  expect(headers[':status']).toBe(200);
  session.destroy();
});

test('gRPC goes through with its messages both ways and its status [envoy.grpc]', async () => {
  await use(
    { calls: { match: { grpc: true, prefix: '/echo.Echo/' }, cluster: 'grpc' }, rest: { cluster: 'one' } },
    { grpc: { protocol: 'grpc', endpoints: [grpc.address], health_check: true } },
  );
  expect(await callGrpc(`127.0.0.1:${live.listenerPort}`, ['a', 'b'])).toEqual({ messages: ['A', 'B'], code: 0 });
  expect(await callGrpc(`127.0.0.1:${live.listenerPort}`, ['refuse'])).toEqual({ messages: [], code: 9 });
  expect(grpc.healthChecks()).toBeGreaterThan(0);
  expect(await serverOf(`${live.url}/echo.Echo/Call`, { method: 'POST' })).toBe('one');
});

test('a stream that is quiet for longer than 15 s goes on, whatever was changed meanwhile [envoy.sse]', async () => {
  const rest: string[] = [];
  stream.on('data', (chunk: Buffer) => rest.push(String(chunk)));
  await once(stream, 'end');
  expect(rest).toEqual(['data: last\n\n']);
  expect(Date.now() - quietSince).toBeGreaterThan(15_000);
});
