import { describe, expect, it } from 'vitest';
import { builtOf, type Given } from '../fixtures/routing-state.ts';

type Json = Record<string, unknown>;

const given = (listener: Json, tenants?: Given['tenants']): Given => ({
  clusters: { a: {} },
  routes: { a: { cluster: 'a' } },
  listeners: { default: listener },
  ...(tenants === undefined ? {} : { tenants }),
});
const rulesOf = (
  filter: string,
  listener: Json,
  { minor = 40, tenants }: { minor?: number; tenants?: Given['tenants'] } = {},
) => (builtOf(given(listener, tenants), { minor }).overrides[filter] as { rbac: Json } | undefined)?.rbac;

const read = (path: string[], value: Json) => ({
  sourced_metadata: {
    metadata_matcher: { filter: 'envoy.filters.http.mcp', path: path.map((key) => ({ key })), value },
    metadata_source: 'DYNAMIC',
  },
});
const CALL = read(['method'], { string_match: { exact: 'tools/call' } });
const CUT_SHORT = { not_rule: read(['is_exceeding_limit'], { bool_match: true }) };
const BODILESS = { header: { name: ':method', string_match: { safe_regex: { regex: 'GET|HEAD|DELETE|OPTIONS' } } } };
const NOT_A_CALL = {
  or_rules: {
    rules: [
      BODILESS,
      { and_rules: { rules: [read(['method'], { present_match: true }), { not_rule: CALL }, CUT_SHORT] } },
    ],
  },
};
const callOf = (name: Json) => ({ and_rules: { rules: [CALL, read(['params', 'name'], name), CUT_SHORT] } });

describe('allow-lists of tools', () => {
  it('are rules on the message as it was read, with statistics for each [routing.rbac-per-tool]', () => {
    const access = {
      allow: { 'read.only': { tools: ['list_*', 'q.1'] }, all: { tools: ['*'] }, one: { tools: ['list_*'] } },
    };
    expect(rulesOf('envoy.filters.http.rbac', { access })).toEqual({
      rules: {
        action: 'ALLOW',
        policies: {
          not_a_call: { permissions: [NOT_A_CALL], principals: [{ any: true }] },
          all: { permissions: [callOf({ present_match: true })], principals: [{ any: true }] },
          one: { permissions: [callOf({ string_match: { prefix: 'list_' } })], principals: [{ any: true }] },
          read_only: {
            permissions: [callOf({ string_match: { safe_regex: { regex: 'list_.*|q\\.1' } } })],
            principals: [{ any: true }],
          },
        },
      },
      track_per_rule_stats: true,
    });
  });

  it('are only counted in shadow [routing.rbac-shadow]', () => {
    const rules = rulesOf('envoy.filters.http.rbac', { access: { shadow: { x: { tools: ['q'] } } } });
    expect(Object.keys(rules ?? {})).toEqual(['shadow_rules', 'track_per_rule_stats']);
    expect(
      rulesOf('envoy.filters.http.rbac', { access: { shadow: { x: { tools: ['q'] } } } }, { minor: 28 }),
    ).not.toHaveProperty('track_per_rule_stats');
  });

  it('go by headers of revisions whose servers compare them, where messages are not read [routing.rbac-by-header]', () => {
    const rules = rulesOf('envoy.filters.http.rbac', { access: { allow: { x: { tools: ['q'] } } } }, { minor: 36 });
    const revision = {
      header: {
        name: 'mcp-protocol-version',
        string_match: { safe_regex: { regex: '2026-(0[7-9]|1[0-2])-.*|20(2[7-9]|[3-9][0-9])-.*' } },
      },
    };
    const call = { header: { name: 'mcp-method', string_match: { exact: 'tools/call' } } };
    expect(rules).toMatchObject({
      rules: {
        policies: {
          not_a_call: {
            permissions: [
              {
                or_rules: {
                  rules: [
                    BODILESS,
                    {
                      and_rules: {
                        rules: [revision, { header: { name: 'mcp-method', present_match: true } }, { not_rule: call }],
                      },
                    },
                  ],
                },
              },
            ],
          },
          x: {
            permissions: [
              {
                and_rules: { rules: [revision, call, { header: { name: 'mcp-name', string_match: { exact: 'q' } } }] },
              },
            ],
          },
        },
      },
    });
  });

  it('ask for scopes, claims and tenants, all that a rule names [routing.rbac-by-claims]', () => {
    const access = {
      allow: {
        x: { tools: ['q'], scopes: ['read'], claims: { 'org.kind': 'a', admin: true }, tenants: ['acme', 'beta'] },
        nobody: { tools: ['q'], tenants: ['gone'] },
      },
    };
    const claim = (path: string[], value: Json) => ({
      metadata: { filter: 'envoy.filters.http.jwt_authn', path: ['jwt', ...path].map((key) => ({ key })), value },
    });
    const text = (path: string[], exact: string) => [
      claim(path, { string_match: { exact } }),
      claim(path, { list_match: { one_of: { string_match: { exact } } } }),
    ];
    const tenants = { acme: { id: 'a-1' }, beta: {} };
    const rules = rulesOf(
      'envoy.filters.http.rbac',
      { access, tenants: { by: { header: 'x-t' } } },
      { minor: 28, tenants },
    );
    expect(rules).toMatchObject({
      rules: {
        policies: {
          x: {
            principals: [
              {
                and_ids: {
                  ids: [
                    {
                      or_ids: {
                        ids: [
                          { header: { name: 'x-t', string_match: { exact: 'a-1' } } },
                          { header: { name: 'x-t', string_match: { exact: 'beta' } } },
                        ],
                      },
                    },
                    { or_ids: { ids: [...text(['scope'], 'read'), ...text(['scp'], 'read')] } },
                    claim(['admin'], { bool_match: true }),
                    { or_ids: { ids: text(['org', 'kind'], 'a') } },
                  ],
                },
              },
            ],
          },
          nobody: { principals: [{ not_id: { any: true } }] },
        },
      },
    });
  });
});

describe('rules of tenants', () => {
  const header = (exact: string) => ({ header: { name: 'x-headgate-tenant', string_match: { exact } } });
  const tenants = { acme: { id: 'a-1', tools: ['q'] }, beta: {}, other: { listeners: ['elsewhere'] } };

  it('refuse who is none, and tools that are not a tenant’s [routing.tenant-tools] [routing.unknown-tenants]', () => {
    const listener = { tenants: { by: { certificate: 'uri_san' } } };
    expect(rulesOf('headgate.rbac.tenants', listener, { tenants })).toEqual({
      rules: {
        action: 'ALLOW',
        policies: {
          tenants: { permissions: [{ any: true }], principals: [header('beta')] },
          tenant_acme: {
            permissions: [NOT_A_CALL, callOf({ string_match: { exact: 'q' } })],
            principals: [header('a-1')],
          },
        },
      },
      rules_stat_prefix: 'tenants.',
      track_per_rule_stats: true,
    });
    expect(rulesOf('headgate.rbac.tenants', listener)).toMatchObject({ rules: { action: 'ALLOW', policies: {} } });
  });

  it('let who is none pass where that is said [routing.unknown-tenants]', () => {
    const listener = { tenants: { by: { certificate: 'uri_san' }, unknown: 'allow' } };
    expect(rulesOf('headgate.rbac.tenants', listener, { tenants })).toMatchObject({
      rules: {
        policies: { unknown: { principals: [{ not_id: { or_ids: { ids: [header('a-1'), header('beta')] } } }] } },
      },
    });
  });
});
