import type { RegisteredEndpoint } from '../desired-state/endpoint.ts';

type Spec = Readonly<Record<string, unknown>>;

/** Servers that are registered, as an object of kind `endpoints` has them. */
export function registeredIn(spec: Spec | undefined): readonly RegisteredEndpoint[] {
  return Array.isArray(spec?.registered) ? (spec.registered as RegisteredEndpoint[]) : [];
}

/** A spec with these servers registered; null: nothing is left to say. */
export function withRegisteredIn(spec: Spec | undefined, registered: readonly RegisteredEndpoint[]): Spec | null {
  const { registered: _, ...rest } = spec ?? {};
  const next = registered.length === 0 ? rest : { ...rest, registered };
  return Object.keys(next).length === 0 ? null : next;
}

/** What is left of a spec that was taken away: those who are registered; null: nobody. */
export function onlyRegistered(spec: Spec | undefined): Spec | null {
  return withRegisteredIn({}, registeredIn(spec));
}

/**
 * A spec that somebody wrote, in place of `before`: who is registered is said by the registrations alone, so those stay that are
 * there. Weight and health of one that the writer names by its id become what he says.
 */
export function keepRegistered(spec: Spec, before: Spec | undefined): Spec {
  const { registered: given, ...rest } = spec;
  const present = registeredIn(before);
  // What is no list is for the schema to refuse.
  if (given !== undefined && !Array.isArray(given)) return spec;
  if (present.length === 0) return rest;
  const wished = new Map(
    (given ?? []).filter(isNamed).map((endpoint: Record<string, unknown>) => [endpoint.id, endpoint]),
  );
  return { ...rest, registered: present.map((endpoint) => adjusted(endpoint, wished.get(endpoint.id))) };
}

function adjusted(endpoint: RegisteredEndpoint, wished: Record<string, unknown> | undefined): unknown {
  if (wished === undefined) return endpoint;
  const { weight: _weight, health: _health, ...place } = endpoint;
  const { weight, health } = wished;
  return { ...place, ...(weight === undefined ? {} : { weight }), ...(health === undefined ? {} : { health }) };
}

function isNamed(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && 'id' in value;
}
