import type { Resource, ResourceReference } from '../resource.ts';
import type { SetDifference } from '../versioned-set.ts';
import { CLUSTERS, ENDPOINTS, EXTENSION_CONFIGS, LISTENERS, ROUTES, SECRETS } from './served-types.ts';
import type { ResourceSet } from './transition.ts';
import type { Watch } from './watch.ts';

/**
 * Types that whoever refers to them waits for. Endpoints and routes are not among them: a proxy asks for them only when it has the
 * cluster or the listener that names them.
 */
const AWAITED: ReadonlySet<string> = new Set([CLUSTERS, SECRETS, EXTENSION_CONFIGS]);

const VIRTUAL_HOSTS = 'type.googleapis.com/envoy.config.route.v3.VirtualHost';
const SCOPED_ROUTES = 'type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration';

/** What a type can refer to, where what a proxy has is not known: without circles, so that nothing waits for itself. */
const CAN_REFER: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [LISTENERS, new Set([ROUTES, SCOPED_ROUTES, CLUSTERS, SECRETS, EXTENSION_CONFIGS])],
  [SCOPED_ROUTES, new Set([ROUTES])],
  [ROUTES, new Set([VIRTUAL_HOSTS, CLUSTERS])],
  [VIRTUAL_HOSTS, new Set([CLUSTERS])],
  [EXTENSION_CONFIGS, new Set([CLUSTERS, SECRETS])],
  [CLUSTERS, new Set([ENDPOINTS, SECRETS])],
]);

/** How long things are waited for that a proxy does not announce, milliseconds. */
export interface Patience {
  /** From a cluster's acknowledgement to the request for its endpoints. Envoy sends both in one go. */
  readonly endpointsRequestMs: number;
  /** From a new cluster's endpoints to its first health checks: before them Envoy answers 503 for it. */
  readonly healthCheckMs: number;
  /** From a reconnection to the requests for all types: what is gone meanwhile may still be referred to by one of them. */
  readonly reconnectMs: number;
  /**
   * From a response to its answer; newer ones of its type wait for it that long. Envoy leaves clusters unanswered while one of them
   * warms.
   */
  readonly acknowledgementMs: number;
  /**
   * From the moment when nothing refers to a cluster any more to its removal: Envoy looks the cluster of a request up again for each
   * attempt, so that one that waits for its next attempt would be answered 503.
   */
  readonly lingerMs: number;
}

/** A removal that was allowed and not made within this is looked at anew, milliseconds. */
const REMOVED_WITHIN_MS = 10_000;

/** A cluster that the proxy acknowledged and may not use yet. */
interface Warming {
  readonly cluster: Resource;
  readonly since: number;
  /** When its endpoints were acknowledged; null: not yet. */
  endpointsAt: number | null;
}

/** What the gate needs of its proxy. */
export interface GateProxy {
  readonly patience: Patience;
  readonly watches: readonly Watch[];
  clock(): number;
  current(typeUrl: string): ResourceSet | null;
  /** Has the proxy looked at again then, epoch ms. */
  wakeAt(at: number): void;
}

/**
 * Make before break, for one proxy: what it may get now without ever having a route to a cluster that it does not have. A resource
 * waits until what it refers to is acknowledged in its current version; a removal waits until nothing that the proxy has, or may
 * have, refers to what is removed. Types that the proxy does not subscribe to hold nothing back.
 */
export class Gate {
  readonly #proxy: GateProxy;
  readonly #warming = new Map<string, Warming>();
  /** What a resource was held back for when it was looked at last: that is looked at first the next time. */
  readonly #heldBy = new WeakMap<Resource, ResourceReference>();
  /** `typeUrl name` of everything that an outdated resource refers to; null: to be looked up. */
  #usedByOutdated: { readonly names: ReadonlySet<string>; readonly unknownTypes: ReadonlySet<string> } | null = null;
  #removalsFrom = 0;
  /** Since when nothing refers to a cluster that is to go, epoch ms. */
  readonly #unusedSince = new Map<string, number>();

  constructor(proxy: GateProxy) {
    this.#proxy = proxy;
  }

  /** Something was acknowledged, refused, sent, subscribed or published. */
  changed(): void {
    this.#usedByOutdated = null;
  }

  /** The proxy came back and said what it has: removals wait until it has named all its types. */
  reconnected(): void {
    this.#removalsFrom = Math.max(this.#removalsFrom, this.#proxy.clock() + this.#proxy.patience.reconnectMs);
  }

