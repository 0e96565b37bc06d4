import { fuzzAddresses } from '../../conformance/history-server/rest-fuzz.ts';
import { withHostileValue } from '../hostile-json.ts';
import { HOSTILE_STRINGS, hostileJson } from '../hostile-values.ts';
import type { Random } from '../random.ts';
import { mcpMessage } from './mcp-message.ts';
import { argumentsOf, type RequestSurface } from './request-surface.ts';
import type { RawRequest } from './send-request.ts';

/** A request before it is written. */
interface Draft {
  method: string;
  target: string;
  headers: Array<[name: string, value: string]>;
  body: string | null;
  mayStream?: boolean;
}

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'CONNECT',
  'QUERY',
  'FOO',
  'get',
] as const;
const JSON_TYPE: [string, string] = ['Content-Type', 'application/json'];

/** One request that nobody meant, with the seed's own number in it. */
export function fuzzRequest(surface: RequestSurface, random: Random, seed: number): RawRequest {
  if (random.chance(0.03)) return noRequest(random);
  const draft = random.weighted<() => Draft>([
    [34, () => restRequest(surface, seed)],
    [18, () => toolRequest(surface, random)],
    [30, () => mcpRequest(surface, random, seed)],
    [2, () => ({ method: 'GET', target: '/sse', headers: [['Accept', 'text/event-stream']], body: null })],
    [5, () => messagesRequest(surface, random, seed)],
    [4, () => wellKnownRequest(random)],
    [7, () => anyRequest(random)],
  ])();
  return written(damaged(authorized(draft, surface, random), random), random);
}

const restRequest = ({ applicationIds }: RequestSurface, seed: number): Draft => ({
  method: 'GET',
  target: `/api/v1${fuzzAddresses(applicationIds, 1, seed)[0]}`,
  headers: [],
  body: null,
});

function toolRequest({ tools, applicationIds }: RequestSurface, random: Random): Draft {
  const tool = random.pick(tools);
  const args = argumentsOf(tool.parameters, applicationIds, random);
  const body =
    random.chance(0.4) && Object.keys(args).length > 0 ? withHostileValue(args, random) : JSON.stringify(args);
  const name = random.chance(0.95) ? tool.name : encodeURIComponent(wellFormed(random.pick(HOSTILE_STRINGS)));
  return { method: 'POST', target: `/api/v1/tools/${name}`, headers: [JSON_TYPE], body };
}

function mcpRequest(surface: RequestSurface, random: Random, seed: number): Draft {
  const { body, headers, mayStream } = mcpMessage(surface, random, seed);
  const method = random.chance(0.92) ? 'POST' : random.pick(['GET', 'DELETE']);
  return { method, target: '/mcp', headers, body: method === 'POST' ? body : null, mayStream };
}

function messagesRequest(surface: RequestSurface, random: Random, seed: number): Draft {
  const { body } = mcpMessage(surface, random, seed);
  const id = random.pick(['00000000-0000-4000-8000-000000000000', ...surface.sessions, '', '%00', 'x'.repeat(3_000)]);
  const target = random.chance(0.9) ? `/messages?sessionId=${id}` : '/messages?sessionId=a&sessionId=b';
  return { method: 'POST', target, headers: [JSON_TYPE], body };
}

const wellKnownRequest = (random: Random): Draft => ({
  method: 'GET',
  target: random.pick([
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-authorization-server',
    '/.well-known/../api/v1/tools',
    '/health',
    '/ready',
    '/metrics',
    '/api/v1/openapi.json',
    '/api/v1/tools',
    '/favicon.ico',
  ]),
  headers: [],
  body: null,
});

function anyRequest(random: Random): Draft {
  const part = () => random.pick([...HOSTILE_STRINGS, 'api', 'v1', 'mcp', 'tools', '..', '.', '']);
  const path = Array.from({ length: random.below(6) }, () => encodeURIComponent(wellFormed(part())).slice(0, 600)).join(
    '/',
  );
  const target = random.pick([
    `/${path}`,
    `/${path}?${path}`,
    `//${path}`,
    '*',
    'http://elsewhere.example/api/v1/version',
    '/%',
    '/%ff%fe',
    '/api/v1/applications/%E0%A4%A/jobs',
    `/api/v1/${'a/'.repeat(2_000)}`,
    `/mcp?${'a=1&'.repeat(3_000)}`,
    '/api/v1/../../etc/passwd',
    '/mcp/',
    '/MCP',
    '/sse/x',
  ]);
  return { method: random.pick(METHODS), target, headers: [], body: random.chance(0.3) ? hostileJson(random) : null };
}

/** A lone surrogate cannot be percent-encoded. */
const wellFormed = (text: string): string => text.toWellFormed();

function authorized(draft: Draft, { token }: RequestSurface, random: Random): Draft {
  if (token === null || random.chance(0.05)) return draft;
  const value = random.weighted([
    [85, `Bearer ${token}`],
    [3, `Bearer ${token}x`],
    [2, 'Bearer'],
    [2, `Basic ${Buffer.from(`a:${token}`).toString('base64')}`],
    [2, `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`],
    [2, `bearer  ${token}`],
    [2, 'Bearer \t,,,'],
    [2, `Bearer ${'A'.repeat(6_000)}`],
  ] as const);
  return { ...draft, headers: [...draft.headers, ['Authorization', value]] };
}

