import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Refusal } from '../../proxy.ts';
import { type ApiUnderTest, apiUnderTest, proxyStatus } from '../fixtures/api-under-test.ts';

const CLUSTER = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
const refusal: Refusal = {
  typeUrl: CLUSTER,
  resources: ['bad'],
  resourceCount: 1,
  version: 'v2',
  nonce: 'n7',
  message: 'Proto constraint validation failed',
  at: 1_000,
};

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest();
  api.proxies.push(
    proxyStatus({ id: 'envoy-2', state: 'updating', convergenceMs: 40 }),
    proxyStatus({ id: 'envoy-1', convergenceMs: 10 }),
    proxyStatus({
      id: 'envoy-3',
      state: 'refusing',
      convergenceMs: null,
      types: [
        {
          typeUrl: CLUSTER,
          protocol: 'delta',
          wildcard: true,
          subscribedCount: 3,
          currentCount: 2,
          pendingCount: 1,
          heldBack: ['r'],
          acknowledgedVersion: 'v1',
          acknowledgedAt: 500,
          refused: refusal,
          ackCount: 4,
          nackCount: 1,
        },
      ],
    }),
  );
});

afterAll(() => api.close());

describe('proxies', () => {
  it('are listed with what each acknowledged and refused, and why [control-plane-api.nodes]', async () => {
    const { body, text } = await api.ask('GET', '/api/v1/nodes');
    expect(body).toMatchObject({
      total: 3,
      states: { current: 1, updating: 1, refusing: 1 },
      convergence_ms: { p50: 10, max: 40 },
      last_acknowledged: null,
    });
    expect(body.items.map(({ id }: never) => id)).toEqual(['envoy-1', 'envoy-2', 'envoy-3']);
    expect(body.items[2].types).toEqual([
      {
        type: 'clusters',
        protocol: 'delta',
        wildcard: true,
        subscribed: 3,
        current: 2,
        pending: 1,
        held_back: ['r'],
        acknowledged_version: 'v1',
        acknowledged_at: '1970-01-01T00:00:00.500Z',
        acks: 4,
        nacks: 1,
        refused: {
          type: 'clusters',
          version: 'v2',
          nonce: 'n7',
          at: '1970-01-01T00:00:01.000Z',
          resource_count: 1,
          resources: ['bad'],
          message: 'Proto constraint validation failed',
        },
      },
    ]);
    expect(text).not.toContain('metadata-secret');
    expect((await api.ask('GET', '/api/v1/nodes?state=refusing')).body.total).toBe(1);
    expect((await api.ask('GET', '/api/v1/nodes?group=other')).body.total).toBe(0);
    const page = await api.ask('GET', '/api/v1/nodes?limit=2');
    const rest = await api.ask('GET', `/api/v1/nodes?limit=2&cursor=${page.body.next_cursor}`);
    expect(rest.body.items.map(({ id }: never) => id)).toEqual(['envoy-3']);
  });

  it('are remembered with what they refused [control-plane-api.refusals]', async () => {
    const proxy = { key: 'k', node: proxyStatus({ id: 'envoy-3' }).node, group: 'default' };
    for (let at = 1; at <= 3; at++) api.hooks.onRefused(proxy, { ...refusal, at: at * 1000 });
    const { body } = await api.ask('GET', '/api/v1/refusals?limit=2');
    expect(body).toMatchObject({ total: 3, items: [{ node: 'envoy-3', group: 'default', type: 'clusters' }, {}] });
    const rest = await api.ask('GET', `/api/v1/refusals?limit=2&cursor=${body.next_cursor}`);
    expect([rest.body.items.length, rest.body.next_cursor]).toEqual([1, null]);
  });

  it('are in the metrics, with refusals, convergence and times of changes [control-plane-api.metrics]', async () => {
    const proxy = { key: 'k', node: proxyStatus().node, group: 'default' };
    api.hooks.onCurrent(proxy, 's1', 30);
    await api.ask('PUT', '/api/v1/clusters/a', { spec: { endpoints: ['127.0.0.1:8000'] } });
    await api.ask('PUT', '/api/v1/clusters/a', { spec: { endpoints: ['nowhere'] } });
    const { text, headers } = await api.ask('GET', '/metrics');
    expect(headers['content-type']).toContain('text/plain');
    for (const line of [
      'headgate_xds_proxies{group="default",state="refusing"} 1',
      'headgate_xds_proxies{group="default",state="current"} 1',
      'headgate_xds_nacks_total{group="default",type="clusters"} 3',
      'headgate_xds_acks{type="clusters"} 4',
      'headgate_xds_pending_resources{type="clusters"} 1',
      'headgate_xds_convergence_seconds_count{group="default"} 1',
      'headgate_xds_resources{group="default",type="clusters"} 1',
      'headgate_control_plane_objects{kind="clusters"} 1',
      'headgate_control_plane_versions 1',
      'headgate_control_plane_apply_seconds_count{action="apply",outcome="ok"} 1',
      'headgate_control_plane_apply_seconds_count{action="apply",outcome="invalid_argument"} 1',
    ])
      expect(text.split('\n')).toContain(line);
  });
});
