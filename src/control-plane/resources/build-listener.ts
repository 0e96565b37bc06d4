import type { BuiltResource } from '../resource.ts';
import { resourceType } from '../resource.ts';
import type { BuildContext } from './build-context.ts';
import { buildRouteConfiguration } from './build-route-configuration.ts';
import { extension, statName } from './filters/extension.ts';
import { connectionManager } from './listener/connection-manager.ts';
import { downstreamTls } from './listener/downstream-tls.ts';
import { type ListenerPolicy, listenerPolicy } from './listener/policy.ts';
import { listenerOf } from './route/routes-of-listener.ts';

export { checkRouting } from './listener/check-routing.ts';

type Json = Record<string, unknown>;

const LISTENERS = resourceType('listeners')?.typeUrl ?? '';

/** The listener of a name with its routes, which it takes by RDS; nothing when the group has no such listener. */
export function buildListener(name: string, context: BuildContext): BuiltResource[] {
  const listener = listenerOf(context.state, name, context.group);
  if (listener === undefined) return [];
  const policy = listenerPolicy(listener, { ...context, version: context.envoyVersion });
  return [{ typeUrl: LISTENERS, json: listenerJson(policy) }, buildRouteConfiguration(policy, context)];
}

function listenerJson(policy: ListenerPolicy): Json {
  const { name, spec } = policy;
  return {
    name,
    stat_prefix: statName(name),
    address: { socket_address: { address: spec.address, port_value: spec.port } },
    filter_chains: [
      {
        filters: [...connectionLimit(policy), connectionManager(policy)],
        ...(spec.tls === undefined ? {} : { transport_socket: downstreamTls(spec.tls, spec.protocols) }),
      },
    ],
    per_connection_buffer_limit_bytes: spec.limits.connection_buffer_bytes,
    traffic_direction: 'INBOUND',
  };
}

function connectionLimit({ name, spec }: ListenerPolicy): Json[] {
  if (spec.limits.connections === undefined) return [];
  return [
    extension(
      'envoy.filters.network.connection_limit',
      'extensions.filters.network.connection_limit.v3.ConnectionLimit',
      {
        stat_prefix: statName(name),
        max_connections: String(spec.limits.connections),
      },
    ),
  ];
}
