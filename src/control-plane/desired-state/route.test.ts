import { describe, expect, it } from 'vitest';
import { checkObject } from './kinds.ts';

const problemsOf = (kind: Parameters<typeof checkObject>[0], spec: unknown) =>
  checkObject(kind, 'x', spec).problems.map(({ rule, path, message }) => `${rule} ${path}: ${message}`);

describe('the short form of routes', () => {
  it('takes a route of one line [routing.few-lines]', () => {
    expect(problemsOf('routes', { cluster: 'headgate' })).toEqual([]);
  });

  it('names unknown fields with their path and the nearest known one [routing.unknown-fields]', () => {
    expect(
      problemsOf('routes', {
        cluster: 'a',
        timeout: {},
        match: { prefx: '/' },
        tools: { query: { retires: {}, timeouts: { total: 1 } } },
        rate_limit: { requests: 1, bursts: 2 },
      }),
    ).toEqual([
      'unknown-field routes/x.match.prefx: unknown field; did you mean "prefix"?',
      'unknown-field routes/x.tools.query.timeouts.total: unknown field; did you mean "total_s"?',
      'unknown-field routes/x.tools.query.retires: unknown field; did you mean "retries"?',
      'unknown-field routes/x.rate_limit.bursts: unknown field; did you mean "burst"?',
      'unknown-field routes/x.timeout: unknown field; did you mean "timeouts"?',
    ]);
  });

  it('refuses weights that add up to zero, on a route and on a tool [routing.zero-weights]', () => {
    const rest = 'must have a weight above zero: no cluster would get anything';
    expect(problemsOf('routes', { clusters: { a: 0, b: 0 } })).toEqual([`zero-weights routes/x.clusters: ${rest}`]);
    expect(problemsOf('routes', { clusters: {} })).toEqual([`zero-weights routes/x.clusters: ${rest}`]);
    expect(problemsOf('routes', { cluster: 'a', tools: { q: { clusters: { a: 0 } } } })).toEqual([
      `zero-weights routes/x.tools.q.clusters: ${rest}`,
    ]);
    expect(problemsOf('routes', { clusters: { a: 0, b: 1 } })).toEqual([]);
  });

  it.each([
    ['nowhere to go', {}, 'target routes/x: must say where requests go'],
    ['two ways to go', { cluster: 'a', redirect: { path: '/' } }, 'target routes/x: must have one of cluster'],
    [
      'two paths',
      { cluster: 'a', match: { prefix: '/', path: '/a' } },
      'value routes/x.match: must have one of prefix',
    ],
    ['a path without a slash', { cluster: 'a', match: { path: 'a' } }, 'must begin with /'],
    [
      'a query that is turned round',
      { cluster: 'a', match: { query: { a: { exact: 'b', not: true } } } },
      'cannot be turned round',
    ],
    [
      'two conditions on one header',
      { cluster: 'a', match: { headers: { a: { exact: 'b', prefix: 'c' } } } },
      'must have one condition',
    ],
    ['no tool', { cluster: 'a', match: { tools: [] } }, 'must name one at least'],
    ['a line break in a header', { cluster: 'a', request_headers: { set: { a: 'b\r\nc: d' } } }, 'must be one line'],
    [
      'a header that is none',
      { cluster: 'a', request_headers: { set: { 'a b': 'c' } } },
      'must be the name of a header',
    ],
    ['a host with a port', { cluster: 'a', domains: ['a.example.com:80'] }, 'must be a host'],
    ['eleven attempts', { cluster: 'a', retries: { attempts: 11 } }, 'must be 10 at most'],
    [
      'a burst below the flow',
      { cluster: 'a', rate_limit: { requests: 5, burst: 4 } },
      'must not be less than requests',
    ],
    ['a limit of nothing', { cluster: 'a', rate_limit: { requests: 0 } }, 'must be 1 or more'],
    ['a body too long', { respond: { status: 200, body: 'x'.repeat(4097) } }, 'must be 4096 characters at most'],
    ['a rule without tools', { cluster: 'a', access: { allow: { r: { tools: [] } } } }, 'must name a tool'],
    ['no rules', { cluster: 'a', access: { allow: {} } }, 'must have a rule'],
    [
      'a regular expression too long',
      { cluster: 'a', match: { regex: 'a'.repeat(2049) } },
      'must be 2048 characters at most',
    ],
    ['a status of a redirect that is none', { redirect: { path: '/', status: 200 } }, 'routes/x.redirect.status'],
  ])('refuses %s [routing.bad-input]', (_what, spec, message) => {
    expect(problemsOf('routes', spec).join('\n')).toContain(message);
  });
});

describe('the short form of listeners and tenants', () => {
  it.each([
    ['a port of zero', { port: 0 }, 'must be a port from 1 to 65535'],
    ['a name for an address', { address: 'localhost' }, 'must be an address'],
    [
      'names of certificates that nobody vouches for',
      { tls: { certificate: 'a', client_names: ['b'] } },
      'needs client_ca',
    ],
    ['no provider', { jwt: { providers: {} } }, 'must have a provider'],
    ['a message of 11 MB', { mcp: { max_message_bytes: 11_000_000 } }, 'must be 10485760 at most'],
    ['two ways to tell tenants', { tenants: { by: { claim: 'a', header: 'b' } } }, 'listeners/x.tenants.by'],
    ['an origin of nothing', { cors: { origins: [] } }, 'must have an origin'],
    [
      'a private JWKS by URL without a cluster',
      { jwt: { providers: { a: { issuer: 'b', jwks: { url: 'https://c/' } } } } },
      'listeners/x.jwt.providers.a.jwks',
    ],
  ])('refuses %s [routing.bad-input]', (_what, spec, message) => {
    expect(problemsOf('listeners', spec).join('\n')).toContain(message);
  });

  it('refuses a tenant that may call nothing [routing.bad-input]', () => {
    expect(problemsOf('tenants', { tools: [] })).toEqual([
      'value tenants/x.tools: must name a tool; leave it out for all',
    ]);
  });
});
