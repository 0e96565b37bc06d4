import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { call, connect, connectHttp, connectPipes, post, startGateway } from './harness.ts';
import { TEAM, TOKENS, tokenOf } from './test-callers.ts';
import { startIssuer } from './test-issuer.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const MODERN_META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** One request of revision 2026-07-28, written by hand. */
function modern(url: string, method: string, params: object, headers: Record<string, string>): Promise<Response> {
  const name = 'name' in params ? String(params.name) : 'uri' in params ? String(params.uri) : undefined;
  return post(
    url,
    '/mcp',
    { jsonrpc: '2.0', id: 7, method, params: { ...params, _meta: MODERN_META } },
    {
      headers: {
        ...JSON_TYPE,
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2026-07-28',
        'Mcp-Method': method,
        ...(name === undefined ? {} : { 'Mcp-Name': name }),
        ...headers,
      },
    },
  );
}

const GUARDED = [
  ['GET', '/metrics'],
  ['GET', '/api/v1/tools'],
  ['GET', '/api/v1/openapi.json'],
  ['POST', '/api/v1/tools/list_rows'],
  ['POST', '/api/v1/tools/no_such_tool'],
  ['GET', '/mcp'],
  ['POST', '/mcp'],
  ['DELETE', '/mcp'],
  ['GET', '/sse'],
  ['POST', '/messages'],
  ['GET', '/no-such-route'],
  ['PUT', '/metrics'],
  ['GET', '/%6Detrics'],
  ['GET', '//health'],
] as const;

describe.each(GUARDED)('%s %s', (method, path) => {
  it('is 401 without a token and with a wrong one [team.every-route-guarded] [team.challenge]', async () => {
    const { url, audit } = await startGateway({ auth: TEAM });
    const address = `${url}${path}`;
    const metadata = `${url}/.well-known/oauth-protected-resource${path === '/mcp' ? '/mcp' : ''}`;
    const without = await fetch(address, { method });
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer resource_metadata="${metadata}", scope="read"`,
    ]);
    const wrong = await fetch(address, { method, headers: { Authorization: 'Bearer hg_guess' } });
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer resource_metadata="${metadata}", error="invalid_token", error_description="The token is not one that this gateway knows.", scope="read"`,
    ]);
    expect(audit).toEqual([]);
  });
});

describe('without a token', () => {
  it('/health says that it is up, and not which version it is [team.every-route-guarded]', async () => {
    const { url } = await startGateway({ auth: TEAM });
    const response = await fetch(`${url}/health`);
    expect(await response.json()).toEqual({ status: 'ok', instance: expect.any(String) });
  });

  it('/health?verbose tells and asks nothing but for those who may read [team.every-route-guarded] [team.scopes] [team.readiness-bounded] [health.verbose-guarded]', async () => {
    let asked = 0;
    const probe = async () => {
      asked += 1;
      return [];
    };
    const { url, stage } = await startGateway({ auth: TEAM, probes: [probe] });
    stage.healthy = false;
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(`${url}/health?verbose`, { headers });
      return [response.status, await response.json()];
    };
    const bare = [200, { status: 'ok', instance: expect.any(String) }];
    expect(await ask({})).toEqual(bare);
    expect(await ask(tokenOf('nothing'))).toEqual(bare);
    expect(await ask({ Authorization: 'Bearer hg_guess' })).toEqual(bare);
    // How the parts are is of all tenants together.
    expect(await ask(tokenOf('operator'))).toEqual(bare);
    expect(asked).toBe(0);
    expect(await ask(tokenOf('prometheus'))).toEqual([
      200,
      { status: 'degraded', instance: expect.any(String), checks: [expect.objectContaining({ name: 'test' })] },
    ]);
    expect(asked).toBe(1);
  });

  it('one in the query is not taken [team.tokens-stay-secret]', async () => {
    const { url } = await startGateway({ auth: TEAM });
    for (const name of ['access_token', 'token', 'api_key']) {
      expect((await fetch(`${url}/metrics?${name}=${TOKENS.ada}`)).status).toBe(401);
    }
  });

  it('an answer is JSON-RPC on the MCP path and a problem document elsewhere [team.challenge]', async () => {
    const { url } = await startGateway({ auth: TEAM });
    expect(await (await post(url, '/mcp', {})).json()).toMatchObject({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32000, data: { code: 'unauthenticated' } },
    });
    const rest = await post(url, '/api/v1/tools/list_rows', {});
    expect(rest.headers.get('content-type')).toBe('application/problem+json');
    expect(await rest.json()).toMatchObject({ status: 401, code: 'unauthenticated' });
  });
});

