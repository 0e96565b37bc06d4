import {
  CLUSTERS,
  cluster,
  ENDPOINTS,
  LISTENERS,
  listener,
  manyEndpoints,
  manyRoutes,
  ROUTES,
  type Sample,
} from '../../tests/xds-conformance/sample-resources.ts';
import type { Scenario } from './wire-client.ts';

/** A fleet's size: as many clusters as given, ten endpoints each, and as many routes, a hundred to a listener. */
const ENDPOINTS_EACH = 10;
const ROUTES_EACH = 100;

export interface LargeFleet {
  readonly samples: readonly Sample[];
  /** What a stream asks for, as Envoy does: endpoints once it has the clusters, routes once it has the listeners. */
  readonly types: Scenario['types'];
}

/** 10,000 clusters are 100,000 endpoints and 10,000 routes. */
export function largeFleet(clusters: number): LargeFleet {
  const names = Array.from({ length: clusters }, (_, index) => `cluster-${index}`);
  const listeners = Array.from({ length: clusters / ROUTES_EACH }, (_, index) => `listener-${index}`);
  const routesOf = (index: number) => names.slice(index * ROUTES_EACH, (index + 1) * ROUTES_EACH);
  return {
    samples: [
      ...names.map((name) => cluster(name)),
      ...names.map((name) => clusterEndpoints(name)),
      ...listeners.map((name) => listener(name, name)),
      ...listeners.map((name, index) => manyRoutes(name, routesOf(index))),
    ],
    types: [
      { type_url: CLUSTERS, expect: names.length },
      { type_url: ENDPOINTS, names, expect: names.length, after: CLUSTERS },
      { type_url: LISTENERS, expect: listeners.length },
      { type_url: ROUTES, names: listeners, expect: listeners.length, after: LISTENERS },
    ],
  };
}

/** A cluster's endpoints; `revision` changes the first. */
export function clusterEndpoints(name: string, revision = 1): Sample {
  return manyEndpoints(name, ENDPOINTS_EACH, revision);
}
