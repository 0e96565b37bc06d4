import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificates } from '../../src/control-plane/server/fixtures/certificates.ts';
import { installEnvoy, validateWithEnvoy } from '../stack/envoy.ts';
import {
  type Echo,
  type EchoServer,
  type GivenObjects,
  type RoutingEnvoy,
  startEcho,
  startRoutingEnvoy,
  stateOf,
  staticBootstrap,
} from '../stack/envoy-routing.ts';

const PUBLIC_KEYS =
  '{"keys":[{"kty":"EC","x":"93mOWmEtSdXgyf9yqly0eMd97m03es_tPB3Pln1Lkvs","y":"C86BQXdBrqLzaYvCVqIBwMmZZlx-H-pfnrbxWFSKXdo","crv":"P-256","kid":"a","alg":"ES256"}]}';

/** Everything that a short form can say, at once. */
const EVERYTHING: GivenObjects = {
  clusters: { headgate: {}, canary: {}, api: { protocol: 'http' }, otel: { protocol: 'grpc' } },
  tenants: {
    acme: {
      rate_limit: { requests: 10 },
      tool_rate_limits: { query: { requests: 5, per: 'minute' } },
      tools: ['query', 'list_*'],
    },
    beta: { id: 'b-1' },
  },
  listeners: {
    main: {
      port: 10_000,
      limits: { connections: 1000, requests_per_connection: 100 },
      cors: { origins: ['https://app.example.com', { suffix: '.example.org' }], credentials: true },
      jwt: {
        providers: {
          idp: {
            issuer: 'https://idp.example.com',
            audiences: ['mcp'],
            jwks: { url: 'http://idp/jwks', cluster: 'api' },
            claim_headers: { 'x-user': 'sub' },
          },
          local: { issuer: 'me', jwks: { inline: PUBLIC_KEYS }, forward: false },
        },
        resource_metadata: {
          resource: 'https://mcp.example.com/mcp',
          authorization_servers: ['https://idp.example.com'],
        },
      },
      tenants: { by: { claim: 'org.tenant' }, unknown: 'allow' },
      access: {
        allow: {
          readers: { tools: ['list_*', 'query'], scopes: ['read'], claims: { 'org.kind': 'x', admin: true } },
          acme: { tools: ['*'], tenants: ['acme', 'beta'] },
        },
        shadow: { strict: { tools: ['query'] } },
      },
      rate_limit: { requests: 1000 },
      tool_rate_limits: { query: { requests: 100, per: 'minute' } },
      tracing: { cluster: 'otel' },
      trusted_proxies: 1,
      access_log: { to: { file: '/dev/null' }, fields: { user: '%REQ(X-USER)%' } },
    },
    edge: {
      port: 10_001,
      tls: {
        certificate: 'server',
        client_ca: 'clients',
        client_names: ['spiffe://a/b', '*.clients.example.com', 'one.example.com'],
      },
      tenants: { by: { certificate: 'uri_san' } },
      protocols: 'http2',
      access_log: { to: 'stderr' },
    },
    plain: {
      port: 10_002,
      tenants: { by: { header: 'x-tenant' }, unknown: 'refuse' },
      mcp: { filter: 'off' },
      access_log: false,
    },
  },
  routes: {
    mcp: {
      listener: 'main',
      match: { prefix: '/mcp' },
      clusters: { headgate: 90, canary: 10 },
      mirrors: [{ cluster: 'canary', percent: 1.5 }],
      tools: {
        query: { timeouts: { total_s: 30 }, retries: { idempotent: true }, rate_limit: { requests: 2 } },
        list_jobs: { cluster: 'canary' },
      },
      hash: [{ header: 'authorization' }, { cookie: 'c', ttl_s: 60 }, { query: 'q' }, { source_ip: true }],
      request_headers: { add: { 'x-a': '1' }, set: { 'x-b': '2' }, remove: ['x-c'] },
      response_headers: { set: { 'x-d': '3' } },
      stats: true,
      rate_limit: { requests: 50, burst: 100 },
    },
    tooly: {
      listener: 'main',
      order: -1,
      match: {
        prefix: '/mcp',
        tools: ['a', 'b.c'],
        methods: ['POST'],
        headers: {
          'x-h': { regex: 'a.*' },
          'X-P': { present: true },
          'x-n': { exact: 'v', not: true, ignore_case: true },
        },
        query: { v: '1', w: { present: true } },
        tenants: ['acme'],
      },
      cluster: 'headgate',
      access: { allow: { all: { tools: ['a'] } } },
    },
    api: {
      listener: 'main',
      match: { regex: '/api/v[0-9]+/.*' },
      cluster: 'api',
      auth: false,
      rewrite: { regex: { pattern: '^/api/(.*)$', substitution: '/\\1' }, host: 'auto' },
      timeouts: { total_s: 10, idle_s: 5, per_try_s: 2 },
      retries: { statuses: [503], headers: ['x-retry'], attempts: 3 },
      cors: false,
      websocket: true,
    },
    grpc: {
      listener: 'main',
      match: { grpc: true, prefix: '/pkg.' },
      cluster: 'otel',
      domains: ['grpc.example.com', '*.grpc.example.com'],
    },
    old: {
      listener: 'main',
      match: { path: '/old' },
      redirect: { path: '/new', https: true, host: 'x.example.com', port: 8443, status: 301, strip_query: true },
    },
    hello: {
      listener: 'main',
      match: { path: '/hello' },
      respond: { status: 200, body: '{"a":1}', content_type: 'application/json' },
    },
    edge: { listener: 'edge', cluster: 'headgate', sessions: 'off' },
    plain: { listener: 'plain', cluster: 'headgate', access: { allow: { x: { tools: ['*'] } } }, tools: { q: {} } },
  },
  secrets: {},
};

