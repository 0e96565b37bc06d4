import { type FSWatcher, watch } from 'node:fs';
import { HeadgateError } from '../../kernel/errors.ts';

/** How often the logs of a watched application are looked at, ms. One look costs a stat a file; remote places are asked less often. */
const LOCAL_EVERY_MS = 2_000;
const REMOTE_EVERY_MS = 30_000;
/** The system tells of every write; a look follows this much later, ms, and takes in all of them. */
const SETTLE_MS = 250;
/** Applications that are watched at once, over all callers. */
const MAX_WATCHED = 1_000;

/** The present state of an application's logs. */
export interface WatchedState {
  /** Another text means that a log grew, ended or was replaced. Empty while there is none. */
  readonly state: string;
  /** Files and folders of this machine that tell of changes themselves; empty for remote places. */
  readonly localPaths: readonly string[];
}

/** Looks at an application. Errors: those of its source; they end nothing, the next look is tried. */
export type Look = (signal: AbortSignal) => Promise<WatchedState>;

/** Applications that somebody is subscribed to. Each is looked at once for all who see the same of it, and only while somebody is. */
export class LogWatch {
  readonly #watched = new Map<string, Watched>();

  /** Applications that are watched now. */
  get size(): number {
    return this.#watched.size;
  }

  /**
   * Calls `changed` when a later look sees another state, until the returned function is called. `key` names what is looked
   * at and by whom. Errors: `resource_exhausted`.
   */
  add(key: string, look: Look, changed: () => void): () => void {
    let watched = this.#watched.get(key);
    if (watched === undefined) {
      if (this.#watched.size >= MAX_WATCHED) {
        throw new HeadgateError('resource_exhausted', `${MAX_WATCHED} applications are watched already.`, {
          hint: 'Read the resource when you need it, or unsubscribe from others.',
        });
      }
      watched = new Watched(look);
      this.#watched.set(key, watched);
    }
    const listener = () => changed();
    const { listeners } = watched;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#watched.get(key)?.listeners !== listeners) return;
      this.#watched.get(key)?.close();
      this.#watched.delete(key);
    };
  }

  close(): void {
    for (const watched of this.#watched.values()) watched.close();
    this.#watched.clear();
  }
}

class Watched {
  readonly listeners = new Set<() => void>();
  readonly #look: Look;
  readonly #controller = new AbortController();
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #state: string | null = null;
  #looking = false;
  /** The system told of a change while a look was under way: it may have come too late for it. */
  #again = false;
  /** The next look is one that the system asked for. */
  #isSoon = false;

  constructor(look: Look) {
    this.#look = look;
    void this.#check();
  }

  close(): void {
    this.#controller.abort();
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #check(): Promise<void> {
    this.#looking = true;
    this.#isSoon = false;
    let next = REMOTE_EVERY_MS;
    try {
      const { state, localPaths } = await this.#look(this.#controller.signal);
      if (this.#controller.signal.aborted) return;
      if (localPaths.length > 0) next = LOCAL_EVERY_MS;
      this.#listenTo(localPaths);
      const changed = this.#state !== null && this.#state !== state;
      this.#state = state;
      if (changed) for (const listener of [...this.listeners]) listener();
    } catch {
      // A source that cannot be asked now tells nothing; who reads the resource is told why.
    } finally {
      this.#looking = false;
      if (!this.#controller.signal.aborted) this.#schedule(this.#again ? SETTLE_MS : next);
      this.#again = false;
    }
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), ms).unref();
  }

  /** Where the system tells of changes, a look follows at once; where it does not (network file systems), the interval stays. */
  #listenTo(paths: readonly string[]): void {
    for (const [path, watcher] of this.#watchers) {
      if (paths.includes(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    for (const path of paths) {
      if (this.#watchers.has(path)) continue;
      try {
        const watcher = watch(path, { persistent: false }, () => this.#soon());
        watcher.on('error', () => watcher.close());
        this.#watchers.set(path, watcher);
      } catch {
        // Too many watches, or a file system without them.
      }
    }
  }

  /** Who writes without a pause is looked at so often all the same: what is planned already is not put off. */
  #soon(): void {
    if (this.#looking) this.#again = true;
    else if (!this.#isSoon) {
      this.#isSoon = true;
      this.#schedule(SETTLE_MS);
    }
  }
}
