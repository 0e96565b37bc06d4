import { z } from 'zod';
import { labelLog, quoteLogLine } from '../../../kernel/log-text.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { countNoun, formatShare } from '../../../kernel/units.ts';
import { advising } from '../advice/advising.ts';
import { gapsOutput } from '../advice/advisory.ts';
import type { ServerFacts } from '../advice/server-facts.ts';
import {
  loadStatements,
  rankStatements,
  STATEMENT_ORDERS,
  type StatementStatistics,
} from '../advice/statements/statement-statistics.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

const COLUMNS = [
  'query_id',
  'query',
  'calls',
  'total_ms',
  'mean_ms',
  'time_share',
  'resource_share',
  'rows',
  'blocks_hit',
  'blocks_read',
  'temp_blocks',
  'wal_bytes',
  'io_ms',
  'user',
] as const;
const QUERY_CHARS = 400;

export const listTopQueries = definePostgresTool({
  name: 'list_top_queries',
  title: 'List the most expensive PostgreSQL queries',
  description:
    'Statements that cost most since statistics began, from pg_stat_statements, values replaced by $n. Next: explain_query, recommend_indexes.',
  risk: 'read',
  toolsets: ['postgres'],
  input: z.object({
    sort_by: z.enum(STATEMENT_ORDERS).default('total_time'),
    limit: z.int().min(1).max(100).default(10),
    database: z.string().optional(),
  }),
  output: z.object({ database: z.string(), queries: tableSchema(COLUMNS), gaps: gapsOutput }),
  example: { sort_by: 'total_time', limit: 5 },
  renderText: ({ queries, gaps }) =>
    [
      `${queries.rows.length} of ${countNoun(queries.total, 'statement')}:`,
      ...queries.rows.map(
        ([id, query, calls, , mean, share]) =>
          `${formatShare(Number(share))} of time, ${calls} × ${mean} ms: ${query} (${id})`,
      ),
      ...gaps.map((gap) => `gap: ${gap}`),
    ].join('\n'),
  handler: async ({ sort_by, limit, database: name }, context) =>
    advising(context, name, {}, async ({ database, client, server }) => {
      const statements = await loadStatements(client, server);
      const ranked = rankStatements(statements, sort_by);
      return {
        database: database.name,
        queries: toTable(ranked, { offset: 0, length: limit }, COLUMNS, (one) => ({
          query_id: one.id,
          query: one.query === null ? null : quoteLogLine(one.query, QUERY_CHARS),
          calls: one.calls,
          total_ms: rounded(one.totalMs),
          mean_ms: rounded(one.meanMs),
          time_share: rounded(one.timeShare),
          resource_share: rounded(one.resourceShare),
          rows: one.rows,
          blocks_hit: one.hitBlocks,
          blocks_read: one.readBlocks,
          temp_blocks: one.tempBlocks,
          wal_bytes: one.walBytes,
          io_ms: rounded(one.ioMs),
          user: one.user === null ? null : labelLog(one.user),
        })),
        gaps: gapsOf(statements, server),
      };
    }),
});

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

function gapsOf(statements: readonly StatementStatistics[], server: ServerFacts): string[] {
  const hidden = statements.filter(({ query }) => query === null).length;
  return [
    ...(hidden > 0 && !server.seesAll
      ? [`The text of ${countNoun(hidden, 'statement')} of other users is hidden; GRANT pg_read_all_stats shows it.`]
      : []),
    ...(statements.every(({ ioMs }) => ioMs === 0) && statements.some(({ readBlocks }) => readBlocks > 0)
      ? ['Times of reads and writes are not measured: track_io_timing is off.']
      : []),
  ];
}
