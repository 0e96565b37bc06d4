import type { Server } from 'node:http';
import type { AuthConfiguration } from '../../kernel/config.ts';
import type { Connector } from '../../kernel/connector.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import type { Audience } from '../mcp/audience.ts';
import { createMcpHttp } from '../mcp/http.ts';
import { createLegacySse, type LegacySse, MESSAGES_PATH } from '../mcp/legacy-sse.ts';
import type { SessionLimits } from '../mcp/sessions.ts';
import type { Surface } from '../mcp/surface.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { allowedHostsOf } from './host-guard.ts';
import { type Listening, startListening } from './listen.ts';
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './node-server.ts';
import type { PartHealth } from './part-health.ts';
import { createHttpServer } from './server.ts';
import { loadTls, type TlsFiles, watchTls } from './tls.ts';

/** Where to listen, and what is accepted there. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Host names, without port, that requests may carry beside loopback, `host` and that of `publicUrl`. */
  readonly allowedHosts?: readonly string[];
  /** The address under which clients reach it; the one that they ask at when absent. */
  readonly publicUrl?: string | null;
  readonly tls?: TlsFiles | null;
  /** Longest request body; 1 MiB when absent. */
  readonly maxBodyBytes?: number;
  /** For each caller; no limit when absent. */
  readonly requestsPerMinute?: number | null;
  readonly connections?: Partial<ConnectionLimits>;
}

/** Arguments of tools are small. Bytes. */
const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

/** What the ports of a gateway share. */
export interface FrontParts {
  readonly surface: Surface;
  /** Whose routes are served beside MCP. */
  readonly connectors: readonly Connector[];
  readonly metrics: Metrics;
  /** Asks every connector and the store. */
  readonly partHealth: () => Promise<PartHealth[]>;
  /** True once callers should go elsewhere; calls may still be taken. */
  readonly draining: () => boolean;
  /** Told of every request that is no health check. */
  readonly arrived: () => void;
  readonly auth: AuthConfiguration;
  readonly sessions: SessionLimits;
  readonly now: () => number;
}

/** Everything that a gateway does over HTTP. */
export interface Front {
  /** Sessions of MCP clients before 2026-07-28, open streams of the oldest ones included. */
  sessions(): number;
  /** Errors: those of the certificate; `failed_precondition` when the port is taken, `permission_denied` when it may not be opened. */
  listen(options: ListenOptions): Promise<Listening>;
  /** Tells connected MCP clients of these tenants that the list of resources changed. */
  resourcesChanged(audience: Audience): Promise<void>;
  /** Closes the ports, and ends sessions and streams; answers on their way get `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Builds the HTTP side; it opens nothing yet. */
export function createFront({
  surface,
  connectors,
  metrics,
  partHealth,
  draining,
  arrived,
  auth,
  sessions,
  now,
}: FrontParts): Front {
  const { catalog, policy, calls, version, logger } = surface;
  const authenticator = createAuthenticator(auth);
  const mcp = createMcpHttp(surface, sessions, now);
  const streams = new Set<LegacySse>();
  const ports = new Set<Listening>();
  return {
    sessions: () => mcp.sessions.count() + [...streams].reduce((sum, legacy) => sum + legacy.count(), 0),
    async listen(options) {
      const { host, port, publicUrl = null, tls: files = null } = options;
      const tls = files === null ? null : await loadTls(files);
      for (const warning of tls?.warnings ?? []) logger.warn(warning);
      const legacySse = createLegacySse(surface, sessions, `${pathOf(publicUrl)}${MESSAGES_PATH}`);
      const servers = new Set<Server>();
      const app = await createHttpServer({
        catalog,
        connectors,
        policy,
        calls,
        version,
        logger,
        mcp,
        legacySse,
        metrics,
        partHealth,
        draining,
        arrived,
        authenticator,
        publicUrl: publicUrl?.replace(/\/+$/, '') ?? null,
        tls,
        servers,
        failure: calls.failure,
        allowedHosts: allowedHostsOf(host, [...(options.allowedHosts ?? []), ...hostOf(publicUrl)]),
        maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
        requestsPerMinute: options.requestsPerMinute ?? null,
        connections: { ...DEFAULT_CONNECTION_LIMITS, ...options.connections },
      });
      const scheme = tls === null ? 'http' : 'https';
      const stopWatch = files === null ? () => {} : watchTls(files, servers, logger);
      const listening = await startListening(app, { scheme, host, port }, () => {
        stopWatch();
        ports.delete(listening);
        streams.delete(legacySse);
      }).catch((error: unknown) => {
        stopWatch();
        throw error;
      });
      ports.add(listening);
      streams.add(legacySse);
      return listening;
    },
    async resourcesChanged(audience) {
      await Promise.all([
        mcp.resourcesChanged(audience),
        ...[...streams].map((legacy) => legacy.resourcesChanged(audience)),
      ]);
    },
    async close(graceMs) {
      const open = [...streams];
      // The ports first: a client whose stream ends comes again at once, and must find nothing to open another.
      const closed = [...ports].map((listening) => listening.close(graceMs));
      await Promise.all([...closed, mcp.close(), ...open.map((legacy) => legacy.close())]);
    },
  };
}

function pathOf(url: string | null): string {
  return url === null ? '' : new URL(url).pathname.replace(/\/+$/, '');
}

function hostOf(url: string | null): string[] {
  return url === null ? [] : [new URL(url).hostname];
}
