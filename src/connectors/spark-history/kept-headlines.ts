import { z } from 'zod';
import type { LogHeadline, LogRef } from '../../eventlog/index.ts';
import { LOCAL_TENANT } from '../../kernel/caller.ts';
import type { SparkHistorySource } from '../../kernel/config.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { KeptHeadline, LogSummaryPort } from '../../kernel/log-summaries.ts';
import { redactText } from '../../kernel/redaction.ts';
import { stateOf } from './log-state.ts';

/** Where summaries are kept, and who made them. */
export interface SummaryStore {
  readonly port: LogSummaryPort;
  /** Version of the engine and level of redaction: what another one made is not read. */
  readonly engine: string;
}

/** The tenant under which the summaries of a source are kept: the first that may read it, else that of the embedded store. */
export function keeperOf(source: SparkHistorySource): string {
  return source.tenants?.[0] ?? LOCAL_TENANT;
}

const text = z.string().nullable();
const time = z.number().nullable();

/** A headline as it is kept. */
const Kept: z.ZodType<LogHeadline> = z.object({
  appId: z.string(),
  attemptId: text,
  name: z.string(),
  user: text,
  sparkVersion: text,
  startTime: time,
  endTime: time,
  completed: z.boolean(),
  exitCode: z.number().nullable(),
  lastJobFailed: z.boolean().nullable(),
});

/**
 * The headlines of one source that the store keeps, so that a restart lists without opening every log.
 * The store may fail at any time: then headlines are read from the logs, and `save` says what was not stored.
 */
export class KeptHeadlines {
  readonly #store: SummaryStore | undefined;
  readonly #scope: { readonly tenant: string; readonly source: string; readonly engine: string };
  #loaded: Promise<Map<string, KeptHeadline>> | null = null;
  /** Read from logs, and not stored yet. */
  readonly #fresh = new Map<string, KeptHeadline>();

  constructor(source: SparkHistorySource, store: SummaryStore | undefined) {
    this.#store = store;
    this.#scope = { tenant: keeperOf(source), source: source.name, engine: store?.engine ?? '' };
  }

  /** What the store has, by path; asked once. Empty when it fails: the next call asks again. */
  async load(): Promise<ReadonlyMap<string, KeptHeadline>> {
    const store = this.#store;
    if (store === undefined) return new Map();
    this.#loaded ??= store.port.headlines(this.#scope).then((all) => new Map(all.map((one) => [one.path, one])));
    try {
      return await this.#loaded;
    } catch (error) {
      this.#loaded = null;
      if (error instanceof HeadgateError) return new Map();
      throw error;
    }
  }

  /** The headline of a log in this state, when the store had it; null else. */
  static read(kept: ReadonlyMap<string, KeptHeadline>, { path }: LogRef, state: string): LogHeadline | null {
    const found = kept.get(path);
    return found?.state === state ? parse(found.headline) : null;
  }

  /** Takes a headline that was read from its log, secrets masked; `save` stores it. */
  add(log: LogRef, headline: LogHeadline): void {
    if (this.#store === undefined) return;
    const masked = { ...headline, name: redactText(headline.name) };
    this.#fresh.set(log.path, { path: log.path, state: stateOf(log), headline: JSON.stringify(masked) });
  }

  /** Whether anything was added that is not stored. */
  get hasUnsaved(): boolean {
    return this.#fresh.size > 0;
  }

  /** Stores what was added, and forgets logs that are gone. Resolves with what its caller must know: what was not stored, and why. */
  async save(present: ReadonlySet<string>): Promise<string[]> {
    const store = this.#store;
    if (store === undefined) return [];
    const loaded = await this.load();
    const gone = [...loaded.keys()].filter((path) => !present.has(path));
    if (this.#fresh.size === 0 && gone.length === 0) return [];
    const batch = [...this.#fresh.values()];
    try {
      await store.port.keepHeadlines(this.#scope, batch, gone);
    } catch (error) {
      if (!(error instanceof HeadgateError)) throw error;
      return [`${batch.length} headlines of source ${this.#scope.source} were not stored: ${error.message}`];
    }
    const kept = new Map(loaded);
    for (const path of gone) kept.delete(path);
    for (const one of batch) {
      kept.set(one.path, one);
      if (this.#fresh.get(one.path) === one) this.#fresh.delete(one.path);
    }
    this.#loaded = Promise.resolve(kept);
    return [];
  }
}

/** Null for what an earlier Headgate, or somebody else, wrote otherwise. */
function parse(headline: string): LogHeadline | null {
  try {
    return Kept.safeParse(JSON.parse(headline)).data ?? null;
  } catch {
    return null;
  }
}
