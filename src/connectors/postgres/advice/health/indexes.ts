import { z } from 'zod';
import { labelLog } from '../../../../kernel/log-text.ts';
import { countNoun, formatBytes } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { type DroppableIndex, droppableIndexes, dropStatement } from '../indexes/existing-indexes.ts';
import { INDEX_FACTS } from '../load-tables.ts';
import { countedLongEnough, MIN_COUNTED_DAYS, type ServerFacts } from '../server-facts.ts';
import { type IndexFacts, quoteName, type TableFacts } from '../table-facts.ts';
import { defineLook, firstOf, moreOf, USER_SCHEMA } from './health-check.ts';

const DAY_MS = 86_400_000;
/** A B-tree is called bloated when it is twice what its rows need and wastes this much. Bytes. */
const MIN_WASTED_BYTES = 10 * 1024 * 1024;
const MIN_BLOAT_RATIO = 2;

const Listed = z.object({
  schema: z.string(),
  table: z.string(),
  index: z.custom<IndexFacts>((value) => typeof value === 'object' && value !== null),
  building: z.boolean(),
});

/** Invalid, duplicate and unused indexes. */
export const indexesLook = defineLook({
  what: 'indexes',
  sql: () => `
    select n.nspname as schema, c.relname as table, ${INDEX_FACTS} as index,
      exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.indexrelid) as building
    from pg_catalog.pg_index i
    join pg_catalog.pg_class ic on ic.oid = i.indexrelid
    join pg_catalog.pg_am am on am.oid = ic.relam
    join pg_catalog.pg_class c on c.oid = i.indrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where ${USER_SCHEMA} and ic.relkind = 'i'
    order by n.nspname, c.relname, ic.relname`,
  row: Listed,
  judge: (rows, server) => {
    const droppable = droppableIndexes(tablesOf(rows));
    const of = (reasons: ReadonlyArray<DroppableIndex['reason']>) =>
      droppable.filter(({ reason }) => reasons.includes(reason)).sort((a, b) => b.index.bytes - a.index.bytes);
    const unused = of(['unused']);
    const tooEarly = unused.length > 0 && !countedLongEnough(server);
    return {
      findings: [
        ...invalidIndexes(of(['invalid'])),
        ...redundantIndexes(of(['duplicate', 'prefix'])),
        ...(tooEarly ? [] : unusedIndexes(unused, server)),
      ],
      gaps: tooEarly
        ? [`unused indexes: the statistics count for less than ${MIN_COUNTED_DAYS} days, too short to call one unused.`]
        : [],
    };
  },
});

/** Only what judging indexes needs. */
function tablesOf(rows: ReadonlyArray<z.infer<typeof Listed>>): TableFacts[] {
  const tables = new Map<string, TableFacts & { indexes: IndexFacts[] }>();
  for (const { schema, table: name, index, building } of rows) {
    const key = JSON.stringify([schema, name]);
    const table = tables.get(key) ?? {
      schema,
      name,
      rows: null,
      bytes: 0,
      columns: [],
      indexes: [],
      analyzedAt: null,
      modifiedSinceAnalyze: 0,
      writes: 0,
    };
    if (!building) table.indexes.push(index);
    tables.set(key, table);
  }
  return [...tables.values()];
}

const sizeOf = (found: readonly DroppableIndex[]) => found.reduce((sum, { index }) => sum + index.bytes, 0);

function evidenceFor(found: readonly DroppableIndex[], fact: (one: DroppableIndex) => string) {
  return firstOf(
    found,
    (one) =>
      figure(
        fact(one),
        `indexes/${labelLog(`${one.index.schema}.${one.index.name}`)}`,
        'bytes',
        one.index.bytes,
        'bytes',
      ),
    moreOf('indexes'),
  );
}

function invalidIndexes(found: readonly DroppableIndex[]): Advisory[] {
  if (found.length === 0) return [];
  return [
    {
      rule: 'postgres/invalid-index',
      title: `${countNoun(found.length, 'invalid index', 'invalid indexes')} that writes pay for and no query uses`,
      severity: 'critical',
      evidence: evidenceFor(found, ({ table, index }) => `on ${labelLog(table)}, ${formatBytes(index.bytes)}`),
      advice: [
        'A CREATE INDEX CONCURRENTLY failed. Drop it and create it again, or REINDEX INDEX CONCURRENTLY.',
        ...found
          .slice(0, 3)
          .map(({ index }) => `REINDEX INDEX CONCURRENTLY ${quoteName(index.schema)}.${quoteName(index.name)};`),
      ],
    },
  ];
}

function redundantIndexes(found: readonly DroppableIndex[]): Advisory[] {
  if (found.length === 0) return [];
  return [
    {
      rule: 'postgres/redundant-index',
      title: `${countNoun(found.length, 'index', 'indexes')} repeating another one, ${formatBytes(sizeOf(found))}`,
      severity: 'warning',
      evidence: evidenceFor(
        found,
        ({ table, index, coveredBy, reason }) =>
          `on ${labelLog(table)}, ${formatBytes(index.bytes)}, ${reason === 'prefix' ? 'begins' : 'equals'} ${labelLog(coveredBy ?? '')}`,
      ),
      advice: found.slice(0, 5).map(({ index }) => dropStatement(index)),
    },
  ];
}

