import { z } from 'zod';
import { HeadgateError } from '../../../../kernel/errors.ts';
import type { Client } from '../client.ts';
import { OWN, type ServerFacts } from '../server-facts.ts';
import { quoteName } from '../table-facts.ts';

/** What statements are ranked by. `resources`: the largest share of time, blocks read, blocks written or temporary blocks. */
export const STATEMENT_ORDERS = ['total_time', 'mean_time', 'resources', 'calls', 'io'] as const;
export type StatementOrder = (typeof STATEMENT_ORDERS)[number];

const Row = z.object({
  /** `queryid`: a 64-bit number as text. */
  id: z.string(),
  user: z.string().nullable(),
  /** Null: the role may not see it. */
  query: z.string().nullable(),
  calls: z.number(),
  totalMs: z.number(),
  meanMs: z.number(),
  rows: z.number(),
  hitBlocks: z.number(),
  readBlocks: z.number(),
  writtenBlocks: z.number(),
  tempBlocks: z.number(),
  walBytes: z.number(),
  /** Time that reads and writes took; 0 unless track_io_timing is on. */
  ioMs: z.number(),
});

/** One normalised statement of `pg_stat_statements` in the current database. */
export type StatementStatistics = z.infer<typeof Row>;

/** The oldest that is read: PostgreSQL 13's. Older ones have no planning, and other names. */
const MIN_MINOR = 8;

/** Where the extension is. Errors: `failed_precondition` with how to get it. */
function requireExtension(server: ServerFacts): { schema: string; minor: number } {
  const installed = server.extensions.pg_stat_statements;
  const loaded = server.preloaded?.includes('pg_stat_statements') ?? true;
  if (installed === undefined || !loaded) {
    const steps = [
      ...(loaded ? [] : ['add pg_stat_statements to shared_preload_libraries and restart the server']),
      ...(installed === undefined ? ['CREATE EXTENSION pg_stat_statements; in this database'] : []),
    ];
    throw new HeadgateError(
      'failed_precondition',
      'The server does not count statements: pg_stat_statements is not ready.',
      {
        hint: `A superuser can: ${steps.join(', then ')}.`,
        details: { extension: 'pg_stat_statements', available: server.available.includes('pg_stat_statements') },
      },
    );
  }
  const [major = 0, minor = 0] = installed.version.split('.').map(Number);
  const known = major > 1 ? Number.MAX_SAFE_INTEGER : minor;
  if (known >= MIN_MINOR) return { schema: installed.schema, minor: known };
  throw new HeadgateError(
    'failed_precondition',
    `pg_stat_statements ${installed.version} is older than what is read (1.8).`,
    {
      hint: 'ALTER EXTENSION pg_stat_statements UPDATE; PostgreSQL 13 and later have 1.8.',
      details: { extension: 'pg_stat_statements', version: installed.version },
    },
  );
}

/** The times of blocks by version: 1.10 tells temporary ones apart, 1.11 shared ones. */
function ioTime(minor: number): string {
  const shared = minor >= 11 ? 'shared_blk_read_time + shared_blk_write_time' : 'blk_read_time + blk_write_time';
  return minor >= 10 ? `${shared} + temp_blk_read_time + temp_blk_write_time` : shared;
}

function sqlFor(schema: string, minor: number): string {
  // From 1.9 on, statements inside functions may be counted too: their time is in the outer one's already.
  const top = minor >= 9 ? 'and s.toplevel' : '';
  return `${OWN}
    select s.queryid::text as id, r.rolname as "user",
      case when s.query = '<insufficient privilege>' then null else left(s.query, 100000) end as query,
      s.calls::float8 as calls, s.total_exec_time::float8 as "totalMs", s.mean_exec_time::float8 as "meanMs",
      s.rows::float8 as rows, s.shared_blks_hit::float8 as "hitBlocks", s.shared_blks_read::float8 as "readBlocks",
      (s.shared_blks_written + s.local_blks_written)::float8 as "writtenBlocks",
      (s.temp_blks_read + s.temp_blks_written)::float8 as "tempBlocks", s.wal_bytes::float8 as "walBytes",
      (${ioTime(minor)})::float8 as "ioMs"
    from ${quoteName(schema)}.pg_stat_statements s
    left join pg_catalog.pg_roles r on r.oid = s.userid
    where s.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
      and s.queryid is not null and s.query not like '${OWN}%' ${top}`;
}

/**
 * All statements that the server counted in the current database, Headgate's own look-ups left out, and since when. Errors:
 * `failed_precondition` without pg_stat_statements 1.8 or later, with how to get it.
 */
export async function loadStatements(client: Client, server: ServerFacts): Promise<StatementStatistics[]> {
  const { schema, minor } = requireExtension(server);
  const { rows } = await client.query(sqlFor(schema, minor));
  return z.array(Row).parse(rows);
}

/** A statement with its share of what all of them took. */
export interface RankedStatement extends StatementStatistics {
  readonly timeShare: number;
  /** Largest of its shares of time, blocks read, blocks written, temporary blocks. */
  readonly resourceShare: number;
}

/** Ranks statements; equal ones by total time. Shares are of all statements, not of those shown. */
export function rankStatements(statements: readonly StatementStatistics[], order: StatementOrder): RankedStatement[] {
  const measures = [
    (one: StatementStatistics) => one.totalMs,
    (one: StatementStatistics) => one.readBlocks,
    (one: StatementStatistics) => one.writtenBlocks,
    (one: StatementStatistics) => one.tempBlocks,
  ];
  const totals = measures.map((measure) => statements.reduce((sum, one) => sum + measure(one), 0));
  const ranked = statements.map((one): RankedStatement => {
    const shares = measures.map((measure, index) => measure(one) / Math.max(totals[index] ?? 0, Number.MIN_VALUE));
    return { ...one, timeShare: shares[0] ?? 0, resourceShare: Math.max(...shares) };
  });
  const key = RANKS[order];
  return ranked.sort((a, b) => key(b) - key(a) || b.totalMs - a.totalMs || a.id.localeCompare(b.id));
}

const RANKS: Readonly<Record<StatementOrder, (one: RankedStatement) => number>> = {
  total_time: ({ totalMs }) => totalMs,
  mean_time: ({ meanMs }) => meanMs,
  resources: ({ resourceShare }) => resourceShare,
  calls: ({ calls }) => calls,
  io: ({ ioMs, readBlocks, writtenBlocks, tempBlocks }) =>
    ioMs > 0 ? ioMs : (readBlocks + writtenBlocks + tempBlocks) / 1e6,
};
