import { describe, expect, it } from 'vitest';
import type { Unit } from '../build-context.ts';
import { checkRouting } from '../build-listener.ts';
import { type Given, stateOf } from '../fixtures/routing-state.ts';
import { listenerNames } from '../routing-units.ts';

type Json = Record<string, unknown>;

const NEW: Given = {
  groups: { default: { envoy_version: '1.40' } },
  clusters: { a: {}, b: {}, web: { protocol: 'http' } },
};
const JWT = { providers: { p: { issuer: 'i', jwks: { inline: '{"keys":[{"kty":"EC"}]}' } } } };

/** `severity rule path` of everything wrong with all listeners. */
function problemsOf(given: Given, more: readonly Unit[] = []): string[] {
  const state = stateOf({ ...NEW, ...given });
  const units = listenerNames(state).map((name): Unit => ({ kind: 'listener', name }));
  return checkRouting(state, [...units, ...more]).map(({ severity, rule, path }) => `${severity} ${rule} ${path}`);
}
const withRoute = (route: Json, listener: Json = {}): Given => ({
  routes: { r: route },
  listeners: { default: listener },
});

describe('checkRouting', () => {
  it('finds nothing wrong with what is right [routing.few-lines]', () => {
    expect(problemsOf({ routes: { r: { cluster: 'a' } } })).toEqual([]);
    expect(problemsOf({})).toEqual([]);
  });

  it('names what a reference leads nowhere from [routing.dangling]', () => {
    expect(
      problemsOf({
        tenants: { t: { listeners: ['gone'] } },
        listeners: {
          default: {
            tls: { certificate: 'cert', client_ca: 'ca' },
            jwt: { providers: { p: { issuer: 'i', jwks: { url: 'https://x/', cluster: 'idp' } } } },
            tracing: { cluster: 'otel' },
            tenants: { by: { certificate: 'uri_san' } },
            access: { allow: { x: { tools: ['*'], tenants: ['nobody'] } } },
          },
        },
        routes: {
          r: {
            clusters: { a: 1, lost: 1 },
            mirrors: [{ cluster: 'lost' }],
            tools: { q: { cluster: 'lost' } },
            sessions: 'off',
            match: { tenants: ['nobody'] },
          },
        },
      }).filter((problem) => problem.startsWith('error')),
    ).toEqual([
      'error dangling-reference listeners/default.tracing.cluster',
      'error dangling-reference listeners/default.jwt.providers.p.jwks.cluster',
      'error dangling-reference listeners/default.tls.certificate',
      'error dangling-reference listeners/default.tls.client_ca',
      'error dangling-reference listeners/default.access.allow.x.tenants',
      'error dangling-reference routes/r.clusters.lost',
      'error dangling-reference routes/r.tools.q.cluster',
      'error dangling-reference routes/r.mirrors[0].cluster',
      'error dangling-reference routes/r.match.tenants',
    ]);
    const gone = checkRouting(
      stateOf({ ...NEW, tenants: { t: { listeners: ['gone'] } }, routes: { r: { cluster: 'a', listener: 'gone' } } }),
      [{ kind: 'listener', name: 'gone' }],
    );
    expect(gone.map(({ rule, path, message }) => `${rule} ${path}: ${message}`)).toEqual([
      'dangling-reference routes/r.listener: listener "gone" is not there for the group default',
      'dangling-reference tenants/t.listeners: listener "gone" is not there',
    ]);
  });

  it('takes a raw cluster for one, and misses a secret that is taken away [routing.dangling]', () => {
    const resources = {
      raw: { type: 'clusters', resource: { name: 'by-name' } },
      unnamed: { type: 'clusters', resource: {} },
    };
    expect(problemsOf({ resources, routes: { r: { clusters: { 'by-name': 1, unnamed: 1 } } } })).toEqual([]);
    const state = stateOf({ listeners: { l: { tls: { certificate: ['s'] } } } });
    expect(checkRouting(state, [{ kind: 'secret', name: 's' }])).toMatchObject([
      { rule: 'dangling-reference', path: 'listeners/l.tls' },
    ]);
  });

  it('wants a listener named where there are several and none is the default [routing.default-listener]', () => {
    expect(problemsOf({ listeners: { x: { port: 1 }, y: { port: 2 } }, routes: { r: { cluster: 'a' } } })).toEqual([
      'error dangling-reference routes/r',
    ]);
  });

  it('refuses two listeners on one port, of one group only [routing.port-taken]', () => {
    expect(problemsOf({ listeners: { x: { port: 1 }, y: { port: 1, address: '127.0.0.1' } } })).toEqual([
      'error port-taken listeners/x.port',
      'error port-taken listeners/y.port',
    ]);
    expect(
      problemsOf({ listeners: { x: { port: 1, address: '127.0.0.2' }, y: { port: 1, address: '127.0.0.1' } } }),
    ).toEqual([]);
    const groups = { default: {}, e: { match: [{ cluster: 'e' }] }, f: { match: [{ cluster: 'f' }] } };
    expect(problemsOf({ groups, listeners: { x: { port: 1, groups: ['e'] }, y: { port: 1, groups: ['f'] } } })).toEqual(
      [],
    );
  });

  it('warns of routes that nothing reaches [routing.unreachable]', () => {
    const at = (match: Json, rest: Json = {}) => ({ cluster: 'a', match, ...rest });
    expect(
      problemsOf({
        routes: {
          first: at({ prefix: '/mcp' }, { order: -1 }),
          below: at({ prefix: '/mcp/x' }),
          'with-conditions': at({ path: '/mcp', methods: 'GET' }),
          'of-a-host': at({ prefix: '/mcp' }, { domains: ['x.org'] }),
          other: at({ prefix: '/mc' }),
          'all-get': at({ methods: 'GET' }),
          'all-post': at({ methods: 'POST' }),
          all: at({}),
          'all-again': at({}),
          regex: at({ regex: '/.*' }),
        },
      }),
    ).toEqual([
      'warning unreachable-route routes/with-conditions.match',
      'warning unreachable-route routes/below.match',
      'warning unreachable-route routes/of-a-host.match',
      'warning unreachable-route routes/all-again.match',
      'warning unreachable-route routes/regex.match',
    ]);
  });

  it('warns of timeouts that end calls and streams [routing.trap-timeouts]', () => {
    expect(
      problemsOf(
        withRoute({ cluster: 'a', timeouts: { total_s: 15, idle_s: 5 } }, { timeouts: { stream_idle_s: 30 } }),
      ),
    ).toEqual([
      'warning stream-timeout listeners/default.timeouts.stream_idle_s',
      'warning stream-timeout routes/r.timeouts.total_s',
      'warning stream-timeout routes/r.timeouts.idle_s',
    ]);
    expect(problemsOf(withRoute({ cluster: 'web', timeouts: { total_s: 15 } }))).toEqual([]);
    expect(problemsOf(withRoute({ cluster: 'a', match: { tools: 'q' }, timeouts: { total_s: 15 } }))).toEqual([]);
  });

  it('refuses what would let calls pass by the rules for tools [routing.trap-pass-through] [routing.trap-source]', () => {
    const access = { allow: { x: { tools: ['q'] } } };
    const rules = (mcp: Json) => problemsOf(withRoute({ cluster: 'a' }, { access, mcp }));
    expect(rules({})).toEqual(['warning tools-listed listeners/default.access']);
    expect(rules({ other_requests: 'allow' })).toContain('error mcp-pass-through listeners/default.mcp.other_requests');
    expect(rules({ source: 'headers' })).toContain('error mcp-source listeners/default.mcp.source');
    expect(rules({ max_message_bytes: 8192 })).toContain(
      'warning mcp-message-limit listeners/default.mcp.max_message_bytes',
    );
    expect(problemsOf(withRoute({ cluster: 'a', mcp: 'off' }, { access }))).toContain('error mcp-off routes/r.mcp');
    expect(problemsOf(withRoute({ cluster: 'web', tools: { q: {} } }))).toEqual(['error tools-without-mcp routes/r']);
    expect(problemsOf(withRoute({ cluster: 'web', tools: { q: {} }, mcp: 'on' }))).toEqual([]);
    expect(problemsOf(withRoute({ cluster: 'a', tools: { q: {} } }, { mcp: { other_requests: 'allow' } }))).toEqual([
      'error mcp-pass-through listeners/default.mcp.other_requests',
    ]);
  });

  it('says that lists of tools are not filtered [routing.trap-lists]', () => {
    const tenants = { acme: { tools: ['q'] } };
    const listener = { tls: { certificate: 's', client_ca: 's' }, tenants: { by: { certificate: 'uri_san' } } };
    const secrets = { s: { ca: { file: '/x' } } };
    expect(problemsOf({ ...withRoute({ cluster: 'a' }, listener), tenants, secrets })).toEqual([
      'warning tools-listed listeners/default',
    ]);
    expect(problemsOf(withRoute({ cluster: 'a', access: { shadow: { x: { tools: ['q'] } } } }))).toEqual([]);
  });

  it('says where tools are known by a header only [routing.rbac-by-header]', () => {
    const groups = { default: { envoy_version: '1.38' } };
    const found = checkRouting(stateOf({ ...NEW, groups, ...withRoute({ cluster: 'a', tools: { q: {} } }) }), [
      { kind: 'listener', name: 'default' },
    ]);
    expect(found).toMatchObject([
      {
        severity: 'warning',
        rule: 'tools-by-header',
        message: expect.stringContaining('do not hold for calls without it'),
      },
    ]);
    const listener = { mcp: { filter: 'off' }, access: { allow: { x: { tools: ['q'] } } } };
    const enforced = checkRouting(stateOf({ ...NEW, ...withRoute({ cluster: 'a' }, listener) }), [
      { kind: 'listener', name: 'default' },
    ]);
    expect(enforced).toMatchObject([{ rule: 'tools-by-header', message: expect.stringContaining('are refused') }]);
  });

  it('refuses the MCP filter, and says that sessions cannot be kept, before Envoy has them [routing.oldest-envoy]', () => {
    expect(
      problemsOf({
        ...withRoute({ cluster: 'a' }, { mcp: { filter: 'on' } }),
        groups: { default: { envoy_version: '1.34' } },
      }),
    ).toEqual(['warning sessions-version listeners/default', 'error mcp-filter-version listeners/default.mcp.filter']);
  });

  it('refuses an open route over tools that want a token [routing.trap-auth]', () => {
    const routes = {
      open: { cluster: 'a', auth: false },
      guarded: { cluster: 'b', match: { tools: ['q'] } },
    };
    expect(problemsOf({ routes, listeners: { default: { jwt: JWT } } })).toEqual([
      'error auth-by-tool routes/guarded.auth',
    ]);
  });

  it('warns of tenants that anyone can be, and refuses those that nobody can tell [routing.forgeable-tenant] [routing.tenants-told]', () => {
    const tenants = { acme: { id: 'x' }, beta: { id: 'x' } };
    expect(problemsOf({ ...withRoute({ cluster: 'a' }, { tenants: { by: { header: 'x-t' } } }), tenants })).toEqual([
      'warning forgeable-tenant listeners/default.tenants.by',
      'error tenant-twice listeners/default.tenants.by',
    ]);
    expect(problemsOf(withRoute({ cluster: 'a' }, { tenants: { by: { claim: 'x' } } }))).toEqual([
      'error tenants-without-jwt listeners/default.tenants.by',
    ]);
    expect(problemsOf(withRoute({ cluster: 'a' }, { tenants: { by: { certificate: 'subject' } } }))).toEqual([
      'error tenants-without-mtls listeners/default.tenants.by',
    ]);
    expect(
      problemsOf({
        ...withRoute({ cluster: 'a', match: { tenants: ['t'] } }),
        tenants: { t: { listeners: ['default'] } },
      }),
    ).toEqual(['error tenants-not-told-apart routes/r.match.tenants', 'warning tenant-unused tenants/t.listeners']);
    expect(problemsOf(withRoute({ cluster: 'a', access: { shadow: { x: { tools: ['q'], scopes: ['s'] } } } }))).toEqual(
      ['error claims-without-jwt routes/r.access.shadow.x'],
    );
  });

  it('warns where sessions get lost and where calls run twice [routing.weights] [routing.mirrors]', () => {
    expect(problemsOf(withRoute({ clusters: { a: 1, b: 1 }, mirrors: [{ cluster: 'b' }] }))).toEqual([
      'warning mirrored-calls routes/r.mirrors',
      'warning weighted-sessions routes/r.clusters',
    ]);
    expect(problemsOf(withRoute({ clusters: { a: 1, b: 0 } }))).toEqual([]);
    expect(problemsOf(withRoute({ clusters: { a: 1, b: 1 }, hash: [{ header: 'authorization' }] }))).toEqual([]);
  });

  it('refuses credentials for every page on the web [routing.cors]', () => {
    const cors = { origins: ['*'], credentials: true };
    expect(problemsOf(withRoute({ cluster: 'a', cors }, { cors }))).toEqual([
      'error cors-credentials listeners/default.cors',
      'error cors-credentials routes/r.cors',
    ]);
  });
});
