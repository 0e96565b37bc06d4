import { setTimeout as pause } from 'node:timers/promises';
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { GatewayRegistration } from '../kernel/config.ts';
import { HeadgateError } from '../kernel/errors.ts';
import type { ControlPlaneClient } from './control-plane-client.ts';

/** A server that is an endpoint of a cluster while it runs. */
export interface ReplicaRegistration {
  /** Takes new requests away; resolves when the proxies know, or when nobody can be told. */
  drain(): Promise<void>;
  /** Takes the server away for good. What fails is reported: the lease ends by itself. */
  remove(): Promise<void>;
}

/** Where a server listens. */
export interface ListeningAt {
  readonly host: string;
  readonly port: number;
}

/** What registering goes by. */
export interface RegistrationParts {
  readonly client: ControlPlaneClient;
  readonly clock: () => number;
  readonly report: (message: string, error: unknown) => void;
}

/** A lease is renewed when so much of it is over: two renewals may fail. */
const RENEW_AFTER = 1 / 3;

/** A control plane that is away is asked again after so long, then after twice as long each time. Milliseconds. */
const BACKOFF = { initialDelay: 200, maxDelay: 5_000 };

/** A control plane that is away when we end is not waited for. Milliseconds. */
const LAST_WORDS_MS = 10_000;

/** Without a control plane proxies learn by their health checks that we end. Milliseconds: two checks of 2 s and a half. */
const UNTOLD_MS = 5_000;

/**
 * Registers a server and renews its lease until it is drained: it waits for a control plane that is away, and registers anew with
 * one that forgot it. Resolves at once: the server works without. Errors: `invalid_argument` when it listens on every interface
 * and no address is named.
 */
export function registerReplica(
  registration: GatewayRegistration,
  listening: ListeningAt,
  parts: RegistrationParts,
): ReplicaRegistration {
  const { client, report } = parts;
  const endpoint = endpointOf(registration, listening);
  const over = new AbortController();
  let id: string | null = null;
  const kept = keepRegistered(endpoint, parts, over.signal, (lease) => {
    id = lease;
  });
  /** Asks what is to be done at the end, once. */
  const last = async (method: 'POST' | 'DELETE', what: string, message: string): Promise<boolean> => {
    if (id === null) return false;
    const signal = AbortSignal.timeout(LAST_WORDS_MS);
    try {
      await client.ask(method, `/api/v1/registrations/${encodeURIComponent(id)}${what}`, { signal });
      return true;
    } catch (error) {
      // Forgotten is gone.
      if (error instanceof HeadgateError && error.code === 'not_found') return true;
      report(message, error);
      return false;
    }
  };
  return {
    async drain() {
      over.abort();
      await kept;
      const told = await last('POST', '/drain', 'The control plane could not be told that this server ends.');
      if (!told && id !== null) await pause(UNTOLD_MS);
    },
    async remove() {
      over.abort();
      await kept;
      await last(
        'DELETE',
        '',
        'The control plane could not be told that this server is gone; its lease ends by itself.',
      );
    },
  };
}

interface Lease {
  readonly id: string;
  readonly ttl_s: number;
}

/** Ends when the signal is aborted; never rejects. */
async function keepRegistered(
  endpoint: Readonly<Record<string, unknown>>,
  { client, clock, report }: RegistrationParts,
  signal: AbortSignal,
  onLease: (id: string | null) => void,
): Promise<void> {
  const toldOf = new Set<string>();
  const persist = retry(
    handleWhen(() => !signal.aborted),
    { maxAttempts: Number.MAX_SAFE_INTEGER, backoff: new ExponentialBackoff(BACKOFF) },
  );
  persist.onFailure(({ reason }) => {
    const error = 'error' in reason ? reason.error : reason.value;
    const message = error instanceof Error ? error.message : String(error);
    if (!signal.aborted && !toldOf.has(message))
      report('This server is not registered at the control plane; it goes on trying.', error);
    toldOf.add(message);
  });
  const register = () =>
    persist.execute(
      async () => (await client.ask('POST', '/api/v1/registrations', { body: endpoint, signal })) as Lease,
      signal,
    );
  try {
    let lease = await register();
    while (!signal.aborted) {
      toldOf.clear();
      onLease(lease.id);
      await pause(lease.ttl_s * 1000 * RENEW_AFTER, undefined, { signal });
      lease = await renewed(client, lease, clock, signal).catch(register);
    }
  } catch (error) {
    if (!signal.aborted) report('This server gave up registering at the control plane.', error);
  }
}

/** Renews a lease while it lasts. Errors: it ended, or is not known any more. */
async function renewed(
  client: ControlPlaneClient,
  lease: Lease,
  clock: () => number,
  signal: AbortSignal,
): Promise<Lease> {
  const endsAt = clock() + lease.ttl_s * 1000 * (1 - RENEW_AFTER);
  const isForgotten = (error: unknown) => error instanceof HeadgateError && error.code === 'not_found';
  const persist = retry(
    handleWhen((error) => !signal.aborted && !isForgotten(error) && clock() < endsAt),
    { maxAttempts: Number.MAX_SAFE_INTEGER, backoff: new ExponentialBackoff(BACKOFF) },
  );
  await persist.execute(
    () => client.ask('PUT', `/api/v1/registrations/${encodeURIComponent(lease.id)}`, { signal }),
    signal,
  );
  return lease;
}

/** Addresses that mean every interface: nobody reaches a server there. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '[::]']);

function endpointOf(registration: GatewayRegistration, listening: ListeningAt): Record<string, unknown> {
  const { cluster, address, port, region, zone, weight } = registration;
  if (address === null && WILDCARDS.has(listening.host)) {
    throw new HeadgateError(
      'invalid_argument',
      `gateway.register.address is missing: this server listens on ${listening.host}, every interface.`,
      {
        hint: 'Name the address that the proxies reach this server by.',
      },
    );
  }
  return {
    cluster,
    address: address ?? (listening.host === 'localhost' ? '127.0.0.1' : listening.host.replace(/^\[(.*)\]$/, '$1')),
    port: port ?? listening.port,
    ...(region === null ? {} : { region }),
    ...(zone === null ? {} : { zone }),
    ...(weight === null ? {} : { weight }),
  };
}
