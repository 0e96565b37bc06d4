import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import type { Completer } from '../../kernel/resource.ts';
import type { LoadedApplication, SparkHistory } from './spark-history.ts';

/** A person waits for a completion while typing. */
const COMPLETION_MS = 5000;
/** Most values of one completion (MCP, utilities/completion). */
const MAX_VALUES = 100;

/** Offers application ids, newest first; ids that begin with what was typed before those that contain it or are near it. */
export const completeApplicationId =
  (spark: SparkHistory): Completer =>
  async (typed, others) => {
    const listing = await offered(() =>
      spark.applications({ server: others.server, signal: AbortSignal.timeout(COMPLETION_MS) }),
    );
    const newest = (listing?.entries ?? []).toSorted((a, b) => (b.startTime ?? 0) - (a.startTime ?? 0));
    const ids = [...new Set(newest.map(({ appId }) => appId))];
    const matching = ids.filter((id) => id.startsWith(typed));
    return [...new Set([...matching, ...nearest(typed, ids)])].slice(0, MAX_VALUES);
  };

/** Offers the names of the sources. */
export const completeServer =
  (spark: SparkHistory): Completer =>
  async (typed) =>
    spark.servers.filter((name) => name.startsWith(typed)).slice(0, MAX_VALUES);

/** Offers numbers of the application that was named before, in the order given. */
export const completeNumber =
  (spark: SparkHistory, numbersOf: (loaded: LoadedApplication) => readonly number[]): Completer =>
  async (typed, others) => {
    const { id } = others;
    if (id === undefined) return [];
    const loaded = await offered(() => spark.application(id, { signal: AbortSignal.timeout(COMPLETION_MS) }));
    if (loaded === null) return [];
    const texts = new Set(numbersOf(loaded).map(String));
    return [...texts].filter((text) => text.startsWith(typed)).slice(0, MAX_VALUES);
  };

/** An answer, or null where there is nothing to offer: an unknown id, an unreadable log, no time. */
async function offered<T>(question: () => Promise<T>): Promise<T | null> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof HeadgateError) return null;
    throw error;
  }
}
