import { fragmentOf } from './plan-fragments.ts';
import { metricOf, type PlanSite, sitesNamed } from './plan-nodes.ts';
import type { Run } from './run.ts';
import type { StageFacts } from './stage-facts.ts';

/** One query that read a cached table. */
export interface CacheUse {
  readonly site: PlanSite;
  /** Rows that the plan beneath the table made in this query: 0 when all came from the cache. */
  readonly computedRows: number;
  /** Stages that read the table or built it. */
  readonly stages: readonly StageFacts[];
}

/** A cached table that queries read, in the order of its uses. */
export interface CachedTable {
  readonly key: string;
  /** Where it was first read. */
  readonly site: PlanSite;
  /** Rows of the table, as its readers counted them: the most that one of them saw. */
  readonly rows: number;
  readonly uses: readonly CacheUse[];
}

/**
 * Cached tables by the metrics of the plan beneath them, which is the same object in every query: a value in a query means
 * that rows were computed there.
 */
export function cachedTablesOf(run: Run): CachedTable[] {
  const tables = new Map<string, { site: PlanSite; rows: number; uses: CacheUse[] }>();
  for (const site of sitesNamed(run.application.sqlExecutions, /^InMemoryTableScan$/)) {
    const source = countedBelow(site);
    const rows = metricOf(site, 'number of output rows');
    const id = source?.node.metrics[0]?.accumulatorId;
    if (source === null || id === undefined || rows === null) continue;
    const table = tables.get(String(id)) ?? { site, rows: 0, uses: [] };
    table.rows = Math.max(table.rows, rows);
    const reading = fragmentOf(run, site)?.stages ?? [];
    const building = fragmentOf(run, source)?.stages ?? [];
    table.uses.push({
      site,
      computedRows: metricOf(source, 'number of output rows') ?? 0,
      stages: [...new Set([...reading, ...building])],
    });
    tables.set(String(id), table);
  }
  return [...tables].map(([key, table]) => ({ key, ...table }));
}

/** The first node beneath a cached table that counts its rows, through nodes that keep them all. */
function countedBelow(site: PlanSite): PlanSite | null {
  let at = site.children[0];
  while (at !== undefined && !at.node.metrics.some(({ name }) => name === 'number of output rows')) {
    if (at.children.length !== 1) return null;
    at = at.children[0];
  }
  return at ?? null;
}
