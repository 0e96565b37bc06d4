import type { ProxyOptions } from './bootstrap-options.ts';
import { overloadManager } from './overload.ts';

type Json = Record<string, unknown>;

/** What every configuration of a proxy has, with a control plane and without: who it is, its administration, statistics and limits. */
export function proxySections(options: ProxyOptions): Json {
  return {
    node: nodeOf(options),
    admin: {
      address: { socket_address: { address: options.adminHost ?? '127.0.0.1', port_value: options.adminPort } },
    },
    overload_manager: overloadManager(options),
    stats_config: { use_all_default_tags: true },
  };
}

function nodeOf({ nodeId, nodeCluster, metadata, region, zone, subZone }: ProxyOptions): Json {
  const locality = {
    ...(region === undefined ? {} : { region }),
    ...(zone === undefined ? {} : { zone }),
    ...(subZone === undefined ? {} : { sub_zone: subZone }),
  };
  return {
    id: nodeId,
    cluster: nodeCluster,
    ...(metadata === undefined ? {} : { metadata }),
    ...(Object.keys(locality).length === 0 ? {} : { locality }),
  };
}
