import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { AuditEntry, AuditPort } from '../../kernel/audit.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** JSON with the keys of every object in code-unit order, without spaces: equal arguments give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isPlainObject(inner) ? sortKeys(inner) : inner)) ?? 'null';
}

/** SHA-256 of the canonical JSON, in hex. */
export function hashArguments(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** Writes calls to the audit log without ever failing the call. */
export interface Recorder {
  /** Settles when the entry is written or its failure is logged and counted. Never rejects. */
  record(entry: AuditEntry): Promise<void>;
  /** Settles when every entry handed in so far is settled. */
  flush(): Promise<void>;
}

/** A recorder over the audit port. */
export function createRecorder(audit: AuditPort, metrics: Metrics, logger: Logger): Recorder {
  const pending = new Set<Promise<void>>();
  const write = async (entry: AuditEntry): Promise<void> => {
    try {
      await audit.record(entry);
    } catch (error) {
      metrics.auditFailed();
      logger.error({ err: error, tool: entry.tool, outcome: entry.outcome }, 'a call could not be audited');
    }
  };
  return {
    record(entry) {
      const written = write(entry);
      pending.add(written);
      return written.finally(() => pending.delete(written));
    },
    async flush() {
      await Promise.all(pending);
    },
  };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sortKeys(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
