import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause, setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ApprovalRecordsPort } from '../kernel/approval.ts';
import type { AuditPort } from '../kernel/audit.ts';
import { type Caller, LOCAL_TENANT } from '../kernel/caller.ts';
import type { AuthConfiguration } from '../kernel/config.ts';
import type { Connector } from '../kernel/connector.ts';
import { createRecorder } from './audit/record-call.ts';
import { createApprovals } from './calls/approvals.ts';
import { type CallOptions, type Calls, createCalls } from './calls/call-tool.ts';
import { createCatalog } from './calls/catalog.ts';
import type { ToolDescription } from './calls/describe-tool.ts';
import type { ToolResult } from './calls/tool-result.ts';
import type { Front, ListenOptions } from './http/front.ts';
import type { Listening } from './http/listen.ts';
import { createPartHealth, type Probe } from './http/part-health.ts';
import { type Audience, reaches } from './mcp/audience.ts';
import { DEFAULT_SESSION_LIMITS, type SessionLimits } from './mcp/sessions.ts';
import { connectStdio, type StdioConnection } from './mcp/stdio.ts';
import { createSurface } from './mcp/surface.ts';
import { createOwnConnector } from './operations/connector.ts';
import type { Operations } from './operations/operations.ts';
import { createPolicy, type PolicySettings } from './policy/policy.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { createTraceIds, type Tracing } from './telemetry/tracing.ts';

/** What a gateway is made of. */
export interface GatewayOptions {
  /** Server name and version, as MCP clients see them. */
  readonly name: string;
  readonly version: string;
  /** Not owned: whoever made them closes them after the gateway. */
  readonly connectors: readonly Connector[];
  readonly audit: AuditPort;
  readonly policy: PolicySettings;
  /** Not owned: whoever made them closes them after the gateway. */
  readonly operations: Operations;
  /** A call of a long tool that takes longer answers with its operation. Milliseconds. */
  readonly waitMs: number;
  /** Ended operations are forgotten after so long; never when absent. Milliseconds. */
  readonly operationsKeptMs?: number;
  /** Where approvals are kept, and how long a confirm token is good. Milliseconds. */
  readonly approvals: { readonly records: ApprovalRecordsPort; readonly ttlMs: number };
  /** Must not write to stdout. */
  readonly logger: Logger;
  /** Made beforehand when connectors feed it; else the gateway makes its own. */
  readonly metrics?: Metrics;
  /** Made beforehand when connectors take part in it; else requests get ids and nothing is exported. */
  readonly tracing?: Tracing;
  /** Beside the connectors, what `/health?verbose` asks: the store. */
  readonly probes?: readonly Probe[];
  /** Who may call over HTTP; everybody when absent or empty. stdio and the command line are always the local caller's. */
  readonly auth?: AuthConfiguration;
  readonly sessions?: Partial<SessionLimits>;
  /** Entries on one page of an MCP list. */
  readonly pageSize?: number;
  /** Milliseconds; sessions expire by it. */
  readonly now?: () => number;
}

/** The front door. */
export interface Gateway {
  /** Every tool, listed or not, in the order of names. */
  readonly tools: readonly ToolDescription[];
  /** True when the caller's list has the tool. */
  lists(caller: Caller, toolName: string): boolean;
  /** Opens MCP, REST, health and metrics on a port. Errors: those of the certificate; `failed_precondition` when the port is taken, `permission_denied` when it may not be opened. */
  listen(options: ListenOptions): Promise<Listening>;
  /** Serves MCP over two streams; nothing else may write to `output`. */
  serveStdio(streams: { input: Readable; output: Writable }): StdioConnection;
  /** Calls one tool on the path that every face takes. Errors: `HeadgateError`. */
  callTool(name: string, args: unknown, caller: Caller, options?: CallOptions): Promise<ToolResult>;
  /** Tells connected MCP clients that the list of resources changed: those of these tenants, or all. */
  resourcesChanged(audience?: Audience): Promise<void>;
  /** Says at `/ready` that it is about to end, and ends each connection after its next answer; calls are still taken. */
  drain(): void;
  /** Resolves when no request arrived for `quietMs`, those of health checks apart; after `mostMs` in any case. */
  quiet(quietMs: number, mostMs: number): Promise<void>;
  /** Closes every port and connection: running calls get `graceMs` to end, then they are aborted. */
  close(graceMs?: number): Promise<void>;
}