describe('protected-resource metadata', () => {
  it('names resource, issuers and scopes, to everybody [team.resource-metadata]', async () => {
    const issuer = await startIssuer();
    const { url } = await startGateway({
      auth: { tokens: [], issuers: [issuer.settings({ scopes: { 'hg:read': 'read' } })] },
    });
    const read = async (path: string) => (await fetch(`${url}/.well-known/oauth-protected-resource${path}`)).json();
    const rest = {
      resource_name: 'Headgate',
      authorization_servers: [issuer.url],
      scopes_supported: ['hg:read', 'write'],
      bearer_methods_supported: ['header'],
    };
    expect(await read('/mcp')).toEqual({ resource: `${url}/mcp`, ...rest });
    expect(await read('')).toEqual({ resource: url, ...rest });
  });

  it('is under the public address, which may have a path [team.resource-metadata] [team.challenge]', async () => {
    const { url } = await startGateway({ auth: TEAM, publicUrl: 'https://tools.example/headgate/' });
    const metadata = 'https://tools.example/.well-known/oauth-protected-resource/headgate/mcp';
    const refused = await fetch(`${url}/mcp`, { method: 'POST' });
    expect(refused.headers.get('www-authenticate')).toContain(`resource_metadata="${metadata}"`);
    const behindProxy = await fetch(`${url}${new URL(metadata).pathname}`);
    expect(await behindProxy.json()).toMatchObject({ resource: 'https://tools.example/headgate/mcp' });
    expect((await fetch(`${url}/health`, { headers: { Origin: 'https://tools.example' } })).status).toBe(200);
  });

  it('is not there without authentication, and neither is anything else there [team.resource-metadata]', async () => {
    const [open, guarded] = [await startGateway(), await startGateway({ auth: TEAM })];
    expect((await fetch(`${open.url}/.well-known/oauth-protected-resource`)).status).toBe(404);
    expect((await fetch(`${guarded.url}/.well-known/oauth-authorization-server`)).status).toBe(404);
  });
});

