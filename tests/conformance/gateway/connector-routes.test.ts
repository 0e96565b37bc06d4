import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import type { HttpAnswer, HttpRoute, HttpRouteRequest } from '../../../src/kernel/http-route.ts';
import { startGateway } from './harness.ts';
import { TEAM, tokenOf } from './test-callers.ts';
import { createTestConnector } from './test-connector.ts';

const JSON_ROUTE = { contentType: 'application/json', status: 200 };
/** More than the sockets of both ends take. */
const ENDLESS_PIECE = 'x'.repeat(64 * 1024);
const MOST_PIECES = 10_000;

/** A gateway whose connector serves one route. */
async function serving(
  handle: (request: HttpRouteRequest) => Promise<HttpAnswer>,
  options: Parameters<typeof startGateway>[0] = {},
  path = '/api/v1/things/:id',
) {
  const { connector } = createTestConnector();
  const route: HttpRoute = { path, name: 'test things', produces: 'application/json', handle };
  return startGateway({ ...options, connectors: [{ ...connector, routes: [route] }] });
}

describe('routes of connectors', () => {
  it('get path, query and caller, and are audited [history-rest.callers]', async () => {
    const { url, audit } = await serving(async ({ params, query, path, caller }) => ({
      ...JSON_ROUTE,
      status: 201,
      headers: { 'x-more': '1' },
      body: JSON.stringify({ params, path, status: query.getAll('status'), subject: caller.subject }),
    }));
    const response = await fetch(`${url}/api/v1/things/a%20b?status=x&status=y`);
    expect([response.status, response.headers.get('content-type'), response.headers.get('x-more')]).toEqual([
      201,
      'application/json',
      '1',
    ]);
    expect(await response.json()).toEqual({
      params: { id: 'a b' },
      path: '/api/v1/things/a%20b',
      status: ['x', 'y'],
      subject: 'local',
    });
    await pause(20);
    expect(audit.map(({ tool, outcome, via }) => [tool, outcome, via])).toEqual([['test things', 'ok', 'rest']]);
  });

  it('need a token where there are tokens, and the scope read [history-rest.callers] [team.denials-audited]', async () => {
    const { url, audit } = await serving(
      async ({ caller }) => ({ ...JSON_ROUTE, body: JSON.stringify(caller.tenant) }),
      {
        auth: TEAM,
      },
    );
    const as = async (person?: Parameters<typeof tokenOf>[0]) =>
      fetch(`${url}/api/v1/things/1`, person === undefined ? {} : { headers: tokenOf(person) });
    expect((await as()).status).toBe(401);
    expect((await as('nothing')).status).toBe(403);
    expect(audit.map(({ subject, outcome }) => [subject, outcome])).toEqual([['nothing', 'permission_denied']]);
    expect(await (await as('ada')).json()).toBe('blue');
    expect(await (await as('eve')).json()).toBe('green');
  });

  it('answer HEAD without a body, slashes at the end, and refuse other methods and types [history-rest.http]', async () => {
    const { url } = await serving(async () => ({ ...JSON_ROUTE, body: '{ "a" : 1 }' }));
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(url + path, init);
      return [response.status, response.headers.get('content-length'), await response.text()];
    };
    expect(await ask('/api/v1/things/1', { method: 'HEAD' })).toEqual([200, '11', '']);
    expect(await ask('/api/v1/things/1/')).toEqual([200, '11', '{ "a" : 1 }']);
    expect((await ask('/api/v1/things/1', { method: 'POST', body: 'not even JSON' }))[0]).toBe(405);
    expect((await ask('/api/v1/things/1', { headers: { accept: 'text/html' } }))[0]).toBe(406);
    expect((await ask('/api/v1/things/1', { headers: { accept: 'text/html, application/*;q=0.2' } }))[0]).toBe(200);
    expect((await ask('/api/v1/things/1', { headers: { accept: 'application/json;q=0' } }))[0]).toBe(406);
  });

  it('compress what is long for whoever takes gzip [history-rest.http]', async () => {
    const long = JSON.stringify('y'.repeat(5000));
    const { url } = await serving(async ({ params }) => {
      async function* pieces() {
        yield long.slice(0, 100);
        yield Buffer.from(long.slice(100));
      }
      return { ...JSON_ROUTE, body: params.id === 'short' ? '1' : params.id === 'whole' ? long : pieces() };
    });
    for (const [id, accept, encoding] of [
      ['whole', 'gzip', 'gzip'],
      ['pieces', 'deflate, gzip;q=0.5', 'gzip'],
      ['short', 'gzip', null],
      ['whole', 'gzip;q=0', null],
      ['pieces', 'identity', null],
    ] as const) {
      const response = await fetch(`${url}/api/v1/things/${id}`, { headers: { 'accept-encoding': accept } });
      expect([id, accept, response.headers.get('content-encoding')]).toEqual([id, accept, encoding]);
      expect(await response.text()).toBe(id === 'short' ? '1' : long);
    }
  });

  it('stop making a streamed answer when its client does not take it, and end it when the client goes away [history-rest.streamed]', async () => {
    let made = 0;
    const ended = Promise.withResolvers<void>();
    const { url } = await serving(async () => {
      async function* endless() {
        try {
          for (; made < MOST_PIECES; made += 1) yield ENDLESS_PIECE;
        } finally {
          ended.resolve();
        }
      }
      return { ...JSON_ROUTE, body: endless() };
    });
    const request = get(`${url}/api/v1/things/1`, { agent: false });
    await new Promise((resolve) => request.once('response', (response) => response.pause() && resolve(undefined)));
    let before = -1;
    while (made !== before) {
      before = made;
      await pause(100);
    }
    expect(made).toBeLessThan(MOST_PIECES / 10);
    request.destroy();
    await ended.promise;
  });

  it('abort the work of a client that goes away [history-rest.streamed]', async () => {
    const aborted = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { url } = await serving(async ({ signal }) => {
      started.resolve();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      aborted.resolve();
      throw new HeadgateError('cancelled', 'gone');
    });
    const request = get(`${url}/api/v1/things/1`, { agent: false });
    request.on('error', () => undefined);
    await started.promise;
    request.destroy();
    await aborted.promise;
  });

  it('answer errors as problem documents, and hide what is a bug', async () => {
    const { url } = await serving(async ({ params }) => {
      if (params.id === 'bug') throw new Error('secret detail');
      throw new HeadgateError('unavailable', 'east could not be asked.');
    });
    const known = await fetch(`${url}/api/v1/things/1`);
    expect([known.status, known.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
    const bug = await fetch(`${url}/api/v1/things/bug`);
    expect([bug.status, (await bug.text()).includes('secret detail')]).toEqual([500, false]);
  });
});
