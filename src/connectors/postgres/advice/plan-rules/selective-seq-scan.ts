import { labelLog, quoteLogLine } from '../../../../kernel/log-text.ts';
import { formatBytes, formatCount, formatShare } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { addressOf, type PlanNode, relationOf } from '../plan/plan-nodes.ts';
import type { TableFacts } from '../table-facts.ts';
import { type PlanFacts, type PlanRule, tableOf } from './plan-rule.ts';

/** Smaller tables are read whole faster than through an index. Source: `min_parallel_table_scan_size`, 8 MB by default. */
const MIN_BYTES = 8 * 1024 * 1024;
const MIN_ROWS = 10_000;
/** Above this share of rows an index costs more than the whole table: random_page_cost 4 over seq_page_cost 1, several rows a page. */
const MAX_KEPT_SHARE = 0.05;

/** A table that is read whole although its filter keeps few of its rows. */
export const selectiveSeqScan: PlanRule = (facts) =>
  facts.plan.nodes.flatMap((node) => {
    const filter = node.wire.Filter;
    if (node.wire['Node Type'] !== 'Seq Scan' || filter === undefined) return [];
    const table = tableOf(facts, node);
    const { read, kept } = rowsOf(facts, node, table);
    if (read < MIN_ROWS || (table !== undefined && table.bytes < MIN_BYTES && (node.loops ?? 1) < 2)) return [];
    if (kept / read > MAX_KEPT_SHARE) return [];
    return [describe(node, filter, { read, kept, bytes: table?.bytes })];
  });

/** Rows of one pass over the table, and how many of them the filter keeps. */
function rowsOf(facts: PlanFacts, node: PlanNode, table: TableFacts | undefined): { read: number; kept: number } {
  const removed = node.wire['Rows Removed by Filter'];
  if (node.rowsActual !== null && removed !== undefined) {
    const processes = parallelism(facts, node);
    return { read: (node.rowsActual + removed) * processes, kept: node.rowsActual * processes };
  }
  return { read: table?.rows ?? 0, kept: node.rowsEstimated };
}

/** Processes that share one pass. */
function parallelism({ plan }: PlanFacts, node: PlanNode): number {
  if (node.wire['Parallel Aware'] !== true) return 1;
  let above = node.parent === null ? undefined : plan.nodes[node.parent - 1];
  while (above !== undefined && above.wire['Workers Launched'] === undefined) {
    above = above.parent === null ? undefined : plan.nodes[above.parent - 1];
  }
  return (above?.wire['Workers Launched'] ?? 0) + 1;
}

function describe(
  node: PlanNode,
  filter: string,
  { read, kept, bytes }: { read: number; kept: number; bytes: number | undefined },
): Advisory {
  const relation = labelLog(relationOf(node) ?? 'a table');
  const size = bytes === undefined ? '' : ` (${formatBytes(bytes)})`;
  return {
    rule: 'postgres/selective-seq-scan',
    title: `${relation} is read whole to keep ${formatShare(kept / read)} of its rows`,
    severity: read >= MIN_ROWS * 100 || (node.loops ?? 1) > 10 ? 'critical' : 'warning',
    evidence: [
      figure(
        `${formatCount(read)} rows${size} read, ${formatCount(kept)} kept by ${quoteLogLine(filter, 200)}`,
        addressOf(node),
        'kept_share',
        read === 0 ? 0 : kept / read,
        'share',
      ),
    ],
    advice: [`An index on the filtered columns of ${relation}: recommend_indexes with this query measures which one.`],
  };
}