describe('scopes', () => {
  it.each([
    ['tools/call', { name: 'list_rows', arguments: {} }, 'read'],
    ['tools/call', { name: 'create_thing', arguments: { name: 'x' } }, 'write'],
    ['tools/call', { name: 'delete_thing', arguments: { name: 'x' } }, 'write'],
    ['resources/list', {}, 'read'],
    ['resources/read', { uri: 'test://things/a' }, 'read'],
    ['prompts/get', { name: 'investigate_thing', arguments: { thing: 'a' } }, 'read'],
    [
      'completion/complete',
      { ref: { type: 'ref/resource', uri: 'test://things/{id}' }, argument: { name: 'id', value: '' } },
      'read',
    ],
  ])('%s %j needs %s [team.scopes] [team.challenge] [team.denials-audited]', async (method, params, scope) => {
    const { url, stage, audit } = await startGateway({ auth: TEAM });
    const refused = await modern(url, method, params, tokenOf('nothing'));
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toMatch(
      new RegExp(
        `^Bearer resource_metadata="[^"]+/mcp", error="insufficient_scope", error_description="[^"]+", scope="${scope}"$`,
      ),
    );
    expect(await refused.json()).toMatchObject({ id: 7, error: { data: { code: 'permission_denied' } } });
    expect(stage.changed).toEqual([]);
    const called = 'arguments' in params && method === 'tools/call' ? params.name : method;
    expect(audit.map(({ subject, tool, outcome }) => [subject, tool, outcome])).toEqual([
      ['nothing', called, 'permission_denied'],
    ]);
    const allowed = await modern(url, method, params, tokenOf('operator'));
    expect([allowed.status, await allowed.json()]).toEqual([
      200,
      expect.objectContaining({ result: expect.any(Object) }),
    ]);
  });

  it('do not contain one another, and a challenge keeps those that are there [team.scopes] [team.challenge]', async () => {
    const { url } = await startGateway({ auth: TEAM });
    const refused = await modern(url, 'tools/call', { name: 'list_rows', arguments: {} }, tokenOf('writer'));
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('scope="write read"'),
    ]);
  });

  it('are spelt as the issuer of the token spells them [team.challenge]', async () => {
    const issuer = await startIssuer();
    const scopes = { 'hg:read': 'read', 'hg:write': 'write' } as const;
    const { url } = await startGateway({ auth: { tokens: [], issuers: [issuer.settings({ scopes })] } });
    const authorization = `Bearer ${await issuer.token({ scope: 'hg:read' })}`;
    const refused = await post(
      url,
      '/api/v1/tools/create_thing',
      { name: 'x' },
      { headers: { ...JSON_TYPE, authorization } },
    );
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('scope="hg:read hg:write"'),
    ]);
  });

  it('are checked over REST and for metrics, with the challenge [team.scopes] [team.challenge]', async () => {
    const { url } = await startGateway({ auth: TEAM });
    const headers = { ...JSON_TYPE, ...tokenOf('nothing') };
    for (const response of [
      await post(url, '/api/v1/tools/list_rows', {}, { headers }),
      await fetch(`${url}/metrics`, { headers }),
    ]) {
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        403,
        expect.stringMatching(/error="insufficient_scope".*scope="read"$/),
      ]);
    }
    expect((await fetch(`${url}/metrics`, { headers: tokenOf('prometheus') })).status).toBe(200);
    const ofTenant = await fetch(`${url}/metrics`, { headers: tokenOf('operator') });
    expect([ofTenant.status, ofTenant.headers.get('www-authenticate')]).toEqual([403, null]);
  });

  it('decide what is listed [team.scopes]', async () => {
    const { url } = await startGateway({ auth: TEAM });
    const listed = async (person: 'ada' | 'writer' | 'operator' | 'nothing') => {
      const response = await fetch(`${url}/api/v1/tools`, { headers: tokenOf(person) });
      return ((await response.json()) as { tools: Array<{ name: string }> }).tools.map(({ name }) => name);
    };
    expect(await listed('writer')).toEqual(['cancel_operation', 'create_thing', 'delete_thing']);
    expect(await listed('nothing')).toEqual([]);
    expect(await listed('ada')).not.toContain('create_thing');
    expect(await listed('operator')).toContain('delete_thing');
  });
});

