import { createHash } from 'node:crypto';
import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import { quote } from '../../kernel/quote.ts';
import type { DesiredState, ObjectChange } from '../desired-state/desired-state.ts';
import type { RegisteredEndpoint } from '../desired-state/endpoint.ts';
import type { Builders } from '../history/builders.ts';
import type { EditableControlPlane } from '../history/edit.ts';
import { ENVOY_BUILDERS } from '../history/envoy-builders.ts';
import { resolveChanges } from '../history/resolve-changes.ts';
import { Leases } from './leases.ts';
import { registeredIn, withRegisteredIn } from './registered-endpoints.ts';
import type { Registration, Registrations } from './registrations.ts';

/** How long a server that falls silent stays, seconds: three renewals of 5 s may be lost. */
const LEASE_S = 15;
/** How long draining waits for the proxies, milliseconds. */
const SETTLED_MS = 5_000;
/** How often leases that ran out are looked for, milliseconds. */
const SWEEP_MS = 1_000;

/** What registrations stand on. */
export interface RegistrationParts {
  readonly controlPlane: EditableControlPlane;
  readonly records: Pick<ControlPlaneRecords, 'renewLeases' | 'leases' | 'removeLeases'>;
  /** Whether the proxies of a group have acknowledged what was published. */
  readonly settled: (group: string, ms: number) => Promise<boolean>;
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly report: (message: string, error: unknown) => void;
  /** Absent: 15. */
  readonly leaseS?: number;
  readonly checkObject?: Builders['checkObject'];
}

/** Registrations that run until they are closed. */
export interface RunningRegistrations extends Registrations {
  /** Looks once for leases that ran out, and removes whose they are. Errors: those of the store. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Servers that register themselves, kept in the desired state as `registered` of `endpoints/<cluster>`. Leases are in memory, and
 * in the store for other control planes: one that starts gives everybody a full lease.
 */
export function createRegistrations(parts: RegistrationParts): RunningRegistrations {
  const { controlPlane, report, checkObject = ENVOY_BUILDERS.checkObject, leaseS = LEASE_S } = parts;
  const leases = new Leases({ ...parts, ttlMs: leaseS * 1000 });
  let sweeping: Promise<void> = Promise.resolve();
  let failed = false;

  const change = (action: 'register' | 'deregister', reason: string | null, compute: Compute) =>
    controlPlane.edit({
      author: { subject: 'replica', via: 'registration', reason },
      action,
      expected: null,
      dryRun: false,
      configuration: false,
      unresolved: 'warn',
      resolve: (state) => {
        const changes = compute(state);
        return resolveChanges(state, changes, { replace: false, registrations: true }, checkObject);
      },
    });

  const sweep = async () => {
    const gone = await leases.expired(controlPlane.state);
    if (gone.length > 0) {
      const ids = new Set(gone);
      await change('deregister', 'Its lease ran out.', (state) => without(state, ids));
      await leases.forget(gone);
    }
    await leases.keep();
  };
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep).then(
      () => {
        failed = false;
      },
      (error: unknown) => {
        if (!failed) report('Leases of registered servers cannot be looked after; they stay until they can.', error);
        failed = true;
      },
    );
  }, SWEEP_MS);
  timer.unref();

  return {
    async register(registration) {
      const endpoint = endpointOf(registration);
      requireOpen(controlPlane.state, registration.cluster);
      if (!isRegistered(controlPlane.state, registration.cluster, endpoint)) {
        await change('register', null, (state) => {
          requireOpen(state, registration.cluster);
          return withEndpoint(state, registration.cluster, endpoint);
        });
      }
      leases.renew(endpoint.id);
      return { id: endpoint.id, ttl_s: leaseS };
    },
    async renew(id) {
      leases.look(controlPlane.state);
      if (!leases.has(id)) throw unknownRegistration(id);
      leases.renew(id);
      return { ttl_s: leaseS };
    },
    async drain(id) {
      await change('deregister', 'It drains.', (state) => {
        const { cluster, endpoint } = found(state, id);
        return withEndpoint(state, cluster, { ...endpoint, health: 'draining' });
      });
      const settled = await Promise.all(controlPlane.groups().map((group) => parts.settled(group, SETTLED_MS)));
      return { settled: settled.every((each) => each) };
    },
    async remove(id) {
      await change('deregister', null, (state) => {
        found(state, id);
        return without(state, new Set([id]));
      });
      await leases.forget([id]);
    },
    sweep,
    async close() {
      clearInterval(timer);
      await sweeping;
    },
  };
}

