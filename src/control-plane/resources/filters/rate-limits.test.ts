import { describe, expect, it } from 'vitest';
import { builtOf, type Given } from '../fixtures/routing-state.ts';

const GIVEN: Given = {
  clusters: { a: {} },
  routes: { a: { cluster: 'a' } },
  tenants: {
    acme: {
      id: 'a-1',
      rate_limit: { requests: 10 },
      tool_rate_limits: { q: { requests: 5, per: 'minute', burst: 6 } },
    },
    beta: {},
  },
  listeners: {
    default: { tenants: { by: { header: 'x-t' } }, tool_rate_limits: { q: { requests: 100, per: 'hour' } } },
  },
};
const DESCRIPTORS = [
  {
    entries: [
      { key: 'method', value: 'tools/call' },
      { key: 'tool', value: 'q' },
    ],
    token_bucket: { max_tokens: 100, tokens_per_fill: 100, fill_interval: '3600s' },
  },
  {
    entries: [{ key: 'tenant', value: 'a-1' }],
    token_bucket: { max_tokens: 10, tokens_per_fill: 10, fill_interval: '1s' },
  },
  {
    entries: [
      { key: 'tenant', value: 'a-1' },
      { key: 'method', value: 'tools/call' },
      { key: 'tool', value: 'q' },
    ],
    token_bucket: { max_tokens: 6, tokens_per_fill: 5, fill_interval: '60s' },
  },
];
const TENANT = { request_headers: { header_name: 'x-t', descriptor_key: 'tenant' } };

describe('limits of tenants and tools', () => {
  it('have a bucket each, counted by what was read of the message [routing.tenant-rate-limit] [routing.listener-tool-rate-limit]', () => {
    const read = (key: string, ...path: string[]) => ({
      metadata: {
        descriptor_key: key,
        metadata_key: { key: 'envoy.filters.http.mcp', path: path.map((part) => ({ key: part })) },
        source: 'DYNAMIC',
      },
    });
    const tool = [read('method', 'method'), read('tool', 'params', 'name')];
    const { overrides, hosts } = builtOf(GIVEN);
    expect(overrides['headgate.limit.calls']).toEqual({
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
      stat_prefix: 'calls',
      rate_limits: [{ actions: [TENANT] }, { actions: tool }, { actions: [TENANT, ...tool] }],
      token_bucket: { max_tokens: 4_294_967_295, tokens_per_fill: 4_294_967_295, fill_interval: '1s' },
      descriptors: DESCRIPTORS,
      filter_enabled: { default_value: { numerator: 100, denominator: 'HUNDRED' } },
      filter_enforced: { default_value: { numerator: 100, denominator: 'HUNDRED' } },
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
      enable_retry_after_header: true,
    });
    expect(hosts[0]).not.toHaveProperty('rate_limits');
  });

  it('are counted by headers at the virtual host for an old Envoy [routing.tool-rate-limit-by-header] [routing.oldest-envoy]', () => {
    const tool = [
      { request_headers: { header_name: 'mcp-method', descriptor_key: 'method' } },
      { request_headers: { header_name: 'mcp-name', descriptor_key: 'tool' } },
    ];
    const { overrides, hosts } = builtOf(GIVEN, { minor: 28 });
    expect(overrides['headgate.limit.calls']).toMatchObject({ stage: 1, descriptors: DESCRIPTORS });
    expect(hosts[0]?.rate_limits).toEqual([
      { stage: 1, actions: [TENANT] },
      { stage: 1, actions: tool },
      { stage: 1, actions: [TENANT, ...tool] },
    ]);
  });
});
