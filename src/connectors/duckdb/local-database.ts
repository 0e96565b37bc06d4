import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import type { Channel } from './channel.ts';
import { Connection } from './connection.ts';
import type { Owner } from './host/owner.ts';
import { type Places, requireSafeRoots } from './places.ts';
import { openRemoteChannel } from './socket/remote-channel.ts';

/** What the local database is opened with. */
export interface LocalSettings {
  readonly places: Places;
  /** Paths that SQL must never reach. */
  readonly kept: readonly string[];
  readonly memoryLimitMb: number | null;
  readonly threads: number | null;
  readonly report: (message: string, error: unknown) => void;
}

/** How long a process tries to own the file or to reach its owner: an owner that ends or begins takes less. Milliseconds. */
const TAKEOVER_MS = 8_000;
/** Pause between tries, plus up to as much by chance: several processes may want to own the file at once. Milliseconds. */
const RETRY_MS = 40;
/** Those who use the database of a process that closes get so long to finish. Milliseconds. */
const DRAIN_MS = 5_000;

/**
 * The local database, wherever it is open: the first process that needs it owns the file, the others reach it through that one, and
 * when it ends the next one owns it. Nothing is opened, and DuckDB is not loaded, before somebody connects.
 */
export class LocalDatabase {
  readonly settings: LocalSettings;
  #owner: Owner | null = null;
  #opening: Promise<Owner | null> | null = null;
  #closed = false;
  readonly #open = new Set<Channel>();

  constructor(settings: LocalSettings) {
    this.settings = settings;
  }

  /** True while this process owns the file. */
  get owns(): boolean {
    return this.#owner !== null;
  }

  /** A connection of one's own. Errors: `failed_precondition`, `unavailable` when a foreign process keeps the file. */
  async connect(signal: AbortSignal): Promise<Connection> {
    const channel = await this.#channel(signal);
    const tracked: Channel = {
      request: (request, bytes) => channel.request(request, bytes),
      interrupt: () => channel.interrupt(),
      close: () => {
        this.#open.delete(tracked);
        return channel.close();
      },
    };
    this.#open.add(tracked);
    return new Connection(tracked);
  }

  /** Ends what this process runs, then lets others finish. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open].map((channel) => channel.close()));
    const owner = (await this.#opening?.catch(() => null)) ?? this.#owner;
    this.#owner = null;
    await owner?.close(DRAIN_MS);
  }

  async #channel(signal: AbortSignal): Promise<Channel> {
    requireSafeRoots(this.settings.places, this.settings.kept);
    const until = performance.now() + TAKEOVER_MS;
    for (;;) {
      throwIfCancelled(signal);
      if (this.#closed) throw new HeadgateError('unavailable', 'The gateway is closing.');
      const found = await this.#reach(performance.now() < until);
      if (found !== null) return found;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * (1 + Math.random())));
    }
  }

  /** One try. Null: the file has an owner that is not to be reached yet, and there is time to try again. */
  async #reach(mayTryAgain: boolean): Promise<Channel | null> {
    if (this.#owner !== null && !this.#owner.broken) return this.#owner.openChannel();
    const remote = this.#owner === null ? await openRemoteChannel(this.settings.places.socket) : null;
    if (remote !== null) return remote;
    try {
      this.#opening ??= this.#own();
      const owner = await this.#opening;
      return owner === null ? null : await owner.openChannel();
    } catch (error) {
      if (mayTryAgain && error instanceof HeadgateError && error.details?.locked === true) return null;
      throw error;
    } finally {
      this.#opening = null;
    }
  }

  /** Takes the file. An owner whose DuckDB gave up is closed first. */
  async #own(): Promise<Owner | null> {
    const { takeOwnership } = await import('./host/owner.ts');
    const broken = this.#owner;
    this.#owner = null;
    await broken?.close(0);
    if (this.#closed) return null;
    this.#owner = await takeOwnership(this.settings);
    return this.#owner;
  }
}
