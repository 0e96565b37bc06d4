import { type Caller, LOCAL_TENANT } from '../../../kernel/caller.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { Resource } from '../../../kernel/resource.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Subscribers are told so often. Milliseconds. */
const NOTIFY_MS = 5_000;

/** What the resource reads. */
export interface SystemMetricsParts {
  readonly metrics: Pick<Metrics, 'summary'>;
  /** Operations that run in this process. */
  readonly running: () => number;
  /** Milliseconds between two notices; a test's own. */
  readonly notifyMs?: number;
}

/** `metrics://system`: how this process is. */
export function createSystemMetrics({ metrics, running, notifyMs = NOTIFY_MS }: SystemMetricsParts): Resource {
  return {
    name: 'system-metrics',
    title: 'System metrics',
    description:
      'Memory, CPU, event-loop delay, calls by tool and outcome, sessions and running operations of this gateway.',
    uriTemplate: 'metrics://system',
    mimeType: 'application/json',
    watch(_variables, caller, changed) {
      requireOwnTenant(caller);
      const timer = setInterval(changed, notifyMs).unref();
      return () => clearInterval(timer);
    },
    async read(_variables, { caller }) {
      requireOwnTenant(caller);
      const { rss, heapUsed, external } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      return {
        at: new Date().toISOString(),
        uptime_s: Math.round(process.uptime()),
        memory: { resident_bytes: rss, heap_used_bytes: heapUsed, external_bytes: external },
        cpu: { user_ms: Math.round(user / 1000), system_ms: Math.round(system / 1000) },
        operations_running: running(),
        ...(await metrics.summary()),
      };
    },
  };
}

/** They are about all tenants together. */
function requireOwnTenant({ tenant }: Caller): void {
  if (tenant === LOCAL_TENANT) return;
  throw new HeadgateError('permission_denied', 'metrics://system is about all tenants.', {
    hint: `It is for callers of the tenant ${LOCAL_TENANT}, the gateway's own.`,
  });
}
