import { formatBytes } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { addressOf, type PlanNode } from '../plan/plan-nodes.ts';
import type { PlanRule } from './plan-rule.ts';

const KIB = 1024;
/** Source: `BLCKSZ` of every packaged PostgreSQL. */
const BLOCK_BYTES = 8192;
/** Data in memory takes two to three times its size on disk. Source: PostgreSQL's manual at work_mem, and tuplesort's own accounting. */
const MEMORY_PER_DISK = 3;
/** Above this, more memory is not the answer. */
const MAX_WORK_MEM_BYTES = 1024 * 1024 * 1024;

/** A sort, a hash or a kept intermediate result that did not fit `work_mem` and went to temporary files. */
export const diskSpill: PlanRule = ({ plan }) =>
  plan.nodes.flatMap((node) => {
    const spilled = spilledBytes(node);
    return spilled === null ? [] : [describe(node, spilled)];
  });

/** Null: nothing was spilled. */
function spilledBytes({ wire }: PlanNode): number | null {
  if (wire['Sort Space Type'] === 'Disk') return (wire['Sort Space Used'] ?? 0) * KIB;
  if ((wire['HashAgg Batches'] ?? 1) > 1 && wire['Disk Usage'] !== undefined) return wire['Disk Usage'] * KIB;
  if ((wire['Hash Batches'] ?? 1) > 1) return (wire['Temp Written Blocks'] ?? 0) * BLOCK_BYTES;
  const keeps = wire['Node Type'] === 'Materialize' || wire['Node Type'] === 'CTE Scan';
  return keeps && (wire['Temp Written Blocks'] ?? 0) > 0 ? (wire['Temp Written Blocks'] ?? 0) * BLOCK_BYTES : null;
}

function describe(node: PlanNode, bytes: number): Advisory {
  const needed = 2 ** Math.ceil(Math.log2(Math.max(bytes * MEMORY_PER_DISK, 8 * KIB * KIB)));
  const batches = node.wire['Hash Batches'] ?? node.wire['HashAgg Batches'];
  const how = node.wire['Sort Method'] ?? (batches === undefined ? 'temporary files' : `${batches} batches`);
  return {
    rule: 'postgres/disk-spill',
    title: `${node.name} did not fit work_mem and wrote ${formatBytes(bytes)} of temporary files`,
    severity: bytes >= 256 * KIB * KIB ? 'critical' : 'warning',
    evidence: [figure(`${how}, ${formatBytes(bytes)} on disk`, addressOf(node), 'spilled_bytes', bytes, 'bytes')],
    advice:
      needed <= MAX_WORK_MEM_BYTES
        ? [
            `SET LOCAL work_mem = '${Math.round(needed / KIB / KIB)}MB' for this query; it counts for every sort and hash of every process, so not for the whole server.`,
            ...(node.wire['Node Type'] === 'Sort' ? ['An index in the order of the sort key avoids the sort.'] : []),
          ]
        : [
            'Reduce what reaches this step: filter or aggregate before it, and select only the columns that are needed.',
          ],
  };
}
