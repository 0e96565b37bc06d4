import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { AuditEntry, AuditPort } from '../../kernel/audit.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** JSON with the keys of every object in code-unit order, without spaces: equal arguments give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isPlainObject(inner) ? sortKeys(inner) : inner)) ?? 'null';
}

/** SHA-256 of the canonical JSON, in hex. */
export function hashArguments(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** Writes calls to the audit log. Reading goes on without it and says so; what changes something does not. */
export interface Recorder {
  /**
   * Writes that something is about to change, before it does. Errors: `unavailable` when that cannot be written: then it must not
   * happen either.
   */
  announce(entry: Omit<AuditEntry, 'outcome' | 'durationMs'>, outcome?: 'started' | 'approved'): Promise<void>;
  /**
   * Settles when the entry is written, or when `patienceMs` are over. Gives what the caller has to know, or null when the entry is
   * written. A failure is logged and counted. Never rejects.
   */
  record(entry: AuditEntry, patienceMs: number): Promise<string | null>;
  /** Settles when every entry handed in so far is settled. */
  flush(): Promise<void>;
}

const NOT_WRITTEN = 'This call is not in the audit log: the store could not take it.';
const NOT_WRITTEN_YET = 'This call is not in the audit log yet: the store does not answer.';

/** A recorder over the audit port. */
export function createRecorder(audit: AuditPort, metrics: Metrics, logger: Logger): Recorder {
  const pending = new Set<Promise<string | null>>();
  /** Entries that took longer than their patience and are not settled: while there is one, nobody waits for the next. */
  const late = new Set<Promise<string | null>>();

  async function write(entry: AuditEntry): Promise<string | null> {
    try {
      await audit.record(entry);
      return null;
    } catch (error) {
      metrics.auditFailed();
      logger.error({ err: error, tool: entry.tool, outcome: entry.outcome }, 'a call could not be audited');
      return NOT_WRITTEN;
    }
  }

  async function within(written: Promise<string | null>, patienceMs: number): Promise<string | null> {
    const { promise: patience, resolve } = Promise.withResolvers<'over'>();
    const timer = setTimeout(() => resolve('over'), late.size > 0 ? 0 : patienceMs);
    const first = await Promise.race([written, patience]);
    clearTimeout(timer);
    if (first !== 'over') return first;
    if (pending.has(written)) late.add(written);
    return NOT_WRITTEN_YET;
  }

  return {
    async announce(entry, outcome = 'started') {
      try {
        await audit.record({ ...entry, outcome, durationMs: 0 });
      } catch (cause) {
        metrics.auditFailed();
        logger.error({ err: cause, tool: entry.tool, outcome }, 'a call could not be audited, so it was not made');
        throw new HeadgateError('unavailable', `${entry.tool} was not run: it cannot be written to the audit log.`, {
          hint: 'Reading goes on. Try again when the store works: headgate check says what is wrong with it.',
          cause,
        });
      }
    },
    record(entry, patienceMs) {
      const written = write(entry);
      pending.add(written);
      const settled = written.finally(() => {
        pending.delete(written);
        late.delete(written);
      });
      return patienceMs === Number.POSITIVE_INFINITY ? settled : Promise.race([settled, within(written, patienceMs)]);
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
