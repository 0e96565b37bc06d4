import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { HeadgateError } from '../kernel/errors.ts';
import type { KeptHeadline, LogSummaryPort, SummaryKey } from '../kernel/log-summaries.ts';
import { labelLog } from '../kernel/log-text.ts';
import { type Database, type Report, storable } from './database.ts';
import type { LogHeadlineTable, Schema } from './schema.ts';

/** Bytes of summaries kept for each tenant: at 1 MB each, 2,000 applications. */
export const DEFAULT_SUMMARY_BYTES = 2_147_483_648;
/** Larger parts read no faster from PostgreSQL, which sends them as text (measured, 10 MB); smaller ones are more rows. */
const PART_BYTES = 262_144;
/** The time of use is written when it is older than this: reading does not write each time. */
const USE_RESOLUTION_MS = 3_600_000;
/** Headlines in one statement; each takes eight parameters, and SQLite allows 32,766. */
const HEADLINES_A_STATEMENT = 500;
/** Headlines of another engine version that nobody renewed for so long are of logs that are gone. */
const FORGET_OTHER_ENGINES_MS = 30 * 86_400_000;

/** What bounds the summaries, and who hears of trouble. */
export interface LogSummaryOptions {
  readonly maxBytes: number;
  readonly clock: () => number;
  readonly report: Report;
}

/** Summaries and headlines in the store. */
export function createLogSummaries(database: Database, options: LogSummaryOptions): LogSummaryPort {
  const { maxBytes, clock, report } = options;

  async function noteUse({ tenant, path }: SummaryKey): Promise<void> {
    const now = clock();
    try {
      await database.statement(tenant, (queries) =>
        queries
          .updateTable('log_summaries')
          .set({ used_at_ms: now })
          .where('tenant', '=', tenant)
          .where('path_hash', '=', hashOf(path))
          .where('used_at_ms', '<', now)
          .execute(),
      );
    } catch (error) {
      report('The use of a log summary could not be noted: it may be removed before others.', error);
    }
  }

  return {
    async read(key) {
      const parts = await database.statement(key.tenant, (queries) => selectParts(queries, key));
      const [first] = parts;
      if (first === undefined) return null;
      if (clock() - first.used_at_ms > USE_RESOLUTION_MS) await noteUse(key);
      return parts.length === 1 ? first.content : Buffer.concat(parts.map(({ content }) => content));
    },
    async write(key, summary) {
      if (summary.byteLength > maxBytes) throw tooLarge(key.path, summary.byteLength, maxBytes);
      await database.transaction(key.tenant, async (queries) => {
        await replace(queries, key, summary, clock());
        await evict(queries, key, maxBytes);
      });
    },
    headlines({ tenant, source, engine }) {
      return database.statement(tenant, (queries) =>
        queries
          .selectFrom('log_headlines')
          .select(['path', 'state', 'headline'])
          .where('tenant', '=', tenant)
          .where('source', '=', source)
          .where('engine', '=', engine)
          .execute(),
      );
    },
    async keepHeadlines(scope, kept, gone) {
      if (kept.length === 0 && gone.length === 0) return;
      const now = clock();
      const rows = [...new Map(kept.map((headline) => [headline.path, rowOf(scope, headline, now)])).values()];
      await database.transaction(scope.tenant, async (queries) => {
        for (const some of slices(rows, HEADLINES_A_STATEMENT)) await upsertHeadlines(queries, some);
        for (const some of slices(gone, HEADLINES_A_STATEMENT)) await forgetHeadlines(queries, scope, some);
        await queries
          .deleteFrom('log_headlines')
          .where('tenant', '=', scope.tenant)
          .where('source', '=', scope.source)
          .where('engine', '<>', scope.engine)
          .where('kept_at_ms', '<', now - FORGET_OTHER_ENGINES_MS)
          .execute();
      });
    },
  };
}

/** One statement: its parts are of one moment, whatever another gateway writes. */
function selectParts(queries: Kysely<Schema>, { tenant, path, state, engine }: SummaryKey) {
  return queries
    .selectFrom('log_summaries as summary')
    .innerJoin('log_summary_parts as part', (join) =>
      join.onRef('part.tenant', '=', 'summary.tenant').onRef('part.path_hash', '=', 'summary.path_hash'),
    )
    .select(['summary.used_at_ms', 'part.content'])
    .where('summary.tenant', '=', tenant)
    .where('summary.path_hash', '=', hashOf(path))
    .where('summary.state', '=', state)
    .where('summary.engine', '=', engine)
    .orderBy('part.part')
    .execute();
}

