import type { SparkConfiguration } from '../../../kernel/config.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { SecretResolver } from '../../../kernel/secret-resolver.ts';
import type { SparkConnect, SparkConnectOptions } from '../../../spark-connect/index.ts';

/** A session that nobody used for so long is closed. Milliseconds. */
const IDLE_MS = 30 * 60_000;
/** Sessions open at the same time; the one that was used longest ago makes room. */
const MAX_SESSIONS = 64;
/** How long a server that cannot be reached is asked again. Milliseconds. */
const PATIENCE_MS = 5_000;

interface OpenSession {
  readonly session: SparkConnect;
  usedAt: number;
  /** Statements that run in it. */
  users: number;
}

/** What sessions are opened with. */
export interface SessionParts {
  readonly config: Pick<SparkConfiguration, 'remote' | 'token' | 'conf' | 'appName'>;
  readonly resolveSecret: SecretResolver;
  readonly clock: () => number;
  readonly connect?: ((options: SparkConnectOptions) => SparkConnect) | undefined;
}

/** Sessions of Spark Connect, one for each caller: temporary views of one are not seen by another. */
export class SparkSessions {
  readonly #parts: SessionParts;
  readonly #open = new Map<string, OpenSession>();
  #root: Promise<SparkConnect> | null = null;
  #closed = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Whether Spark Connect is configured. */
  get isConfigured(): boolean {
    return this.#parts.config.remote !== null;
  }

  /** The address with its token, as a client of Spark takes it; null without Spark Connect. */
  async remote(): Promise<string | null> {
    const { config, resolveSecret } = this.#parts;
    if (config.remote === null) return null;
    const remote = await resolveSecret(config.remote, 'the address of Spark Connect (spark.remote)');
    const token = config.token === null ? null : await resolveSecret(config.token, 'the token of Spark Connect');
    if (token === null) return remote;
    return `${remote.replace(/\/?$/, '').replace(/^(sc:\/\/[^/]+)$/, '$1/')};token=${token}`;
  }

  /** Runs work in the caller's session, which lives on. Errors: `failed_precondition` without Spark Connect. */
  async use<T>(tenant: string, subject: string, work: (session: SparkConnect) => Promise<T>): Promise<T> {
    const key = JSON.stringify([tenant, subject]);
    const entry = this.#open.get(key) ?? this.#adopt(key, (await this.#connection()).newSession());
    entry.users += 1;
    try {
      return await work(entry.session);
    } finally {
      entry.users -= 1;
      entry.usedAt = this.#parts.clock();
      this.#closeIdle();
    }
  }

  /** A session of its own, that whoever asked for it closes. */
  async fresh(): Promise<SparkConnect> {
    return (await this.#connection()).newSession();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const sessions = [...this.#open.values()].map(({ session }) => session);
    this.#open.clear();
    const root = await this.#root?.catch(() => null);
    await Promise.allSettled([...sessions, ...(root ? [root] : [])].map((session) => session.close()));
  }

  #adopt(key: string, session: SparkConnect): OpenSession {
    const before = this.#open.get(key);
    if (before !== undefined) return before;
    const entry = { session, usedAt: this.#parts.clock(), users: 0 };
    this.#open.set(key, entry);
    return entry;
  }

  #connection(): Promise<SparkConnect> {
    if (this.#closed) throw new HeadgateError('unavailable', 'Spark is being closed.');
    this.#root ??= this.#connect().catch((error: unknown) => {
      this.#root = null;
      throw error;
    });
    return this.#root;
  }

  async #connect(): Promise<SparkConnect> {
    const { config, resolveSecret } = this.#parts;
    if (config.remote === null) {
      throw new HeadgateError('failed_precondition', 'SQL needs Spark Connect, and none is configured.', {
        hint: 'Name its address at spark.remote in the configuration, or set SPARK_REMOTE: sc://HOST:15002.',
      });
    }
    const remote = await resolveSecret(config.remote, 'the address of Spark Connect (spark.remote)');
    const token = config.token === null ? undefined : await resolveSecret(config.token, 'the token of Spark Connect');
    const connect = this.#parts.connect ?? (await import('../../../spark-connect/index.ts')).connectSpark;
    return connect({
      remote,
      token,
      userAgent: config.appName,
      conf: sessionConf(config.conf),
      patienceMs: PATIENCE_MS,
    });
  }

  #closeIdle(): void {
    const now = this.#parts.clock();
    const idle = [...this.#open].filter(([, { users }]) => users === 0).sort(([, a], [, b]) => a.usedAt - b.usedAt);
    const tooMany = this.#open.size - MAX_SESSIONS;
    for (const [index, [key, entry]] of idle.entries()) {
      if (index >= tooMany && now - entry.usedAt < IDLE_MS) continue;
      this.#open.delete(key);
      // The server forgets a session by itself when it cannot be told.
      entry.session.close().catch(() => undefined);
    }
  }
}

/** A session takes what is of SQL; the rest is of applications. */
function sessionConf(conf: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(conf).filter(([name]) => name.startsWith('spark.sql.')));
}