type Compute = (state: DesiredState) => readonly ObjectChange[];

/** One server of one cluster has one id, whoever asks and whenever. */
function endpointOf({ cluster, address, port, zone, region, weight }: Registration): RegisteredEndpoint {
  const id = createHash('sha256').update(`${cluster} ${address} ${port}`).digest('base64url').slice(0, 16);
  return {
    id,
    address,
    port,
    ...(zone === undefined ? {} : { zone }),
    ...(region === undefined ? {} : { region }),
    ...(weight === undefined ? {} : { weight }),
  };
}

/** Errors: `not_found`, `failed_precondition`. */
function requireOpen(state: DesiredState, cluster: string): void {
  const object = state.clusters.get(cluster);
  if (object === undefined) {
    const names = nearest(
      cluster,
      [...state.clusters].map(({ name }) => name),
    );
    throw new HeadgateError('not_found', `There is no cluster ${quote(cluster)}.`, {
      hint: names.length === 0 ? 'Add the cluster to the desired state first.' : `There is ${names.join(', ')}.`,
      details: { nearest: names },
    });
  }
  if (object.spec.endpoints === undefined) return;
  throw new HeadgateError('failed_precondition', `The cluster ${cluster} has a list of endpoints of its own.`, {
    hint: `Leave \`endpoints\` out of clusters/${cluster}: then servers can register. Fixed ones can stand in endpoints/${cluster} beside them.`,
  });
}

function isRegistered(state: DesiredState, cluster: string, endpoint: RegisteredEndpoint): boolean {
  const present = registeredIn(state.endpoints.get(cluster)?.spec).find(({ id }) => id === endpoint.id);
  if (present === undefined || present.health === 'draining') return false;
  const { health: _, ...place } = present;
  const keys = new Set([...Object.keys(place), ...Object.keys(endpoint)]) as Set<keyof typeof place>;
  return [...keys].every((key) => place[key] === endpoint[key]);
}

/** The change that puts a server in, or in place of itself. Sorted: who came first makes no other version. */
function withEndpoint(state: DesiredState, cluster: string, endpoint: RegisteredEndpoint): ObjectChange[] {
  const spec = state.endpoints.get(cluster)?.spec;
  const others = registeredIn(spec).filter(({ id }) => id !== endpoint.id);
  const registered = [...others, endpoint].sort((one, other) => (one.id < other.id ? -1 : 1));
  return [{ kind: 'endpoints', name: cluster, spec: withRegisteredIn(spec, registered) }];
}

function without(state: DesiredState, gone: ReadonlySet<string>): ObjectChange[] {
  return [...state.endpoints].flatMap(({ name, spec }) => {
    const registered = registeredIn(spec);
    const left = registered.filter(({ id }) => !gone.has(id));
    if (left.length === registered.length) return [];
    return [{ kind: 'endpoints' as const, name, spec: withRegisteredIn(spec, left) }];
  });
}

/** Errors: `not_found`. */
function found(state: DesiredState, id: string): { cluster: string; endpoint: RegisteredEndpoint } {
  for (const { name, spec } of state.endpoints) {
    const endpoint = registeredIn(spec).find((each) => each.id === id);
    if (endpoint !== undefined) return { cluster: name, endpoint };
  }
  throw unknownRegistration(id);
}

function unknownRegistration(id: string): HeadgateError {
  return new HeadgateError('not_found', `There is no registration ${quote(id)}.`, {
    hint: 'Its lease ran out, or its cluster was removed: register again.',
  });
}
