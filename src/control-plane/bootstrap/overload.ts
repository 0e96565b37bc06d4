import type { ProxyOptions } from './bootstrap-options.ts';

type Json = Record<string, unknown>;

/** Room for some 50,000 connections with buffers of 32 KiB that are seldom full. */
const MAX_HEAP_BYTES = 1_073_741_824;
/** Envoy's guide for proxies at the edge. */
const MAX_CONNECTIONS = 50_000;
/** Parts of the heap at which something is done: memory is given back, idle connections end, requests are refused. */
const ACTIONS = [
  { name: 'envoy.overload_actions.shrink_heap', at: 0.9 },
  { name: 'envoy.overload_actions.disable_http_keepalive', at: 0.92 },
  { name: 'envoy.overload_actions.stop_accepting_requests', at: 0.95 },
  { name: 'envoy.overload_actions.stop_accepting_connections', at: 0.98 },
] as const;

const HEAP = 'envoy.resource_monitors.fixed_heap';
const CONNECTIONS = 'envoy.resource_monitors.global_downstream_max_connections';
const MONITORS = 'type.googleapis.com/envoy.extensions.resource_monitors';

/** A proxy that refuses rather than dies: limits of heap and connections as Envoy's `OverloadManager`. */
export function overloadManager({
  maxHeapBytes = MAX_HEAP_BYTES,
  maxConnections = MAX_CONNECTIONS,
}: ProxyOptions): Json {
  return {
    refresh_interval: '0.25s',
    resource_monitors: [
      {
        name: HEAP,
        typed_config: { '@type': `${MONITORS}.fixed_heap.v3.FixedHeapConfig`, max_heap_size_bytes: maxHeapBytes },
      },
      {
        name: CONNECTIONS,
        typed_config: {
          '@type': `${MONITORS}.downstream_connections.v3.DownstreamConnectionsConfig`,
          max_active_downstream_connections: maxConnections,
        },
      },
    ],
    actions: ACTIONS.map(({ name, at }) => ({ name, triggers: [{ name: HEAP, threshold: { value: at } }] })),
  };
}
