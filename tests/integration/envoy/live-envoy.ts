import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBootstrap } from '../../../src/control-plane/bootstrap/build-bootstrap.ts';
import type { Applied, Author } from '../../../src/control-plane/control-plane.ts';
import type { Kind, ObjectChange } from '../../../src/control-plane/desired-state/desired-state.ts';
import {
  createRegistrations,
  type RunningRegistrations,
} from '../../../src/control-plane/endpoints/create-registrations.ts';
import { createControlPlane } from '../../../src/control-plane/history/create-control-plane.ts';
import type { EditableControlPlane } from '../../../src/control-plane/history/edit.ts';
import { createXdsServer } from '../../../src/control-plane/server/create-xds-server.ts';
import type { XdsServer } from '../../../src/control-plane/server/xds-server.ts';
import { createSecretResolver } from '../../../src/secrets/resolve-secret.ts';
import { openStore } from '../../../src/store/index.ts';
import { type EnvoyVersion, installEnvoy, type RunningEnvoy, startEnvoy } from '../../stack/envoy.ts';
import { until } from './until.ts';

type Json = Record<string, unknown>;

/** Objects as the file has them: kind, name, spec. */
export type GivenObjects = Partial<Record<Kind, Record<string, Json>>>;

/** Whoever changes something in these tests. */
export const TESTER: Author = { subject: 'tester', via: 'api', reason: null };
/** Whatever is current, and no dry run. */
export const NOW = { expected: null, dryRun: false } as const;

/** How often Envoy writes its access logs. Its own default is 10 s. */
const FLUSH_MS = '50';

/** A control plane that serves Envoys, with a store on a file. */
export interface ServingControlPlane {
  readonly controlPlane: EditableControlPlane;
  readonly xds: XdsServer;
  readonly registrations: RunningRegistrations;
  /** Of xDS. */
  readonly port: number;
  /** What went wrong while nobody waited for it. */
  readonly reports: readonly string[];
  close(): Promise<void>;
}

export interface ServingSettings {
  /** The same folder has the same store. */
  readonly folder: string;
  readonly port?: number;
  readonly onNack?: 'record' | 'rollback';
}

/** Opens the store of a folder, resumes what is current there, and serves it on 127.0.0.1. */
export async function serveControlPlane({
  folder,
  port = 0,
  onNack = 'record',
}: ServingSettings): Promise<ServingControlPlane> {
  const store = await openStore({ path: join(folder, 'headgate.db') });
  const records = store.controlPlane('local');
  const reports: string[] = [];
  const report = (message: string, error: unknown) => void reports.push(`${message} ${String(error)}`);
  const made = Promise.withResolvers<XdsServer>();
  const controlPlane = await createControlPlane({
    records,
    xds(hooks) {
      const server = createXdsServer({ ...hooks, clock: Date.now, report });
      made.resolve(server);
      return server;
    },
    clock: Date.now,
    report,
    resolveSecret: createSecretResolver({ folder }),
    policy: { onNack },
  });
  const xds = await made.promise;
  const settled = (group: string, ms: number) => xds.settled(group, ms);
  const registrations = createRegistrations({ controlPlane, records, settled, clock: Date.now, report });
  const listening = await xds.listen({ host: '127.0.0.1', port, tls: null });
  return {
    controlPlane,
    xds,
    registrations,
    port: listening.port,
    reports,
    async close() {
      await registrations.close();
      await xds.close();
      await controlPlane.close();
      await store.close();
    },
  };
}

export interface LiveSettings {
  /** Of Envoy, and what resources are built for. Default: 1.40. */
  readonly version?: EnvoyVersion;
  readonly onNack?: 'record' | 'rollback';
  /** Who the proxy is. */
  readonly node?: Partial<Parameters<typeof buildBootstrap>[0]>;
}

/** Starts an Envoy with our bootstrap. `change`: of the bootstrap. */
export async function startProxy(
  port: number,
  { version = '1.40', node = {} }: LiveSettings,
  change: (bootstrap: Json) => Json = (bootstrap) => bootstrap,
): Promise<RunningEnvoy> {
  const xds = { host: '127.0.0.1', port };
  const bootstrap = buildBootstrap({ nodeId: 'envoy-1', nodeCluster: 'edge', adminPort: 0, xds, ...node });
  const args = ['--file-flush-interval-msec', FLUSH_MS];
  return startEnvoy(await installEnvoy(version), JSON.stringify(change(bootstrap)), { args });
}

