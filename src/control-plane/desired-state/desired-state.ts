import { createHash } from 'node:crypto';
import { type Versioned, VersionedSet } from '../versioned-set.ts';

/** The kinds of objects that a desired state is made of: sections of the file, collections of the API. */
export const KINDS = [
  'groups',
  'tenants',
  'secrets',
  'runtime',
  'clusters',
  'endpoints',
  'listeners',
  'routes',
  'resources',
] as const;

/**
 * - `groups`: which proxies get what; without one every proxy is of the group `default`.
 * - `tenants`: who calls, how they are told apart, and their limits.
 * - `secrets`: certificates and keys, by reference only (file, environment, command), served by SDS.
 * - `runtime`: layers of Envoy's runtime.
 * - `clusters`: upstreams: MCP servers, ours and others, and any HTTP or gRPC service.
 * - `endpoints`: where a cluster's servers are; the cluster of that name may carry them itself.
 * - `listeners`: what Envoy listens on, with its filters.
 * - `routes`: what goes where, with timeouts, retries, limits, tools.
 * - `resources`: Envoy's own resources as they are.
 */
export type Kind = (typeof KINDS)[number];

/** One object of the desired state, as it was given and checked. Immutable. */
export interface DesiredObject extends Versioned {
  readonly kind: Kind;
  readonly name: string;
  /** As given: checked against its kind's schema, defaults not filled in. Plain JSON, keys sorted. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Hash of the spec. */
  readonly version: string;
}

/** What proxies are to have, in objects. Immutable. */
export type DesiredState = Readonly<Record<Kind, VersionedSet<DesiredObject>>>;

/** An object to put in place of the one with its name, or to take away. */
export type ObjectChange =
  | { readonly kind: Kind; readonly name: string; readonly spec: Readonly<Record<string, unknown>> }
  | { readonly kind: Kind; readonly name: string; readonly spec: null };

/** Names of objects: they stand in URLs, in statistics of Envoy and in log lines. */
export const OBJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}$/;

export const EMPTY_STATE: DesiredState = stateOf(() => VersionedSet.empty());

/** The object of a spec. Equal specs have equal versions, whatever the order of their keys. */
export function desiredObject(kind: Kind, name: string, spec: Readonly<Record<string, unknown>>): DesiredObject {
  const sorted = sortKeys(spec) as Record<string, unknown>;
  const version = createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 22);
  return { kind, name, spec: sorted, version };
}

/** The state after changes. */
export function withObjects(
  state: DesiredState,
  changed: readonly DesiredObject[],
  removed: ReadonlyArray<{ kind: Kind; name: string }>,
): DesiredState {
  return stateOf((kind) =>
    state[kind].with(
      changed.filter((object) => object.kind === kind),
      removed.filter((object) => object.kind === kind).map(({ name }) => name),
    ),
  );
}

/** What leads from one state to another. */
export function objectsBetween(
  earlier: DesiredState,
  later: DesiredState,
): { changed: DesiredObject[]; removed: Array<{ kind: Kind; name: string }> } {
  const differences = KINDS.map((kind) => ({ kind, ...later[kind].since(earlier[kind]) }));
  return {
    changed: differences.flatMap(({ changed }) => changed),
    removed: differences.flatMap(({ kind, removed }) => removed.map((name) => ({ kind, name }))),
  };
}

/** Hash of the content: equal states have equal versions, whatever led to them. 16 hexadecimal digits. */
export function versionOf(state: DesiredState): string {
  const hash = createHash('sha256');
  for (const kind of KINDS) hash.update(`${kind} ${state[kind].version}\n`);
  return hash.digest('hex').slice(0, 16);
}

function stateOf(setOf: (kind: Kind) => VersionedSet<DesiredObject>): DesiredState {
  return Object.fromEntries(KINDS.map((kind) => [kind, setOf(kind)])) as Record<Kind, VersionedSet<DesiredObject>>;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