const withVersion = (version: string, given: GivenObjects): GivenObjects => ({
  ...given,
  groups: { default: { envoy_version: version } },
});

describe('Envoy takes what is built', () => {
  for (const { binary, version } of [
    { binary: '1.36', version: '1.28' },
    { binary: '1.36', version: '1.36' },
    { binary: '1.40', version: '1.36' },
    { binary: '1.40', version: '1.39' },
    { binary: '1.40', version: '1.40' },
  ] as const) {
    test(`${binary} takes all features as built for ${version} [routing.oldest-envoy] [routing.envoy-takes-all]`, async () => {
      const bootstrap = staticBootstrap(stateOf(withVersion(version, EVERYTHING)), {});
      await validateWithEnvoy(await installEnvoy(binary), JSON.stringify(bootstrap));
    });
  }
});

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const call = (name: string, more: Record<string, unknown> = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: {}, ...more },
});
const MODERN = { 'mcp-protocol-version': '2026-07-28' };
const named = (name: string) => ({ ...MODERN, 'mcp-method': 'tools/call', 'mcp-name': name });

async function post(url: string, message: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: typeof message === 'string' ? message : JSON.stringify(message),
  });
}

async function statusOf(url: string, message: unknown, headers: Record<string, string> = {}): Promise<number> {
  const response = await post(url, message, headers);
  await response.arrayBuffer();
  return response.status;
}

async function echoOf(response: Response): Promise<Echo> {
  expect(response.status).toBe(200);
  return (await response.json()) as Echo;
}

/** A counter of Envoy. */
async function counter(running: RoutingEnvoy, name: string): Promise<number> {
  const text = await (await fetch(`${running.envoy.adminUrl}/stats?filter=^${name.replaceAll('.', '\\.')}$`)).text();
  return Number(text.split(': ')[1] ?? 'NaN');
}