function unusedIndexes(found: readonly DroppableIndex[], server: ServerFacts): Advisory[] {
  if (found.length === 0) return [];
  const since = `for at least ${Math.floor((server.now - server.statisticsSince) / DAY_MS)} days`;
  return [
    {
      rule: 'postgres/unused-index',
      title: `${countNoun(found.length, 'index', 'indexes')} without a scan ${since}, ${formatBytes(sizeOf(found))}`,
      severity: 'info',
      evidence: evidenceFor(found, ({ table, index }) => `on ${labelLog(table)}, ${formatBytes(index.bytes)}, 0 scans`),
      advice: [
        `Scans are counted on each server alone: look at ${server.isStandby ? 'the primary' : 'standbys that are read'} too before dropping.`,
        ...found.slice(0, 5).map(({ index }) => dropStatement(index)),
      ],
    },
  ];
}

const Bloated = z.object({
  schema: z.string(),
  name: z.string(),
  bytes: z.number(),
  entries: z.number(),
  /** Average bytes of the keys of an entry; null when a column was never analyzed. */
  width: z.number().nullable(),
  hasNulls: z.boolean(),
  fillfactor: z.number(),
});
type Measured = z.infer<typeof Bloated>;

/** Page, page header with the special space of B-trees, item pointer, tuple header. Source: `bufpage.h`, `nbtree.h`, `itup.h`. */
const [PAGE, PAGE_OVERHEAD, ITEM_POINTER, TUPLE_HEADER, NULL_BITMAP, ALIGN] = [8192, 40, 4, 8, 8, 8];

/** Bytes that a B-tree of these rows needs when freshly built, without deduplication. */
export function expectedBtreeBytes({
  entries,
  width,
  hasNulls,
  fillfactor,
}: Omit<Measured, 'schema' | 'name' | 'bytes'>): number {
  const header = hasNulls ? TUPLE_HEADER + NULL_BITMAP : TUPLE_HEADER;
  const tuple = Math.ceil((header + (width ?? 0)) / ALIGN) * ALIGN + ITEM_POINTER;
  const perPage = Math.max(1, Math.floor(((PAGE - PAGE_OVERHEAD) * fillfactor) / 100 / tuple));
  // One page more for the meta page, and the inner pages: about one in `perPage`.
  return (1 + Math.ceil((entries / perPage) * (1 + 1 / perPage))) * PAGE;
}

/** B-trees that are much larger than their rows need. An estimate from the statistics of columns. */
export const bloatedIndexesLook = defineLook({
  what: 'index bloat',
  sql: () => `
    select n.nspname as schema, ic.relname as name, pg_catalog.pg_relation_size(ic.oid)::float8 as bytes,
      greatest(ic.reltuples, 0)::float8 as entries,
      case when count(*) = count(s.avg_width) then sum(s.avg_width)::float8 end as width,
      coalesce(bool_or(s.null_frac > 0), false) as "hasNulls",
      coalesce((select option_value::int from pg_catalog.pg_options_to_table(ic.reloptions) where option_name = 'fillfactor'), 90)
        as fillfactor
    from pg_catalog.pg_index i
    join pg_catalog.pg_class ic on ic.oid = i.indexrelid
    join pg_catalog.pg_class c on c.oid = i.indrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral unnest(i.indkey::int2[]) k (attnum)
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum and k.attnum > 0
    left join pg_catalog.pg_stats s
      on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and not s.inherited
    where ${USER_SCHEMA} and i.indisvalid and ic.relam = (select oid from pg_catalog.pg_am where amname = 'btree')
      and ic.relpages * 8192::bigint >= ${MIN_WASTED_BYTES}
    group by n.nspname, ic.oid, ic.relname, ic.reltuples, ic.reloptions`,
  row: Bloated,
  judge: (rows) => {
    const unknown = rows.filter(({ width }) => width === null).length;
    const bloated = rows
      .filter(({ width }) => width !== null)
      .map((row) => ({ ...row, wasted: row.bytes - expectedBtreeBytes(row) }))
      .filter(({ bytes, wasted }) => wasted >= MIN_WASTED_BYTES && bytes >= (bytes - wasted) * MIN_BLOAT_RATIO)
      .sort((a, b) => b.wasted - a.wasted);
    return {
      findings: bloated.length === 0 ? [] : [bloatFinding(bloated)],
      gaps:
        unknown === 0
          ? []
          : [`index bloat: ${unknown} indexes have no statistics of their columns that this role may read.`],
    };
  },
});

function bloatFinding(bloated: ReadonlyArray<Measured & { wasted: number }>): Advisory {
  const wasted = bloated.reduce((sum, one) => sum + one.wasted, 0);
  return {
    rule: 'postgres/bloated-index',
    title: `${countNoun(bloated.length, 'index', 'indexes')} at least twice as large as their rows need, about ${formatBytes(wasted)} too much`,
    severity: 'warning',
    evidence: firstOf(
      bloated,
      (one) =>
        figure(
          `${formatBytes(one.bytes)}, an estimated ${formatBytes(one.wasted)} of it empty`,
          `indexes/${labelLog(`${one.schema}.${one.name}`)}`,
          'wasted_bytes',
          Math.round(one.wasted),
          'bytes',
        ),
      moreOf('indexes'),
    ),
    advice: bloated
      .slice(0, 5)
      .map(({ schema, name }) => `REINDEX INDEX CONCURRENTLY ${quoteName(schema)}.${quoteName(name)};`),
  };
}
