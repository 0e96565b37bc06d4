import { labelLog } from '../../../../kernel/log-text.ts';
import { formatCount, formatShare } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { quoteTable, type TableFacts, tableKey } from '../table-facts.ts';
import type { PlanRule } from './plan-rule.ts';

/** Twice `autovacuum_analyze_scale_factor`, 0.1 by default: autovacuum is late. */
const MAX_CHANGED_SHARE = 0.2;
const MIN_CHANGED_ROWS = 1_000;

/** Tables of the plan that were never analyzed, or changed much since. */
export const missingStatistics: PlanRule = ({ tables }) =>
  [...tables.values()].flatMap((table) => {
    const changed = table.modifiedSinceAnalyze;
    const rows = table.rows ?? 0;
    if (table.analyzedAt === null && table.columns.every(({ distinct }) => distinct === null)) {
      // A table without rows has nothing to analyze.
      return table.bytes === 0 ? [] : [neverAnalyzed(table)];
    }
    if (changed < MIN_CHANGED_ROWS || changed / Math.max(rows, 1) < MAX_CHANGED_SHARE) return [];
    return [stale(table, changed / Math.max(rows, 1))];
  });

const address = (table: TableFacts) => `tables/${labelLog(tableKey(table))}`;

function neverAnalyzed(table: TableFacts): Advisory {
  return {
    rule: 'postgres/missing-statistics',
    title: `${labelLog(tableKey(table))} was never analyzed: the planner guesses its rows`,
    severity: 'warning',
    evidence: [{ fact: 'no ANALYZE, no statistics of its columns', address: address(table) }],
    advice: [`ANALYZE ${quoteTable(table)};`],
  };
}

function stale(table: TableFacts, share: number): Advisory {
  const changed = table.modifiedSinceAnalyze;
  return {
    rule: 'postgres/stale-statistics',
    title: `${labelLog(tableKey(table))} changed by ${share > 1 ? `${formatCount(share * 100)} %` : formatShare(share)} since its statistics were taken`,
    severity: 'info',
    evidence: [
      figure(`${formatCount(changed)} rows changed since ANALYZE`, address(table), 'modified_rows', changed, 'rows'),
    ],
    advice: [`ANALYZE ${quoteTable(table)};`],
  };
}