/** Fewer tools than this are one page. */
const DEFAULT_PAGE_SIZE = 100;

/** How long running calls may go on once the gateway closes. Milliseconds. */
const DEFAULT_GRACE_MS = 5_000;

/** Builds a gateway; it opens nothing yet. Errors: `invalid_argument` for an unknown toolset, `internal` for two tools of one name. */
export function createGateway(options: GatewayOptions): Gateway {
  const {
    name,
    version,
    logger,
    metrics = createMetrics(),
    tracing = createTraceIds(),
    pageSize = DEFAULT_PAGE_SIZE,
  } = options;
  const { operations, waitMs } = options;
  const connectors = [...options.connectors, createOwnConnector(operations, metrics)];
  const catalog = createCatalog(connectors);
  const policy = createPolicy(
    options.policy,
    catalog.entries.map(({ tool }) => tool),
  );
  const recorder = createRecorder(options.audit, metrics, logger);
  const approvals = createApprovals({ ...options.approvals, clock: Date.now });
  const calls: Calls = createCalls({
    catalog,
    policy,
    recorder,
    metrics,
    logger,
    tracing,
    approvals,
    operations,
    waitMs,
  });
  const surface = createSurface(
    {
      name,
      version,
      catalog,
      policy,
      calls,
      operations,
      operationsKeptMs: options.operationsKeptMs ?? null,
      pageSize,
      logger,
    },
    connectors,
  );
  let front: Front | undefined;
  metrics.watchSessions(() => front?.sessions() ?? 0);
  let draining = false;
  let lastArrival = Number.NEGATIVE_INFINITY;
  const partHealth = createPartHealth(connectors, options.probes ?? []);
  const connections = new Set<StdioConnection>();
  let opened = false;
  /** Only what serves works on what others left: a process of the command line ends too soon. */
  const openOperations = (): void => {
    if (opened) return;
    opened = true;
    operations.open().catch((error: unknown) => {
      logger.warn({ err: error }, 'Operations of processes that ended could not be taken over.');
    });
  };
  return {
    tools: catalog.entries.map(({ description }) => description),
    lists: (caller, toolName) => policy.lists(caller, catalog.find(toolName).tool),
    async listen(where) {
      // HTTP is loaded when a port is opened: stdio and the command line start without it.
      const { createFront } = await import('./http/front.ts');
      const { auth = NO_AUTHENTICATION, now = Date.now } = options;
      const sessions = { ...DEFAULT_SESSION_LIMITS, ...options.sessions };
      const parts = {
        surface,
        connectors,
        metrics,
        partHealth,
        draining: () => draining,
        arrived: () => {
          lastArrival = performance.now();
        },
        auth,
        sessions,
        now,
      };
      front ??= createFront(parts);
      const listening = await front.listen(where);
      openOperations();
      return listening;
    },
    serveStdio(streams) {
      const connection = connectStdio(surface, streams);
      connections.add(connection);
      openOperations();
      void connection.closed.then(() => connections.delete(connection));
      return connection;
    },
    callTool: calls.callTool,
    async resourcesChanged(audience = null) {
      await Promise.all([
        front?.resourcesChanged(audience),
        ...(reaches(audience, LOCAL_TENANT) ? [...connections].map((connection) => connection.resourcesChanged()) : []),
      ]);
    },
    drain() {
      draining = true;
    },
    async quiet(quietMs, mostMs) {
      const began = performance.now();
      for (;;) {
        const until = Math.min(Math.max(began, lastArrival) + quietMs, began + mostMs);
        const left = until - performance.now();
        if (left <= 0) return;
        await pause(left);
      }
    },
    async close(graceMs = DEFAULT_GRACE_MS) {
      draining = true;
      const deadline = performance.now() + graceMs;
      await calls.drain(graceMs);
      // Results that have just been made are handed to their connections in this turn.
      await setImmediate();
      await Promise.all([
        ...[...connections].map((connection) => connection.close()),
        front?.close(deadline - performance.now()),
      ]);
    },
  };
}

const NO_AUTHENTICATION: AuthConfiguration = { tokens: [], issuers: [] };
