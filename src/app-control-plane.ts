import { readFile } from 'node:fs/promises';
import { openConfiguredStore, secretsOf } from './app-store.ts';
import {
  createApi,
  createControlPlane,
  createControlPlaneMetrics,
  createRegistrations,
  createXdsServer,
  type ServerTls,
  watchDesiredState,
  type XdsServer,
} from './control-plane/index.ts';
import { createLogger, createRecognizeCaller } from './gateway/index.ts';
import { LOCAL_TENANT } from './kernel/caller.ts';
import type { Configuration, ControlPlanePort } from './kernel/config.ts';
import { HeadgateError } from './kernel/errors.ts';
import { version } from './version.ts';

/** A control plane with its store, its two ports and its file. */
export interface ControlPlaneApp {
  /** Opens both ports. Errors: those of the ports and of their certificates. */
  listen(): Promise<{
    readonly api: { readonly url: string; readonly port: number };
    readonly xds: { readonly host: string; readonly port: number };
  }>;
  /** Of the desired state that is current. */
  version(): string;
  /** The API first, then the streams of proxies, the file, the control plane, the store. */
  close(): Promise<void>;
}

/** What was opened, in order; it is closed the other way round. */
type Closing = Array<() => Promise<void>>;

/** Opens the store, resumes the version that is current there, and takes the file up. Errors: those of the store and of secrets. */
export async function createControlPlaneApp(configuration: Configuration): Promise<ControlPlaneApp> {
  const closing: Closing = [];
  try {
    return await open(configuration, closing);
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

async function open(configuration: Configuration, closing: Closing): Promise<ControlPlaneApp> {
  const settings = configuration.controlPlane;
  const logger = createLogger(configuration.logLevel, () => undefined);
  const report = (message: string, error: unknown) =>
    error === null || error === undefined ? logger.info(message) : logger.warn({ err: error }, message);
  for (const warning of configuration.warnings) logger.warn(warning);
  const store = await openConfiguredStore(configuration, report);
  closing.push(() => store.close());
  const records = store.controlPlane(LOCAL_TENANT);
  const metrics = createControlPlaneMetrics();
  const file = settings.file === null ? null : { path: settings.file, policy: settings.filePolicy };
  const xds = Promise.withResolvers<XdsServer>();
  const controlPlane = await createControlPlane({
    records,
    xds(hooks) {
      const server = createXdsServer({ ...hooks, clock: Date.now, report });
      closing.push(() => server.close());
      xds.resolve(server);
      return server;
    },
    clock: Date.now,
    report,
    resolveSecret: secretsOf(configuration),
    policy: { onNack: settings.onNack },
    retention: { days: settings.retentionDays },
    file,
    observer: metrics.observer,
  });
  const server = await xds.promise;
  closing.push(() => controlPlane.close());
  if (file !== null) {
    const watched = await watchDesiredState({ file, controlPlane, records, clock: Date.now, report });
    closing.push(() => watched.close());
  }
  const registrations = createRegistrations({
    controlPlane,
    records,
    settled: (group, ms) => server.settled(group, ms),
    clock: Date.now,
    report,
  });
  closing.push(() => registrations.close());
  const authenticate = createRecognizeCaller(configuration.auth);
  const { allowedHosts } = configuration.server;
  const api = createApi({
    controlPlane,
    registrations,
    authenticate,
    clock: Date.now,
    version,
    report,
    metrics,
    allowedHosts,
  });
  return {
    async listen() {
      const { xds: xdsPort, api: apiPort } = settings;
      const proxies = { host: xdsPort.host, port: xdsPort.port, tls: await tlsOf('control_plane.xds.tls', xdsPort) };
      const callers = { host: apiPort.host, port: apiPort.port, tls: await tlsOf('control_plane.api.tls', apiPort) };
      const { port } = await server.listen(proxies);
      closing.push(() => api.close());
      return { xds: { host: xdsPort.host, port }, api: await api.listen(callers) };
    },
    version: () => controlPlane.version,
    close: () => closeAll(closing),
  };
}

/** What fails to close does not keep the rest open. Errors: the first of them. */
async function closeAll(closing: Closing): Promise<void> {
  const failures: unknown[] = [];
  for (let close = closing.pop(); close !== undefined; close = closing.pop())
    await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function tlsOf(path: string, { tls }: ControlPlanePort): Promise<ServerTls | null> {
  if (tls === null) return null;
  return {
    certificate: await readPem(`${path}.certificate`, tls.certificate),
    key: await readPem(`${path}.key`, tls.key),
    clientCa: tls.clientCa === null ? null : await readPem(`${path}.client_ca`, tls.clientCa),
  };
}

async function readPem(setting: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const missing = cause.code === 'ENOENT';
    throw new HeadgateError(
      missing ? 'not_found' : 'permission_denied',
      `${setting}: ${missing ? 'there is no file' : 'this user cannot read'} ${path}.`,
      { hint: 'Name a PEM file that the user who runs Headgate can read.', cause },
    );
  });
}
