import { ADS_SOURCE } from '../resources/config-source.ts';
import type { BootstrapOptions } from './bootstrap-options.ts';
import { CONTROL_PLANE_CLUSTER, controlPlaneCluster } from './control-plane-cluster.ts';
import { proxySections } from './proxy-sections.ts';

type Json = Record<string, unknown>;

/** The layer of the runtime that a proxy of ours asks for: `runtime.headgate` of the desired state. */
export const RUNTIME_LAYER = 'headgate';

/** The bootstrap of an Envoy that takes everything else from the control plane: one stream (ADS), only what changes (delta). */
export function buildBootstrap(options: BootstrapOptions): Json {
  const { xds, localCluster } = options;
  return {
    ...proxySections(options),
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: CONTROL_PLANE_CLUSTER } }],
      },
      cds_config: ADS_SOURCE,
      lds_config: ADS_SOURCE,
    },
    ...(localCluster === undefined ? {} : { cluster_manager: { local_cluster_name: localCluster } }),
    static_resources: {
      clusters: [controlPlaneCluster(xds), ...(localCluster === undefined ? [] : [proxiesCluster(localCluster)])],
    },
    layered_runtime: {
      layers: [
        // Without such a layer the control plane says so, and the proxy goes on; a control plane that is silent is waited for this long.
        {
          name: RUNTIME_LAYER,
          rtds_layer: { name: RUNTIME_LAYER, rtds_config: { ...ADS_SOURCE, initial_fetch_timeout: '2s' } },
        },
        { name: 'admin', admin_layer: {} },
      ],
    },
  };
}

/** The proxies themselves: what Envoy compares zones with. It must be static; its endpoints come over EDS. */
function proxiesCluster(name: string): Json {
  return { name, type: 'EDS', connect_timeout: '2s', eds_cluster_config: { eds_config: ADS_SOURCE } };
}