describe('a caller', () => {
  it('reaches the audit with subject and tenant, over REST and MCP [team.tenants-audited]', async () => {
    const issuer = await startIssuer();
    const auth = { ...TEAM, issuers: [issuer.settings({ tenantClaim: 'org' })] };
    const { url, audit } = await startGateway({ auth });
    const headers = { ...JSON_TYPE, Authorization: `Bearer ${await issuer.token({ org: 'red', sub: 'carl' })}` };
    await post(url, '/api/v1/tools/list_rows', {}, { headers });
    await modern(url, 'resources/read', { uri: 'test://about' }, tokenOf('eve'));
    expect(audit.map(({ tenant, subject, via, tool }) => [tenant, subject, via, tool])).toEqual([
      ['red', 'carl', 'rest', 'list_rows'],
      ['green', 'eve', 'mcp-http', 'resources/read'],
    ]);
  });

  it.each(['2025-era', '2026-07-28'])('of a %s client is known in every call [team.tenants-audited]', async (era) => {
    const { url, audit } = await startGateway({ auth: TEAM });
    const mode = era === '2025-era' ? 'legacy' : 'auto';
    const client = new ClientV2({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
    await connect(client, new HttpV2(new URL('/mcp', url), { requestInit: { headers: tokenOf('bob') } }));
    expect((await call(client, 'list_rows')).isError).toBeUndefined();
    expect(audit.map(({ tenant, subject }) => [tenant, subject])).toEqual([['blue', 'bob']]);
  });

  it('over stdio is the local one, whoever may call over HTTP [team.local-faces]', async () => {
    const { gateway, audit } = await startGateway({ auth: TEAM });
    const client = await connectPipes('sdk-v2-2025-11-25', gateway);
    await call(client, 'list_rows');
    expect(audit.map(({ tenant, subject, via }) => [tenant, subject, via])).toEqual([['local', 'local', 'mcp-stdio']]);
  });

  it('without a token cannot connect [team.every-route-guarded]', async () => {
    const { url } = await startGateway({ auth: TEAM });
    await expect(connectHttp('sdk-v2-2026-07-28', url)).rejects.toThrow();
    await expect(connectHttp('sdk-v1-2025-11-25', url)).rejects.toThrow();
  });
});

describe('a token', () => {
  it('is in no answer, log line or audit row, taken or refused [team.tokens-stay-secret]', async () => {
    const issuer = await startIssuer();
    const { url, log, audit } = await startGateway({ auth: { ...TEAM, issuers: [issuer.settings()] } });
    const tokens = [TOKENS.ada, 'hg_secret-guess', await issuer.token(), await issuer.token({ aud: 'other' })];
    const answers: string[] = [];
    for (const token of tokens) {
      const headers = { ...JSON_TYPE, Authorization: `Bearer ${token}` };
      for (const response of [
        await post(url, '/api/v1/tools/list_rows', { cursor: 'bad' }, { headers }),
        await post(url, '/api/v1/tools/fail', { code: 'bug' }, { headers }),
        await fetch(`${url}/metrics`, { headers }),
        await modern(url, 'tools/call', { name: 'fail', arguments: { code: 'bug' } }, headers),
      ]) {
        answers.push(JSON.stringify([...response.headers]), await response.text());
      }
    }
    const written = JSON.stringify([answers, log, audit]);
    for (const token of tokens) for (const part of token.split('.')) expect(written).not.toContain(part);
    expect(log.map(({ msg }) => msg)).toContain('a token was refused');
  });

  it('of an issuer that cannot be asked is 503, not 401 [team.jwks-unreachable]', async () => {
    const issuer = await startIssuer();
    const { url, log } = await startGateway({ auth: { tokens: [], issuers: [issuer.settings()] } });
    const headers = { Authorization: `Bearer ${await issuer.token()}` };
    issuer.failing = { status: 500, body: '' };
    const response = await fetch(`${url}/metrics`, { headers });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([503, null]);
    expect(await response.json()).toMatchObject({ code: 'unavailable', retryable: true });
    expect(await (await fetch(`${url}/ready`, { headers })).json()).toEqual({ status: 'ready' });
    expect(JSON.stringify(log[0])).toContain('answered 500');
    expect(log[0]?.msg).toBe('a token could not be verified');
    issuer.failing = undefined;
    vi.setSystemTime(Date.now() + 1_001);
    onTestFinished(() => void vi.useRealTimers());
    expect((await fetch(`${url}/metrics`, { headers })).status).toBe(200);
  });

  it('that expired is 401 with the reason [team.jwt-refused] [team.challenge]', async () => {
    const issuer = await startIssuer();
    const { url } = await startGateway({ auth: { tokens: [], issuers: [issuer.settings()] } });
    const headers = { Authorization: `Bearer ${await issuer.token({ exp: 1 })}` };
    const response = await fetch(`${url}/metrics`, { headers });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token", error_description="The token has expired."'),
    ]);
  });
});

describe('the host guard', () => {
  it('refuses a foreign Origin whatever the token [team.dns-rebinding]', async () => {
    const { url } = await startGateway({ auth: TEAM });
    const headers = { Origin: 'https://evil.example', ...tokenOf('operator') };
    for (const path of ['/metrics', '/sse', '/health', '/.well-known/oauth-protected-resource']) {
      expect((await fetch(`${url}${path}`, { headers })).status).toBe(403);
    }
  });
});