describe('with Envoy 1.40', () => {
  let binary: string;
  let one: EchoServer;
  let two: EchoServer;
  const running: RoutingEnvoy[] = [];
  const start = async (given: GivenObjects): Promise<RoutingEnvoy> => {
    const clusters = { headgate: {}, other: {}, api: { protocol: 'http' } };
    const endpoints = { headgate: [one.port, two.port], other: [two.port], api: [one.port] };
    const started = await startRoutingEnvoy(binary, withVersion('1.40', { clusters, ...given }), endpoints);
    running.push(started);
    return started;
  };

  beforeAll(async () => {
    binary = await installEnvoy('1.40');
    one = await startEcho('one');
    two = await startEcho('two');
  });
  afterAll(async () => {
    for (const each of running) await each.stop();
    await one.stop();
    await two.stop();
  });

  test('a limit of a tool holds for its calls only, told by the message [routing.tool-rate-limit]', async () => {
    const envoy = await start({
      routes: {
        mcp: {
          match: { prefix: '/mcp' },
          cluster: 'headgate',
          tools: { query: { rate_limit: { requests: 2, per: 'hour' } } },
        },
      },
    });
    const url = envoy.urlOf('default');
    expect([await statusOf(url, call('query')), await statusOf(url, call('query'))]).toEqual([200, 200]);
    const refused = await post(url, call('query'));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    expect([await statusOf(url, call('other')), await statusOf(url, LIST)]).toEqual([200, 200]);
    // A response to an elicitation, as 2025-era clients send it.
    expect(await statusOf(url, { jsonrpc: '2.0', id: 7, result: { action: 'accept' } })).toBe(200);
  });

  test('a tool has a route where nothing else has one, and takes no other call [routing.tool-settings]', async () => {
    const envoy = await start({
      routes: { query: { match: { prefix: '/mcp', tools: ['query'] }, cluster: 'other' } },
    });
    const url = envoy.urlOf('default');
    expect((await echoOf(await post(url, call('query')))).server).toBe('two');
    expect([await statusOf(url, call('drop')), await statusOf(url, LIST)]).toEqual([404, 404]);
  });

  test('a limit of a tool holds by Mcp-Name where the filter is off [routing.tool-rate-limit-by-header]', async () => {
    const envoy = await start({
      listeners: { default: { mcp: { filter: 'off' }, tool_rate_limits: { query: { requests: 1, per: 'hour' } } } },
      routes: { mcp: { cluster: 'headgate', tools: { slow: { rate_limit: { requests: 1, per: 'hour' } } } } },
    });
    const url = envoy.urlOf('default');
    const statuses = [];
    for (const tool of ['query', 'query', 'slow', 'slow', 'free', 'free']) {
      statuses.push(await statusOf(url, call(tool), named(tool)));
    }
    expect(statuses).toEqual([200, 429, 200, 429, 200, 200]);
  });

  test('each tenant has a limit of its own, and one for a tool [routing.tenant-rate-limit]', async () => {
    const envoy = await start({
      listeners: { default: { tenants: { by: { header: 'x-tenant' }, unknown: 'refuse' } } },
      tenants: {
        acme: { rate_limit: { requests: 2, per: 'hour' } },
        beta: { tool_rate_limits: { query: { requests: 1, per: 'hour' } } },
      },
      routes: { mcp: { cluster: 'headgate' } },
    });
    const url = envoy.urlOf('default');
    const of = (tenant: string, message: unknown) => statusOf(url, message, { 'x-tenant': tenant });
    expect([await of('acme', LIST), await of('acme', LIST), await of('acme', LIST)]).toEqual([200, 200, 429]);
    expect([await of('beta', call('query')), await of('beta', call('query')), await of('beta', LIST)]).toEqual([
      200, 429, 200,
    ]);
    expect([await of('nobody', LIST), await statusOf(url, LIST)]).toEqual([403, 403]);
  });

  test('calls that no rule allows are refused, however the message is put [routing.rbac-per-tool] [routing.rbac-shadow]', async () => {
    const envoy = await start({
      listeners: {
        default: {
          mcp: { max_message_bytes: 100_000 },
          access: { allow: { readers: { tools: ['list_*', 'query'] } }, shadow: { strict: { tools: ['query'] } } },
        },
      },
      routes: {
        mcp: { match: { prefix: '/mcp' }, cluster: 'headgate' },
        api: { match: { prefix: '/api' }, cluster: 'api' },
      },
    });
    const url = envoy.urlOf('default');
    expect([
      await statusOf(url, call('query')),
      await statusOf(url, call('list_jobs')),
      await statusOf(url, LIST),
    ]).toEqual([200, 200, 200]);
    expect(await statusOf(url, call('drop_table'))).toBe(403);
    const twice = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query","name":"drop_table"}}';
    const methodTwice =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop_table"},"method":"tools/list"}';
    const long = call('drop_table', { sql: 'x'.repeat(200_000) });
    const late = `{"jsonrpc":"2.0","id":1,"x":"${'y'.repeat(200_000)}","method":"tools/call","params":{"name":"drop_table"}}`;
    for (const trick of [
      twice,
      methodTwice,
      long,
      late,
      [call('drop_table')],
      'drop',
      `${JSON.stringify(LIST)} ${JSON.stringify(call('drop_table'))}`,
    ]) {
      expect(await statusOf(url, trick), JSON.stringify(trick).slice(0, 80)).toBeGreaterThanOrEqual(400);
    }
    expect(await statusOf(url, call('drop_table'), { 'content-type': 'text/plain' })).toBe(400);
    expect(await statusOf(url, call('drop_table'), named('query'))).toBe(400);
    expect(one.requests.concat(two.requests).filter(({ body }) => body.includes('drop_table'))).toEqual([]);
    // What is no MCP has no tools.
    const api = await fetch(`${url}/api/x`, { method: 'POST', body: 'not json' });
    expect(((await api.json()) as Echo).path).toBe('/api/x');
    expect(await counter(envoy, 'http.default.rbac.policy.readers.allowed')).toBe(2);
    expect(await counter(envoy, 'http.default.rbac.shadow_denied')).toBe(2);
  });

  test('without the filter a call without Mcp-Name is refused [routing.rbac-by-header]', async () => {
    const envoy = await start({
      listeners: { default: { mcp: { filter: 'off' }, access: { allow: { readers: { tools: ['query'] } } } } },
      routes: { mcp: { cluster: 'headgate' } },
    });
    const url = envoy.urlOf('default');
    expect([
      await statusOf(url, call('query'), named('query')),
      await statusOf(url, call('drop_table'), named('drop_table')),
      await statusOf(url, call('query')),
      // Revisions before 2026-07-28 have servers that do not compare the header with the message.
      await statusOf(url, call('drop_table'), { ...named('query'), 'mcp-protocol-version': '2025-11-25' }),
      await statusOf(url, LIST, { ...MODERN, 'mcp-method': 'tools/list' }),
      (await fetch(`${url}/mcp`)).status,
    ]).toEqual([200, 403, 403, 403, 200, 200]);
  });

  test('a session stays at its replica, and requests without one are balanced [routing.sessions] [routing.stateless]', async () => {
    const envoy = await start({ routes: { mcp: { cluster: 'headgate' } } });
    const url = envoy.urlOf('default');
    const opened = await post(url, { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} });
    const session = opened.headers.get('mcp-session-id') ?? '';
    const { server } = await echoOf(opened);
    expect(session).not.toBe(`session-of-${server}`);
    for (let request = 0; request < 8; request++) {
      const echo = await echoOf(await post(url, LIST, { 'mcp-session-id': session }));
      expect([echo.server, echo.headers['mcp-session-id']]).toEqual([server, `session-of-${server}`]);
    }
    const servers = new Set<string>();
    for (let request = 0; request < 8; request++) servers.add((await echoOf(await post(url, LIST, MODERN))).server);
    expect(servers).toEqual(new Set(['one', 'two']));
    // A replica that is gone is an error that makes the client initialize again, not another replica.
    const gone = Buffer.from('127.0.0.1:1').toString('base64');
    const encoded = session.replace(/^[^;]*/, gone);
    expect(await statusOf(url, LIST, { 'mcp-session-id': encoded })).toBe(404);
  });

  describe('JWT', () => {
    let keys: { privateKey: CryptoKey; publicKey: CryptoKey };
    let envoy: RoutingEnvoy;
    let url: string;
    const token = (claims: Record<string, unknown>, issuer = 'https://idp.example.com', audience = 'mcp') =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime('5m')
        .sign(keys.privateKey);
    const bearer = async (...args: Parameters<typeof token>) => ({ authorization: `Bearer ${await token(...args)}` });

    beforeAll(async () => {
      keys = await generateKeyPair('RS256');
      const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256' };
      envoy = await start({
        listeners: {
          default: {
            cors: { origins: ['https://app.example.com'] },
            jwt: {
              providers: {
                idp: {
                  issuer: 'https://idp.example.com',
                  audiences: ['mcp'],
                  jwks: { inline: JSON.stringify({ keys: [jwk] }) },
                  claim_headers: { 'x-user': 'sub' },
                },
              },
              resource_metadata: {
                resource: 'https://mcp.example.com/mcp',
                authorization_servers: ['https://idp.example.com'],
              },
            },
            tenants: { by: { claim: 'org.tenant' }, unknown: 'refuse' },
            access: {
              allow: {
                scoped: { tools: ['query'], scopes: ['data:read'] },
                admins: { tools: ['*'], claims: { roles: 'admin' } },
                acme: { tools: ['acme_only'], tenants: ['acme'] },
              },
            },
          },
        },
        tenants: { acme: {}, beta: { tools: ['query'] } },
        routes: {
          mcp: { match: { prefix: '/mcp' }, cluster: 'headgate' },
          acme: { match: { prefix: '/mcp', tenants: ['acme'] }, cluster: 'other' },
          open: { match: { prefix: '/open' }, cluster: 'api', auth: false },
        },
      });
      url = envoy.urlOf('default');
    });

    test('only tokens of the issuer for the audience pass, and a refusal says where to get one [routing.jwt]', async () => {
      const refused = await post(url, LIST, { origin: 'https://app.example.com' });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toBe(
        'Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"',
      );
      expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
      expect([
        await statusOf(url, LIST, await bearer({ org: { tenant: 'acme' } })),
        await statusOf(url, LIST, await bearer({ org: { tenant: 'acme' } }, 'https://evil.example.com')),
        await statusOf(url, LIST, await bearer({ org: { tenant: 'acme' } }, 'https://idp.example.com', 'other')),
        await statusOf(url, LIST, { authorization: 'Bearer nonsense' }),
      ]).toEqual([200, 401, 403, 401]);
      expect((await fetch(`${url}/open`)).status).toBe(200);
    });

    test('the metadata of the protected resource is there for everybody [routing.oauth-metadata]', async () => {
      for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp']) {
        const response = await fetch(url + path);
        expect(response.headers.get('content-type')).toBe('application/json');
        expect(await response.json()).toEqual({
          resource: 'https://mcp.example.com/mcp',
          authorization_servers: ['https://idp.example.com'],
          bearer_methods_supported: ['header'],
        });
      }
    });

    test('a tenant is what the token says, whatever the client puts into the header [routing.tenant-not-forged]', async () => {
      const acme = await echoOf(
        await post(url, LIST, {
          ...(await bearer({ sub: 'u', org: { tenant: 'acme' } })),
          'x-headgate-tenant': 'beta',
          'x-user': 'root',
        }),
      );
      expect([acme.server, acme.headers['x-headgate-tenant'], acme.headers['x-user']]).toEqual(['two', 'acme', 'u']);
      expect(await statusOf(url, LIST, { ...(await bearer({ sub: 'u' })), 'x-headgate-tenant': 'acme' })).toBe(403);
      const open = await fetch(`${url}/open`, { headers: { 'x-headgate-tenant': 'acme' } });
      expect(((await open.json()) as Echo).headers['x-headgate-tenant']).toBeUndefined();
    });

    test('scopes, claims and tenants open the tools that rules say [routing.rbac-by-claims] [routing.tenant-tools]', async () => {
      const as = async (claims: Record<string, unknown>, tool: string) =>
        statusOf(url, call(tool), await bearer(claims));
      const [acme, beta] = [{ tenant: 'acme' }, { tenant: 'beta' }];
      expect([
        await as({ org: acme }, 'query'),
        await as({ org: acme, scope: 'openid data:read' }, 'query'),
        await as({ org: acme, scp: ['data:read'] }, 'query'),
        await as({ org: acme, scope: 'data:read' }, 'drop'),
        await as({ org: acme, roles: ['user', 'admin'] }, 'drop'),
        await as({ org: acme }, 'acme_only'),
        await as({ org: beta, roles: ['admin'] }, 'drop'),
        await as({ org: beta, roles: ['admin'] }, 'query'),
      ]).toEqual([403, 200, 200, 403, 200, 200, 403, 200]);
    });
  });

  test('a tenant is what the certificate says, and without one nobody is let in [routing.mtls] [routing.tenant-not-forged]', async () => {
    const { ca, server, client } = await certificates();
    const inline = (text: string) => ({ inline_string: text });
    const envoy = await startRoutingEnvoy(
      binary,
      withVersion('1.40', {
        clusters: { headgate: {} },
        tenants: { acme: { id: 'CN=client' } },
        listeners: {
          default: { tls: { certificate: 'server', client_ca: 'ca' }, tenants: { by: { certificate: 'subject' } } },
        },
        routes: { mcp: { cluster: 'headgate' } },
      }),
      { headgate: [one.port] },
      [
        {
          name: 'server',
          tls_certificate: { certificate_chain: inline(server.certificate), private_key: inline(server.key) },
        },
        { name: 'ca', validation_context: { trusted_ca: inline(ca) } },
      ],
    );
    running.push(envoy);
    const url = envoy.urlOf('default').replace('http:', 'https:');
    const dispatcher = new Agent({ connect: { ca, cert: client.certificate, key: client.key } });
    const headers = { 'x-headgate-tenant': 'somebody' };
    const response = await request(`${url}/mcp`, { dispatcher, headers });
    expect(((await response.body.json()) as Echo).headers['x-headgate-tenant']).toBe('CN=client');
    await dispatcher.close();
    const bare = new Agent({ connect: { ca } });
    await expect(request(`${url}/mcp`, { dispatcher: bare, headers })).rejects.toThrow();
    await bare.close();
  });

  test('a line of JSON says tool, tenant, trace and where it went, and no query [routing.access-log]', async () => {
    const envoy = await start({
      listeners: { default: { mcp: { filter: 'on' }, tenants: { by: { header: 'x-tenant' }, unknown: 'allow' } } },
      routes: { mcp: { cluster: 'headgate' } },
    });
    const url = envoy.urlOf('default');
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const response = await fetch(`${url}/mcp?token=hidden`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: '*/*', 'x-tenant': 'acme', traceparent },
      body: JSON.stringify(call('query')),
    });
    const { server } = await echoOf(response);
    await fetch(`${envoy.envoy.adminUrl}/reopen_logs`, { method: 'POST' });
    const line = await untilLine(envoy, (entry) => entry.tool === 'query');
    expect(line).toMatchObject({
      method: 'POST',
      path: '/mcp',
      mcp_method: 'tools/call',
      tenant: 'acme',
      trace_id: traceparent,
      status: 200,
      route: 'mcp',
      cluster: 'headgate',
      upstream: `127.0.0.1:${server === 'one' ? one.port : two.port}`,
      request_id: response.headers.get('x-request-id'),
    });
    expect(envoy.envoy.output()).not.toContain('hidden');
  });
});

/** The first line of the log that fits. Envoy flushes stdout every ten seconds at the latest. */
async function untilLine(envoy: RoutingEnvoy, fits: (entry: Record<string, unknown>) => boolean) {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    const entries = envoy.envoy
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const found = entries.find(fits);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`No such line was logged:\n${envoy.envoy.output()}`);
}
