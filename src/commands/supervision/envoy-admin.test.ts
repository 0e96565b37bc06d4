import { expect, it } from 'vitest';
import { activeRequestsOf, healthyEndpointsOf } from './envoy-admin.ts';

it('counts the requests of clients, not those of the administration [up.stop-order]', () => {
  const page =
    'http.admin.downstream_rq_active: 1\nhttp.default.downstream_rq_active: 2\nhttp.in.a.downstream_rq_active: 3\n';
  expect(activeRequestsOf(page)).toBe(5);
  expect(activeRequestsOf('')).toBe(0);
});

it('takes for serving what neither the control plane nor Envoy speaks against [up.rolling-restart]', () => {
  const host = (port: number, health_status: Record<string, unknown>) => ({
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    health_status,
  });
  const page = {
    cluster_statuses: [
      { name: 'other', host_statuses: [host(1, {})] },
      {
        name: 'headgate',
        host_statuses: [
          host(2, { eds_health_status: 'HEALTHY' }),
          host(3, { eds_health_status: 'DRAINING' }),
          host(4, { eds_health_status: 'HEALTHY', failed_active_health_check: true }),
          host(5, { eds_health_status: 'HEALTHY', failed_outlier_check: true }),
          host(6, {}),
        ],
      },
    ],
  };
  expect(healthyEndpointsOf(page, 'headgate')).toEqual(['127.0.0.1:2', '127.0.0.1:6']);
  expect(healthyEndpointsOf({}, 'headgate')).toEqual([]);
});
