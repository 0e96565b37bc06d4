import type { Versioned } from './versioned-set.ts';

/** A type of Envoy's configuration that is served. */
export interface ResourceType {
  readonly typeUrl: string;
  /** As the API and people call it. */
  readonly name: string;
  /** The field of the resource that names it. EDS calls it `cluster_name`. */
  readonly nameField: string;
  /** Each state-of-the-world response is the complete set: a resource that is not in it is deleted. Listeners and clusters only. */
  readonly complete: boolean;
  /** `service` of the type's own gRPC service, and what its methods call resources; null: by ADS only. */
  readonly service: { readonly name: string; readonly methods: string; readonly rest: string } | null;
}

const type = (
  typeUrl: string,
  name: string,
  service: ResourceType['service'] = null,
  rest: Partial<ResourceType> = {},
): ResourceType => ({
  typeUrl: `type.googleapis.com/${typeUrl}`,
  name,
  nameField: 'name',
  complete: false,
  service,
  ...rest,
});

/** What a proxy needs first comes first: make before break. Removals go the other way round. */
export const RESOURCE_TYPES = [
  type('envoy.extensions.transport_sockets.tls.v3.Secret', 'secrets', {
    name: 'envoy.service.secret.v3.SecretDiscoveryService',
    methods: 'Secrets',
    rest: 'secrets',
  }),
  type('envoy.service.runtime.v3.Runtime', 'runtimes', {
    name: 'envoy.service.runtime.v3.RuntimeDiscoveryService',
    methods: 'Runtime',
    rest: 'runtime',
  }),
  type(
    'envoy.config.cluster.v3.Cluster',
    'clusters',
    { name: 'envoy.service.cluster.v3.ClusterDiscoveryService', methods: 'Clusters', rest: 'clusters' },
    { complete: true },
  ),
  type(
    'envoy.config.endpoint.v3.ClusterLoadAssignment',
    'endpoints',
    { name: 'envoy.service.endpoint.v3.EndpointDiscoveryService', methods: 'Endpoints', rest: 'endpoints' },
    { nameField: 'cluster_name' },
  ),
  type('envoy.config.core.v3.TypedExtensionConfig', 'extension_configs'),
  type(
    'envoy.config.listener.v3.Listener',
    'listeners',
    { name: 'envoy.service.listener.v3.ListenerDiscoveryService', methods: 'Listeners', rest: 'listeners' },
    { complete: true },
  ),
  type('envoy.config.route.v3.ScopedRouteConfiguration', 'scoped_routes'),
  type('envoy.config.route.v3.RouteConfiguration', 'routes', {
    name: 'envoy.service.route.v3.RouteDiscoveryService',
    methods: 'Routes',
    rest: 'routes',
  }),
  type('envoy.config.route.v3.VirtualHost', 'virtual_hosts'),
] as const satisfies readonly ResourceType[];

const byUrl = new Map(RESOURCE_TYPES.map((each) => [each.typeUrl, each]));
const byName = new Map(RESOURCE_TYPES.map((each) => [each.name, each]));

/** The served type with this type URL or name; undefined: none. */
export function resourceType(typeUrlOrName: string): ResourceType | undefined {
  return byUrl.get(typeUrlOrName) ?? byName.get(typeUrlOrName);
}

/** A resource that another one names, and that must therefore be there before it. */
export interface ResourceReference {
  readonly typeUrl: string;
  readonly name: string;
  /** Where in the resource that refers, as `virtual_hosts[0].routes[2].route.cluster`. */
  readonly path: string;
}

/** A resource as it goes to proxies. Immutable; encoded once. */
export interface Resource extends Versioned {
  readonly typeUrl: string;
  /** Hash of the bytes and of the time to live, if there is one: 16 characters of base64url. */
  readonly version: string;
  /** The message in protobuf: the value of the `Any` that carries it. */
  readonly body: Uint8Array;
  readonly references: readonly ResourceReference[];
  /** Of a listener: what it binds, as `tcp 0.0.0.0:10000`. Empty for all else. */
  readonly binds: readonly string[];
  /** How long a client keeps it when nothing more is heard, milliseconds; null: for ever. */
  readonly ttlMs: number | null;
  /** A cluster with active health checks is warm only when its endpoints were checked once. False for all else. */
  readonly warmsByHealthCheck: boolean;
}

/** What a builder makes: a resource in the JSON form of its protobuf. */
export interface BuiltResource {
  readonly typeUrl: string;
  /** JSON of the message, with its name in it. Field names as in the .proto files. */
  readonly json: Record<string, unknown>;
  readonly ttlMs?: number;
}
