import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HeadgateError } from '../../kernel/errors.ts';
import type { ControlPlaneClient } from '../control-plane-client.ts';
import { type EnvoyAdmin, envoyAdmin, until } from './envoy-admin.ts';
import { envoyPart } from './envoy-part.ts';
import { proxyUrl } from './first-state.ts';
import { type FleetPlan, type Place, reachable } from './fleet-plan.ts';
import { claimPorts } from './free-ports.ts';
import { type Keeping, KeptRunning } from './kept-running.ts';
import { type OwnPartOptions, ownPart } from './own-part.ts';
import { rollingRestart } from './rolling-restart.ts';

/** What a fleet is started with. */
export interface FleetParts {
  readonly plan: FleetPlan;
  /** Absolute path of `bin/headgate.mjs`. */
  readonly script: string;
  /** The one folder that is written to. */
  readonly home: string;
  /** Options of the configuration, for every part of ours. */
  readonly configurationArgs: readonly string[];
  readonly controlPlaneArgs: readonly string[];
  readonly replicaArgs: readonly string[];
  readonly envoyLogLevel: string;
  /** Lines of the parts' logs. */
  readonly write: (line: string) => void;
  /** One sentence on what happens to a part. */
  readonly report: (message: string) => void;
  /** A client of the plan's control plane. */
  readonly client: () => Promise<ControlPlaneClient>;
  /** Given the control plane once it answers: what it is to serve. */
  readonly provideState: (client: ControlPlaneClient) => Promise<void>;
  /** Whether the desired state is one that somebody else wrote: then nobody can say that a request must be answered. */
  readonly ownState: boolean;
}

/** A control plane, an Envoy and replicas that are kept running. */
export interface Fleet {
  /** Starts everything in order; resolves when a request through Envoy is answered. Returns what should be known. Errors: those of the parts; `cancelled`. */
  start(signal: AbortSignal): Promise<string[]>;
  /** Restarts the replicas one after another. Errors: those of a restart; `failed_precondition` while one is under way. */
  restartReplicas(report: (message: string) => void): Promise<void>;
  /** Ends everything, what clients see first. Resolves when nothing is left. */
  stop(): Promise<void>;
  /** Names and process ids of what runs. */
  running(): Record<string, number | null>;
}

/** Proxies ask a replica's health every few seconds. Milliseconds. */
const SERVING_MS = 60_000;

interface Replica {
  readonly place: Place;
  readonly kept: KeptRunning;
}

/** Builds a fleet; nothing is started yet. */
export function createFleet(parts: FleetParts): Fleet {
  const { plan, home, report, write } = parts;
  const keeping: Keeping = {
    clock: () => performance.now(),
    pause: (ms, signal) => pause(ms, undefined, { signal }).then(undefined, () => undefined),
    report,
  };
  const admin = envoyAdmin(plan.admin.host, plan.admin.port);
  const bootstrap = join(home, 'run', `envoy-${plan.admin.port}.json`);
  const controlPlane = new KeptRunning(ownPart(controlPlanePart(parts)), keeping);
  const envoy = new KeptRunning(
    envoyPart({ binary: plan.envoy.path, bootstrap, admin, logLevel: parts.envoyLogLevel, write }),
    keeping,
  );
  const replicaAt = (place: Place, name: string): Replica => ({
    place,
    kept: new KeptRunning(ownPart(replicaPart(parts, place, name)), keeping),
  });
  const replicas = plan.replicas.map((place, index) => replicaAt(place, `replica-${index + 1}`));
  const over = new AbortController();
  const isServing = ({ place }: Replica) => servesWithin(admin, plan.cluster, place, over.signal);
  let restarting = false;
  const standIn = async () => {
    const [port = 0] = await claimPorts([
      { what: 'the stand-in', host: '127.0.0.1', port: 0, option: '--first-replica-port' },
    ]);
    const further = replicaAt({ host: '127.0.0.1', port }, 'stand-in');
    await further.kept.start();
    return { isServing: () => isServing(further), stop: () => further.kept.stop() };
  };
  return {
    async start(signal) {
      await writeBootstrap(bootstrap, plan);
      await interruptible(controlPlane.start(), signal);
      const client = await parts.client();
      try {
        await parts.provideState(client);
      } finally {
        await client.close();
      }
      await interruptible(Promise.all([envoy.start(), ...replicas.map(({ kept }) => kept.start())]), signal);
      return firstAnswer(parts, admin, signal);
    },
    async restartReplicas(tell) {
      if (restarting)
        throw new HeadgateError('failed_precondition', 'A rolling restart is under way.', {
          hint: 'Wait for its end.',
        });
      restarting = true;
      try {
        await rollingRestart(
          replicas.map((replica) => ({
            name: replica.kept.name,
            restart: () => replica.kept.restart(),
            isServing: () => isServing(replica),
          })),
          { standIn, report: tell },
        );
      } finally {
        restarting = false;
      }
    },
    async stop() {
      over.abort();
      await envoy.stop();
      await Promise.all(replicas.map(({ kept }) => kept.stop()));
      await controlPlane.stop();
    },
    running: () =>
      Object.fromEntries(
        [controlPlane, envoy, ...replicas.map(({ kept }) => kept)].map(({ name, pid }) => [name, pid]),
      ),
  };
}

