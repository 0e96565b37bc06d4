import { z } from 'zod';
import { quoteLogLine } from '../../../kernel/log-text.ts';
import { SqlText } from '../../../kernel/sql-result.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { countNoun, formatBytes, formatShare } from '../../../kernel/units.ts';
import { advising } from '../advice/advising.ts';
import { gapsOutput } from '../advice/advisory.ts';
import { checkExplainable } from '../advice/explain.ts';
import { dropStatement } from '../advice/indexes/existing-indexes.ts';
import { createStatement } from '../advice/indexes/index-candidates.ts';
import { type Recommendation, recommend, requirePlanned, type WorkloadQuery } from '../advice/indexes/recommend.ts';
import { workloadOf } from '../advice/indexes/workload.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

const MIB = 1024 * 1024;
const DEFAULT_MAX_MB = 10_000;
const MAX_INDEXES = 10;
/** Share of the whole cost that an index has to save: less is lost in the estimates, and each index slows writes. */
const MIN_GAIN = 0.05;
/** A query that becomes this much cheaper is worth an index although it is a small part of the whole. */
const MIN_QUERY_GAIN = 0.5;
/** Six pages read at random (random_page_cost 4): below that a query is cheap already. */
const MIN_SAVED_COST = 25;
/** How long the search for better ones goes on. */
const SEARCH_MS = 20_000;
const ALL = { offset: 0, length: 100 };
const QUERY_CHARS = 160;

const INDEX_COLUMNS = ['statement', 'saves_share', 'size_bytes', 'queries', 'why', 'table_writes'] as const;
const QUERY_COLUMNS = ['id', 'calls', 'cost_before', 'cost_after', 'query'] as const;
const DROP_COLUMNS = ['statement', 'reason', 'covered_by', 'size_bytes'] as const;

export const recommendIndexes = definePostgresTool({
  name: 'recommend_indexes',
  title: 'Recommend PostgreSQL indexes',
  description:
    'Indexes that lower the planned cost of `queries`, or of the workload in pg_stat_statements, measured with hypopg where the server has it; and indexes to drop. Creates nothing.',
  risk: 'read',
  toolsets: ['postgres'],
  input: z.object({
    queries: z.array(SqlText).min(1).max(10).optional(),
    max_index_size_mb: z.number().positive().max(1e9).default(DEFAULT_MAX_MB).describe('All together'),
    database: z.string().optional(),
  }),
  output: z.object({
    database: z.string(),
    measured: z.boolean(),
    saves_share: z.number().nullable(),
    indexes: tableSchema(INDEX_COLUMNS),
    queries: tableSchema(QUERY_COLUMNS),
    drop: tableSchema(DROP_COLUMNS),
    gaps: gapsOutput,
  }),
  example: { queries: ["SELECT relname FROM pg_class WHERE relkind = 'r'"] },
  renderText: ({ indexes, drop, measured, saves_share: share, gaps }) =>
    [
      measured
        ? `${countNoun(indexes.total, 'index', 'indexes')} saving ${formatShare(share ?? 0)} of the planned cost.`
        : `${countNoun(indexes.total, 'candidate')}, not measured.`,
      ...indexes.rows.map(([statement, saves, bytes, , why]) =>
        measured
          ? `${statement};  -- saves ${formatShare(Number(saves))}, ${formatBytes(Number(bytes))}: ${why}`
          : `${statement};  -- ${why}`,
      ),
      ...drop.rows.map(([statement, reason, , bytes]) => `${statement}  -- ${reason}, ${formatBytes(Number(bytes))}`),
      ...gaps.map((gap) => `gap: ${gap}`),
    ].join('\n'),
  handler: async (input, context) => {
    const given = await Promise.all((input.queries ?? []).map(givenQuery));
    const deadline = context.clock() + SEARCH_MS;
    return advising(context, input.database, {}, async ({ database, client, server }) => {
      const workload = input.queries === undefined ? await workloadOf(client, server) : { queries: given, gaps: [] };
      const found = await recommend(client, workload.queries, server, {
        maxBytes: input.max_index_size_mb * MIB,
        maxIndexes: MAX_INDEXES,
        minGain: MIN_GAIN,
        minQueryGain: MIN_QUERY_GAIN,
        minSavedCost: MIN_SAVED_COST,
        isLate: () => context.clock() > deadline,
      });
      requirePlanned(found);
      return {
        database: database.name,
        measured: found.selected !== null,
        saves_share: found.selected === null ? null : shareOf(found, workload.queries),
        indexes: indexesTable(found),
        queries: queriesTable(found, workload.queries),
        drop: toTable(found.droppable, ALL, DROP_COLUMNS, ({ index, reason, coveredBy }) => ({
          statement: dropStatement(index),
          reason,
          covered_by: coveredBy,
          size_bytes: index.bytes,
        })),
        gaps: [...workload.gaps, ...found.gaps],
      };
    });
  },
});

async function givenQuery(sql: string, position: number): Promise<WorkloadQuery> {
  return { ...(await checkExplainable(sql, { analyze: false })), id: position + 1, calls: 1, given: true };
}

function shareOf({ costs }: Recommendation, queries: readonly WorkloadQuery[]): number {
  const sum = (side: 'before' | 'after') =>
    queries.reduce((total, { id, calls }) => total + calls * (costs.get(id)?.[side] ?? 0), 0);
  const before = sum('before');
  return before === 0 ? 0 : rounded(1 - sum('after') / before);
}

const rounded = (share: number): number => Math.round(share * 1000) / 1000;

function indexesTable(found: Recommendation) {
  if (found.selected === null) {
    return toTable(found.candidates, ALL, INDEX_COLUMNS, (index) => ({
      statement: createStatement(index),
      saves_share: null,
      size_bytes: null,
      queries: null,
      why: index.reasons.join(', '),
      table_writes: index.table.writes,
    }));
  }
  return toTable(found.selected, ALL, INDEX_COLUMNS, ({ index, gain, bytes, queries }) => ({
    statement: createStatement(index),
    saves_share: rounded(gain),
    size_bytes: bytes,
    queries: queries.map(({ id }) => id).join(','),
    why: index.reasons.join(', '),
    table_writes: index.table.writes,
  }));
}

function queriesTable({ costs, selected }: Recommendation, queries: readonly WorkloadQuery[]) {
  const planned = queries.filter(({ id }) => costs.has(id));
  return toTable(planned, ALL, QUERY_COLUMNS, ({ id, calls, sql }) => ({
    id,
    calls,
    cost_before: costs.get(id)?.before ?? null,
    cost_after: selected === null ? null : (costs.get(id)?.after ?? null),
    query: quoteLogLine(sql, QUERY_CHARS),
  }));
}
