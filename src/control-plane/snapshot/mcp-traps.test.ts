import { describe, expect, it } from 'vitest';
import { resourceType } from '../resource.ts';
import { encodeResource } from './encode-resource.ts';

const google = 'type.googleapis.com/envoy.extensions.filters';
const router = { name: 'router', typed_config: { '@type': `${google}.http.router.v3.Router` } };
const mcp = (json: Record<string, unknown>) => ({
  name: 'mcp',
  typed_config: { '@type': `${google}.http.mcp.v3.Mcp`, ...json },
});
const rbac = (action: string, filter = 'envoy.filters.http.mcp') => {
  const tool = { filter, path: [{ key: 'params' }, { key: 'name' }], value: { string_match: { exact: 'drop_table' } } };
  const policies = {
    tool: { permissions: [{ sourced_metadata: { metadata_matcher: tool } }], principals: [{ any: true }] },
  };
  return { name: 'rbac', typed_config: { '@type': `${google}.http.rbac.v3.RBAC`, rules: { action, policies } } };
};

function said(...filters: readonly unknown[]): string[] {
  const typed_config = {
    '@type': `${google}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'in',
    route_config: { name: 'r' },
    http_filters: [...filters, router],
  };
  const json = {
    name: 'l',
    address: { socket_address: { address: '127.0.0.1', port_value: 1 } },
    filter_chains: [{ filters: [{ name: 'hcm', typed_config }] }],
  };
  const { problems } = encodeResource({ typeUrl: resourceType('listeners')?.typeUrl ?? '', json });
  return problems.map(
    ({ severity, rule, path }) => `${severity} ${rule} ${path.replace(/^.*typed_config\.http_filters/, '')}`,
  );
}

const STRICT = { traffic_mode: 'REJECT_NO_MCP', reject_duplicate_keys: true };

describe('traps of MCP', () => {
  it('are none where everything is read and nothing passes unread', () => {
    expect(said(mcp(STRICT), rbac('DENY'))).toEqual([]);
    expect(said(mcp({ reject_duplicate_keys: true }), rbac('ALLOW'))).toEqual([]);
    expect(said(mcp({}))).toEqual([]);
    expect(said(rbac('DENY', 'another.filter'))).toEqual([]);
  });

  it('are rules that deny by tool, while what is not read passes [snapshots.mcp-traps]', () => {
    expect(said(mcp({ ...STRICT, traffic_mode: 'PASS_THROUGH' }), rbac('DENY'))).toEqual([
      'error mcp-bypass [0].typed_config.traffic_mode',
    ]);
  });

  it('are headers of the client that rules trust [snapshots.mcp-traps]', () => {
    expect(said(mcp({ ...STRICT, attribute_source: 'HEADERS' }), rbac('ALLOW'))).toEqual([
      'error mcp-trusts-headers [0].typed_config.attribute_source',
    ]);
    expect(said(mcp({ ...STRICT, attribute_source: 'VERIFY' }), rbac('ALLOW'))).toEqual([]);
  });

  it('are keys that are there twice [snapshots.mcp-traps]', () => {
    expect(said(mcp({ traffic_mode: 'REJECT_NO_MCP' }), rbac('DENY'))).toEqual([
      'warning mcp-duplicate-keys [0].typed_config.reject_duplicate_keys',
    ]);
  });

  it('are rules before what they look at, and under its old name [snapshots.mcp-traps]', () => {
    expect(said(rbac('ALLOW'), mcp(STRICT))).toEqual(['error filter-order [0].typed_config.rules']);
    expect(said(mcp(STRICT), rbac('ALLOW', 'mcp_proxy'))).toEqual(['warning mcp-metadata-name [1].typed_config.rules']);
  });
});