function controlPlanePart({ plan, script, configurationArgs, controlPlaneArgs, write }: FleetParts): OwnPartOptions {
  const ports = [
    '--xds-host',
    plan.xds.host,
    '--xds-port',
    String(plan.xds.port),
    '--api-host',
    plan.api.host,
    '--api-port',
    String(plan.api.port),
  ];
  const accept = plan.token === null ? [] : ['--accept-token', plan.token.sha256];
  return {
    name: 'control-plane',
    script,
    args: ['control-plane', ...configurationArgs, ...ports, ...accept, ...controlPlaneArgs],
    env: {},
    write,
  };
}

function replicaPart(
  { plan, script, configurationArgs, replicaArgs, write }: FleetParts,
  place: Place,
  name: string,
): OwnPartOptions {
  const address = ['--host', place.host, '--port', String(place.port)];
  return {
    name,
    script,
    args: [
      'serve',
      ...configurationArgs,
      ...address,
      '--gateway',
      plan.apiUrl,
      '--register',
      plan.cluster,
      ...replicaArgs,
    ],
    env: plan.token === null ? {} : { HEADGATE_GATEWAY_TOKEN: plan.token.secret },
    write,
  };
}

async function writeBootstrap(file: string, plan: FleetPlan): Promise<void> {
  const { buildBootstrap } = await import('../../control-plane/index.ts');
  const bootstrap = buildBootstrap({
    nodeId: `headgate-up-${plan.proxy.port}`,
    nodeCluster: 'headgate',
    adminHost: plan.admin.host,
    adminPort: plan.admin.port,
    xds: { host: reachable(plan.xds.host), port: plan.xds.port },
  });
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(bootstrap, null, 2), { mode: 0o600 });
}

/** Rejects when the signal is aborted; what was begun is ended by whoever stops the fleet. */
async function interruptible(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const interrupt = () => reject(new HeadgateError('cancelled', 'Starting was interrupted.'));
  if (signal.aborted) interrupt();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', interrupt);
    work.catch(() => {});
  }
}

async function servesWithin(admin: EnvoyAdmin, cluster: string, place: Place, signal: AbortSignal): Promise<boolean> {
  const wanted = `${place.host}:${place.port}`;
  return until(async () => (await admin.healthyEndpoints(cluster)).includes(wanted), SERVING_MS, signal);
}

/** Waits for the first answer through Envoy. Returns warnings; errors where the desired state is ours and nothing is answered. */
async function firstAnswer({ plan, ownState }: FleetParts, admin: EnvoyAdmin, signal: AbortSignal): Promise<string[]> {
  const url = `${proxyUrl(plan)}/mcp`;
  const answered = await until(() => isAnswered(url), ownState ? SERVING_MS : FOREIGN_STATE_MS, signal);
  if (signal.aborted) throw new HeadgateError('cancelled', 'Starting was interrupted.');
  if (answered) {
    for (const place of ownState ? plan.replicas : []) await servesWithin(admin, plan.cluster, place, signal);
    return [];
  }
  const message = `No request to ${url} is answered by a replica.`;
  if (!ownState)
    return [
      `${message} The desired state may have no listener or route there, or no cluster ${plan.cluster} that the replicas can register at.`,
    ];
  throw new HeadgateError('deadline_exceeded', message, {
    hint: 'headgate cp status says what the proxies have and refused; the lines of envoy and of the replicas above say more.',
  });
}

/** A desired state of somebody else need not answer at all: it is not waited for as long. Milliseconds. */
const FOREIGN_STATE_MS = 10_000;
const ANSWER_MS = 2_000;

/** The router of Envoy says how long an upstream took: without that header the answer is Envoy's own. */
async function isAnswered(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
  await answer.body?.cancel();
  return answer.headers.has('x-envoy-upstream-service-time');
}