const HEADERS: ReadonlyArray<[string, string]> = [
  ['Host', 'evil.example'],
  ['Host', ''],
  ['Host', 'localhost:99999'],
  ['Host', 'a, b'],
  ['Origin', 'https://evil.example'],
  ['Origin', 'null'],
  ['Origin', '://'],
  ['Accept', 'text/html'],
  ['Accept', '*/*;q=0'],
  ['Accept', ',;q=,'],
  ['Accept-Encoding', 'gzip'],
  ['Accept-Encoding', 'br;q=1, gzip;q=abc'],
  ['Content-Type', 'text/plain'],
  ['Content-Type', 'application/json; charset=utf-16'],
  ['Content-Type', 'multipart/form-data; boundary=x'],
  ['Content-Type', ';;;'],
  ['Content-Encoding', 'gzip'],
  ['Content-Length', '-1'],
  ['Content-Length', '18446744073709551616'],
  ['Content-Length', '5, 5'],
  ['Transfer-Encoding', 'chunked'],
  ['Transfer-Encoding', 'gzip, chunked'],
  ['Transfer-Encoding', 'identity'],
  ['Expect', '100-continue'],
  ['Expect', 'something'],
  ['Upgrade', 'websocket'],
  ['Connection', 'upgrade, keep-alive, te'],
  ['Range', 'bytes=5-1'],
  ['If-None-Match', '*'],
  ['Mcp-Session-Id', 'x'],
  ['Mcp-Session-Id', 'é\u0080'],
  ['MCP-Protocol-Version', '1999-01-01'],
  ['MCP-Protocol-Version', ''],
  ['Mcp-Method', 'tools/list'],
  ['Mcp-Name', '=?base64?!!!?='],
  ['Last-Event-ID', '../../1'],
  ['Last-Event-ID', '99999999999'],
  ['traceparent', '00-zz-zz-01'],
  ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  ['X-Forwarded-For', '1.2.3.4, ::::'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['Cookie', 'a'.repeat(4_000)],
  ['X-Long', 'x'.repeat(20_000)],
  ['X-Bad\u0001Name', 'x'],
  ['Content-Disposition', '"\\'],
];

/** Methods, headers and bodies changed, of one request in two. */
function damaged(draft: Draft, random: Random): Draft {
  if (random.chance(0.5)) return draft;
  const headers = [...draft.headers];
  for (let left = random.below(3); left > 0; left--) {
    const [name, value] = random.pick(HEADERS);
    const at = headers.findIndex(([known]) => known.toLowerCase() === name.toLowerCase());
    if (at === -1 || random.chance(0.2)) headers.push([name, value]);
    else headers[at] = [name, value];
  }
  const method = random.chance(0.15) ? random.pick(METHODS) : draft.method;
  const body =
    draft.body === null ? (random.chance(0.1) ? hostileJson(random) : null) : damagedBody(draft.body, random);
  return { ...draft, headers, method, body };
}

function damagedBody(body: string, random: Random): string {
  return random.weighted<() => string>([
    [60, () => body],
    [8, () => body.slice(0, random.below(body.length + 1))],
    [8, () => hostileJson(random)],
    [6, () => `[${body},${body}]`],
    [4, () => ''],
    [4, () => `${body}${body}`],
    [4, () => `\ufeff${body}`],
    [4, () => random.pick(HOSTILE_STRINGS)],
    [2, () => `{"a":"${'x'.repeat(1_100_000)}"}`],
  ])();
}

function written({ method, target, headers, body, mayStream = false }: Draft, random: Random): RawRequest {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const bytes = Buffer.from(body ?? '', 'utf8');
  const all: Array<[string, string]> = [...headers];
  if (!names.has('host') && !random.chance(0.01)) all.unshift(['Host', 'localhost']);
  if (!names.has('connection')) all.push(['Connection', 'close']);
  const framed = names.has('content-length') || names.has('transfer-encoding');
  const wrongLength = !framed && body !== null && random.chance(0.02);
  if (!framed && body !== null)
    all.push(['Content-Length', String(bytes.length + (wrongLength ? random.pick([-1, 7]) : 0))]);
  const version = random.chance(0.98) ? '1.1' : random.pick(['1.0', '2.0', '9', 'x']);
  const head = `${method} ${target} HTTP/${version}`;
  const lines = all.map(([name, value]) => `${name}: ${value}`);
  // Without its own framing, or with another's, what follows the head is cut short or taken for another request.
  const isCut = framed || wrongLength || method === 'CONNECT' || version !== '1.1';
  return {
    bytes: Buffer.concat([Buffer.from(`${[head, ...lines].join('\r\n')}\r\n\r\n`, 'latin1'), bytes]),
    mayStream: mayStream || (method === 'GET' && /^\/(mcp|sse)\b/.test(target)),
    isCut,
    isHead: method === 'HEAD',
  };
}

/** Bytes that are no request. */
function noRequest(random: Random): RawRequest {
  const bytes = random.pick<() => Buffer>([
    () => random.bytes(random.below(2_000)),
    () => Buffer.from(random.pick(HOSTILE_STRINGS)),
    () => Buffer.from('GET / HTTP/1.1\r\n'),
    () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    () => Buffer.from('\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc', 'latin1'),
    () =>
      Buffer.from(
        'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
      ),
    () => Buffer.from('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20)),
    () => Buffer.from('GET /health HTTP/1.1\nHost: localhost\n\n'),
  ])();
  return { bytes, mayStream: false, isCut: true, isHead: false };
}
