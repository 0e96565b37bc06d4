import { HeadgateError } from '../../kernel/errors.ts';
import { type BuiltResource, resourceType } from '../resource.ts';
import type { ProxyOptions } from './bootstrap-options.ts';
import { proxySections } from './proxy-sections.ts';

type Json = Record<string, unknown>;
type ByName = ReadonlyMap<string, Json>;

/**
 * A complete configuration for an Envoy without a control plane: the given resources, with what they take from others (endpoints, routes,
 * secrets) put where it is used. Errors: `invalid_argument` for resources that only a control plane can serve, and for references to what is not
 * among them.
 */
export function buildStatic(resources: Iterable<BuiltResource>, options: ProxyOptions): Json {
  const byType = sortByType(resources);
  const of = (type: string): ByName => byType.get(type) ?? new Map();
  const { headgate, ...layers } = Object.fromEntries(of('runtimes'));
  const runtime = [...Object.values(layers), ...(headgate === undefined ? [] : [headgate])];
  const local = (json: Json) => withoutControlPlane(json, of('routes')) as Json;
  const secrets = [...of('secrets').values()];
  return {
    ...proxySections(options),
    static_resources: {
      listeners: [...of('listeners').values()].map(local),
      clusters: [...of('clusters').values()].map((cluster) => local(staticCluster(cluster, of('endpoints')))),
      ...(secrets.length === 0 ? {} : { secrets }),
    },
    layered_runtime: {
      layers: [
        ...runtime.map(({ name, layer }) => ({ name, static_layer: layer })),
        { name: 'admin', admin_layer: {} },
      ],
    },
  };
}

const STATIC_TYPES = ['secrets', 'runtimes', 'clusters', 'endpoints', 'listeners', 'routes'];

function sortByType(resources: Iterable<BuiltResource>): Map<string, Map<string, Json>> {
  const byType = new Map<string, Map<string, Json>>();
  for (const { typeUrl, json } of resources) {
    const type = resourceType(typeUrl);
    if (type === undefined || !STATIC_TYPES.includes(type.name)) {
      throw new HeadgateError('invalid_argument', `${typeUrl} cannot stand in a static configuration.`, {
        hint: 'Let a control plane serve it, or take it out.',
      });
    }
    const named = byType.get(type.name) ?? new Map<string, Json>();
    byType.set(type.name, named.set(String(json[type.nameField]), json));
  }
  for (const [type, named] of byType) byType.set(type, sortedByName(named));
  return byType;
}

/** Sets of resources have no order; a file that is compared needs one. */
function sortedByName(named: ByName): Map<string, Json> {
  return new Map([...named].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** An EDS cluster with its endpoints in it. */
function staticCluster(cluster: Json, endpoints: ByName): Json {
  if (cluster.type !== 'EDS') return cluster;
  const { eds_cluster_config: eds, ...rest } = cluster;
  const service = (eds as Json | undefined)?.service_name;
  const assignment = endpoints.get(String(service ?? cluster.name));
  if (assignment === undefined) throw dangling('endpoints', String(service ?? cluster.name));
  return { ...rest, type: 'STATIC', load_assignment: { ...assignment, cluster_name: cluster.name } };
}

/** The value with every `rds` in place of which the routes stand, and secrets that are looked for among the static ones. */
function withoutControlPlane(value: unknown, routes: ByName): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutControlPlane(item, routes));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, inner]): Array<[string, unknown]> => {
    if (key === 'sds_config') return [];
    if (key !== 'rds') return [[key, withoutControlPlane(inner, routes)]];
    const name = String((inner as Json).route_config_name);
    const found = routes.get(name);
    if (found === undefined) throw dangling('routes', name);
    return [['route_config', withoutControlPlane(found, routes)]];
  });
  return Object.fromEntries(entries);
}

function dangling(type: string, name: string): HeadgateError {
  return new HeadgateError('invalid_argument', `There are no ${type} ${name}, which other resources refer to.`, {
    hint: 'Give all resources of a snapshot.',
  });
}