async function replace(queries: Kysely<Schema>, key: SummaryKey, summary: Uint8Array, now: number): Promise<void> {
  const { tenant, path, state, engine } = key;
  const path_hash = hashOf(path);
  const changing = { path: storable(path), state, engine, size_bytes: summary.byteLength, used_at_ms: now };
  await queries
    .insertInto('log_summaries')
    .values({ tenant, path_hash, ...changing })
    .onConflict((conflict) => conflict.columns(['tenant', 'path_hash']).doUpdateSet(changing))
    .execute();
  await removeParts(queries, tenant, [path_hash]);
  // An empty summary has one empty part.
  for (let part = 0; part === 0 || part * PART_BYTES < summary.byteLength; part += 1) {
    const content = summary.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
    await queries.insertInto('log_summary_parts').values({ tenant, path_hash, part, content }).execute();
  }
}

/** Removes the tenant's least recently used summaries, never the one just written, until the rest fits. */
async function evict(queries: Kysely<Schema>, { tenant, path }: SummaryKey, maxBytes: number): Promise<void> {
  const { total } = await queries
    .selectFrom('log_summaries')
    .select(sql<number>`cast(sum(size_bytes) as bigint)`.as('total'))
    .where('tenant', '=', tenant)
    .executeTakeFirstOrThrow();
  if (total <= maxBytes) return;
  const oldestFirst = await queries
    .selectFrom('log_summaries')
    .select(['path_hash', 'size_bytes'])
    .where('tenant', '=', tenant)
    .where('path_hash', '<>', hashOf(path))
    .orderBy('used_at_ms')
    .execute();
  const leaving: string[] = [];
  let excess = total - maxBytes;
  for (const { path_hash, size_bytes } of oldestFirst) {
    if (excess <= 0) break;
    leaving.push(path_hash);
    excess -= size_bytes;
  }
  for (const some of slices(leaving, HEADLINES_A_STATEMENT)) {
    await removeParts(queries, tenant, some);
    await queries.deleteFrom('log_summaries').where('tenant', '=', tenant).where('path_hash', 'in', some).execute();
  }
}

async function removeParts(queries: Kysely<Schema>, tenant: string, pathHashes: readonly string[]): Promise<void> {
  await queries
    .deleteFrom('log_summary_parts')
    .where('tenant', '=', tenant)
    .where('path_hash', 'in', pathHashes)
    .execute();
}

async function upsertHeadlines(queries: Kysely<Schema>, rows: readonly LogHeadlineTable[]): Promise<void> {
  await queries
    .insertInto('log_headlines')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'source', 'path_hash']).doUpdateSet(({ ref }) => ({
        state: ref('excluded.state'),
        engine: ref('excluded.engine'),
        headline: ref('excluded.headline'),
        kept_at_ms: ref('excluded.kept_at_ms'),
      })),
    )
    .execute();
}

async function forgetHeadlines(
  queries: Kysely<Schema>,
  { tenant, source }: { tenant: string; source: string },
  paths: readonly string[],
): Promise<void> {
  await queries
    .deleteFrom('log_headlines')
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('path_hash', 'in', paths.map(hashOf))
    .execute();
}

function rowOf(
  { tenant, source, engine }: { tenant: string; source: string; engine: string },
  { path, state, headline }: KeptHeadline,
  now: number,
): LogHeadlineTable {
  return { tenant, source, path_hash: hashOf(path), path: storable(path), state, engine, headline, kept_at_ms: now };
}

function hashOf(path: string): string {
  return createHash('sha256').update(path).digest('hex');
}

function* slices<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}

function tooLarge(path: string, bytes: number, maxBytes: number): HeadgateError {
  return new HeadgateError(
    'resource_exhausted',
    `The summary of ${labelLog(path)} has ${bytes} bytes; the store keeps ${maxBytes} for all summaries of a tenant.`,
    { hint: 'The log is read anew each time; nothing else is lost.' },
  );
}