  /** All of a difference may be sent. */
  passes({ changed, removed }: SetDifference<Resource>, typeUrl: string): boolean {
    if (changed.length > 0 && !this.#nothingAwaited() && !changed.every((resource) => this.mayUpdate(resource)))
      return false;
    return removed.length === 0 || removed.every((name) => this.mayRemove(typeUrl, name));
  }

  mayUpdate(resource: Resource): boolean {
    if (resource.references.length === 0) return true;
    const known = this.#heldBy.get(resource);
    if (known !== undefined && !this.#allows(resource, known)) return false;
    const held = resource.references.find((reference) => !this.#allows(resource, reference));
    if (held !== undefined) this.#heldBy.set(resource, held);
    else if (known !== undefined) this.#heldBy.delete(resource);
    return held === undefined;
  }

  mayRemove(typeUrl: string, name: string): boolean {
    if (this.#proxy.clock() < this.#removalsFrom) {
      this.#proxy.wakeAt(this.#removalsFrom);
      return false;
    }
    this.#usedByOutdated ??= this.#lookUpUses();
    const { unknownTypes, names } = this.#usedByOutdated;
    const unused = !unknownTypes.has(typeUrl) && !names.has(`${typeUrl} ${name}`);
    if (typeUrl !== CLUSTERS) return unused;
    if (!unused) this.#unusedSince.delete(name);
    return unused && this.#lingered(name);
  }

  /** Nothing has referred to a cluster for long enough. A proxy without routes and listeners of ours has no requests for it. */
  #lingered(name: string): boolean {
    const { lingerMs } = this.#proxy.patience;
    if (!this.#proxy.watches.some(({ typeUrl }) => CAN_REFER.get(typeUrl)?.has(CLUSTERS))) return true;
    const now = this.#proxy.clock();
    const before = this.#unusedSince.get(name);
    const since = before === undefined || now - before > lingerMs + REMOVED_WITHIN_MS ? now : before;
    this.#unusedSince.set(name, since);
    if (now >= since + lingerMs) return true;
    this.#proxy.wakeAt(since + lingerMs);
    return false;
  }

  /** Clusters that the proxy did not have before were acknowledged. */
  warm(clusters: readonly Resource[]): void {
    const since = this.#proxy.clock();
    for (const cluster of clusters)
      if (cluster.warmsByHealthCheck || endpointsOf(cluster) !== undefined)
        this.#warming.set(cluster.name, { cluster, since, endpointsAt: null });
  }

  /** Has the proxy looked at again when a cluster that warms can be used, as far as that is known. */
  lookAhead(): void {
    for (const name of this.#warming.keys()) this.#isWarm(name);
  }

  #nothingAwaited(): boolean {
    this.lookAhead();
    return (
      this.#warming.size === 0 && this.#proxy.watches.every(({ typeUrl, current }) => current || !AWAITED.has(typeUrl))
    );
  }

  /** A listener does not wait for its routes, which are asked for when it is there, but for what they will refer to. */
  #allows(resource: Resource, reference: ResourceReference): boolean {
    if (reference.typeUrl !== ROUTES) return this.#mayRefer(resource, reference);
    const routes = this.#proxy.current(ROUTES)?.get(reference.name);
    return routes === undefined || this.mayUpdate(routes);
  }

  #mayRefer({ typeUrl }: Resource, reference: ResourceReference): boolean {
    return !AWAITED.has(reference.typeUrl) || reference.typeUrl === typeUrl || this.#ready(reference);
  }

  #ready({ typeUrl, name }: ResourceReference): boolean {
    for (const watch of this.#proxy.watches)
      if (watch.typeUrl === typeUrl && watch.subscribes(name) && watch.lags(name)) return false;
    return typeUrl !== CLUSTERS || this.#isWarm(name);
  }

  #isWarm(name: string): boolean {
    const warming = this.#warming.get(name);
    if (warming === undefined) return true;
    const ready = this.#warmAt(warming);
    const warm = ready !== null && ready <= this.#proxy.clock();
    if (warm) this.#warming.delete(name);
    else if (ready !== null) this.#proxy.wakeAt(ready);
    return warm;
  }

  /** When a cluster can be used, epoch ms; null: when its endpoints are acknowledged. */
  #warmAt(warming: Warming): number | null {
    const { cluster, since } = warming;
    const { healthCheckMs, endpointsRequestMs } = this.#proxy.patience;
    const endpoints = endpointsOf(cluster);
    const watches = this.#proxy.watches.filter(({ typeUrl }) => typeUrl === ENDPOINTS);
    if (endpoints === undefined) return since + healthCheckMs;
    const asked = watches.filter((watch) => watch.subscribes(endpoints));
    if (asked.length === 0) return since + endpointsRequestMs;
    if (asked.some((watch) => watch.lacks(endpoints))) return null;
    warming.endpointsAt ??= this.#proxy.clock();
    return warming.endpointsAt + (cluster.warmsByHealthCheck ? healthCheckMs : 0);
  }

  #lookUpUses(): { readonly names: ReadonlySet<string>; readonly unknownTypes: ReadonlySet<string> } {
    const outdated = this.#proxy.watches.flatMap((watch) =>
      watch.current ? [] : [...watch.outdated()].map((each) => ({ ...each, typeUrl: watch.typeUrl })),
    );
    const names = new Set<string>();
    for (const { typeUrl, resources } of outdated)
      for (const reference of resources.flatMap(({ references }) => references))
        if (reference.typeUrl !== typeUrl) names.add(`${reference.typeUrl} ${reference.name}`);
    const unknown = outdated.filter((each) => each.unknown);
    return { names, unknownTypes: new Set(unknown.flatMap(({ typeUrl }) => [...(CAN_REFER.get(typeUrl) ?? [])])) };
  }
}

/** The name of a cluster's endpoints; undefined: it has none of EDS. */
function endpointsOf(cluster: Resource): string | undefined {
  return cluster.references.find(({ typeUrl }) => typeUrl === ENDPOINTS)?.name;
}
