import { labelLog } from '../../../../kernel/log-text.ts';
import { formatCount, formatShare } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { addressOf, type PlanNode, relationOf } from '../plan/plan-nodes.ts';
import type { PlanRule } from './plan-rule.ts';

const MIN_FETCHES = 1_000;
const MAX_FETCHED_SHARE = 0.1;
const MIN_LOSSY_BLOCKS = 100;
const MIN_LOSSY_SHARE = 0.1;

/** Index-only scans that went to the table all the same, because its pages are not marked all-visible. */
export const heapFetches: PlanRule = ({ plan }) =>
  plan.nodes.flatMap((node) => {
    const fetches = node.wire['Heap Fetches'] ?? 0;
    const rows = (node.rowsActual ?? 0) * (node.loops ?? 1);
    if (fetches < MIN_FETCHES || fetches < rows * MAX_FETCHED_SHARE) return [];
    return [describeFetches(node, fetches, rows)];
  });

function describeFetches(node: PlanNode, fetches: number, rows: number): Advisory {
  const relation = labelLog(relationOf(node) ?? 'the table');
  return {
    rule: 'postgres/heap-fetches',
    title: `The index-only scan of ${relation} read the table ${formatCount(fetches)} times`,
    severity: 'warning',
    evidence: [
      figure(
        `${formatCount(fetches)} heap fetches for ${formatCount(rows)} rows`,
        addressOf(node),
        'heap_fetches',
        fetches,
        'rows',
      ),
    ],
    advice: [
      `VACUUM ${relation}: it marks pages as all-visible. Where rows change all the time, lower autovacuum_vacuum_scale_factor (for tables that only grow autovacuum_vacuum_insert_scale_factor) of this table.`,
    ],
  };
}

/** Bitmaps that did not fit work_mem and kept pages instead of rows: every row of those pages is checked again. */
export const lossyBitmap: PlanRule = ({ plan }) =>
  plan.nodes.flatMap((node) => {
    const lossy = node.wire['Lossy Heap Blocks'] ?? 0;
    const exact = node.wire['Exact Heap Blocks'] ?? 0;
    const share = lossy / Math.max(lossy + exact, 1);
    if (lossy < MIN_LOSSY_BLOCKS || share < MIN_LOSSY_SHARE) return [];
    const removed = node.wire['Rows Removed by Index Recheck'] ?? 0;
    return [
      {
        rule: 'postgres/lossy-bitmap',
        title: `The bitmap of ${labelLog(relationOf(node) ?? 'the table')} did not fit work_mem: ${formatShare(share)} of its pages are kept whole`,
        severity: 'warning' as const,
        evidence: [
          figure(
            `${formatCount(lossy)} lossy pages, ${formatCount(removed)} rows checked for nothing`,
            addressOf(node),
            'lossy_blocks',
            lossy,
            'blocks',
          ),
        ],
        advice: ['SET LOCAL work_mem higher for this query, or a composite index that finds fewer rows.'],
      },
    ];
  });