/** A control plane and an Envoy that takes its configuration from it. */
export class LiveEnvoy {
  /** Where its listener `default` is. */
  readonly listenerPort: number;
  readonly url: string;
  readonly envoy: RunningEnvoy;
  readonly folder: string;
  readonly #version: EnvoyVersion;
  #serving: ServingControlPlane;
  /** Its workers took up the listener: they do a moment after it was acknowledged. */
  #listens = false;

  static async start(settings: LiveSettings = {}): Promise<LiveEnvoy> {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-live-envoy-'));
    const serving = await serveControlPlane({ folder, onNack: settings.onNack ?? 'record' });
    const envoy = await startProxy(serving.port, settings);
    return new LiveEnvoy(folder, serving, envoy, await freePort(), settings.version ?? '1.40');
  }

  private constructor(
    folder: string,
    serving: ServingControlPlane,
    envoy: RunningEnvoy,
    listenerPort: number,
    version: EnvoyVersion,
  ) {
    this.folder = folder;
    this.#serving = serving;
    this.envoy = envoy;
    this.listenerPort = listenerPort;
    this.url = `http://127.0.0.1:${listenerPort}`;
    this.#version = version;
  }

  get controlPlane(): EditableControlPlane {
    return this.#serving.controlPlane;
  }

  get registrations(): RunningRegistrations {
    return this.#serving.registrations;
  }

  get xds(): XdsServer {
    return this.#serving.xds;
  }

  get xdsPort(): number {
    return this.#serving.port;
  }

  /** What `given` means with the listener `default` on its port, and the group `default` of Envoy's version. */
  complete(given: GivenObjects): GivenObjects {
    const { default: listener = {}, ...listeners } = given.listeners ?? {};
    const place = { address: '127.0.0.1', port: this.listenerPort };
    return {
      ...given,
      groups: { default: { envoy_version: this.#version }, ...given.groups },
      listeners: { default: { ...place, ...listener }, ...listeners },
    };
  }

  /** Makes this the whole desired state; resolves when the proxies have it and nothing warms. */
  async use(given: GivenObjects): Promise<Applied> {
    const changes = changesOf(this.complete(given));
    const applied = await this.controlPlane.apply(changes, TESTER, { ...NOW, replace: true });
    await this.settled();
    if (!this.#listens) await until('it listens', () => isListening(this.listenerPort));
    this.#listens = true;
    return applied;
  }

  /** Changes one object; resolves as `use`. */
  async change(kind: Kind, name: string, spec: Json | null): Promise<Applied> {
    const applied = await this.controlPlane.apply([{ kind, name, spec }], TESTER, NOW);
    await this.settled();
    return applied;
  }

  /** Resolves when the proxies of the group `default` have what was published, and nothing in Envoy warms. */
  async settled(): Promise<void> {
    const proxies = () => this.controlPlane.proxies().filter(({ group }) => group === 'default');
    const areCurrent = () => proxies().length > 0 && proxies().every(({ state }) => state === 'current');
    await until('all proxies are current', areCurrent).catch((cause) => {
      throw new Error(`${JSON.stringify(proxies())}\n${this.#serving.reports.join('\n')}`, { cause });
    });
    const warming = ['cluster_manager.warming_clusters', 'listener_manager.total_listeners_warming'];
    await until('nothing warms', async () => (await Promise.all(warming.map((name) => this.stat(name)))).every(isZero));
  }

  /** A counter or gauge of Envoy. NaN: there is none. */
  stat(name: string): Promise<number> {
    return statOf(this.envoy, name);
  }

  /** Ends the control plane without a word to Envoy. */
  async stopControlPlane(): Promise<void> {
    await this.#serving.close();
  }

  /** Starts it anew on its store and port. */
  async startControlPlane(): Promise<void> {
    this.#serving = await serveControlPlane({ folder: this.folder, port: this.xdsPort });
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.#serving.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A counter or gauge of Envoy. NaN: there is none. */
export async function statOf(envoy: RunningEnvoy, name: string): Promise<number> {
  const filter = encodeURIComponent(`^${name.replaceAll('.', '\\.')}$`);
  const text = await (await fetch(`${envoy.adminUrl}/stats?filter=${filter}`)).text();
  return Number(text.split(': ')[1] ?? 'NaN');
}

/** Objects as changes. */
export function changesOf(given: GivenObjects): ObjectChange[] {
  return Object.entries(given).flatMap(([kind, named]) =>
    Object.entries(named).map(([name, spec]): ObjectChange => ({ kind: kind as Kind, name, spec })),
  );
}

/** Whether somebody takes connections on a port of 127.0.0.1. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}

const isZero = (count: number) => count === 0;
