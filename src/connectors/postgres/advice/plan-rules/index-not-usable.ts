import type { A_Expr, Node } from 'libpg-query';
import { labelLog, quoteLogLine } from '../../../../kernel/log-text.ts';
import type { Advisory } from '../advisory.ts';
import { keyOf, type Scope } from '../indexes/table-usage.ts';
import { addressOf, type PlanNode } from '../plan/plan-nodes.ts';
import { operatorOf, parseExpression, walk } from '../statements/syntax.ts';
import { type IndexFacts, quoteName, quoteTable, type TableFacts } from '../table-facts.ts';
import { type PlanRule, tableOf } from './plan-rule.ts';

const COMPARISONS = new Set(['=', '<', '<=', '>', '>=']);

/**
 * A table that is read whole although an index begins with the filtered column, because the column stands inside a function, a
 * cast or a calculation, or is compared by a pattern that the index's order does not serve. The parser must be loaded.
 */
export const indexNotUsable: PlanRule = (facts) =>
  facts.plan.nodes.flatMap((node) => {
    const table = tableOf(facts, node);
    const { Filter: filter, 'Node Type': type } = node.wire;
    if (table === undefined || filter === undefined || type !== 'Seq Scan') return [];
    const condition = parseExpression(filter);
    if (condition === null) return [];
    return comparisonsIn(condition)
      .flatMap((comparison) => describe(node, table, comparison) ?? [])
      .slice(0, 1);
  });

function comparisonsIn(condition: Node): A_Expr[] {
  const found: A_Expr[] = [];
  if ('A_Expr' in condition) found.push(condition.A_Expr);
  walk(condition, (kind, node) => {
    if (kind === 'A_Expr' && !found.includes(node as unknown as A_Expr)) found.push(node as unknown as A_Expr);
    return kind !== 'SubLink';
  });
  return found;
}

function describe(node: PlanNode, table: TableFacts, comparison: A_Expr): Advisory | null {
  const scope: Scope = { outer: null, tables: new Map([[node.wire.Alias ?? table.name, table]]) };
  const operator = operatorOf(comparison.name);
  if (operator === '~~') return describePattern(node, table, comparison, scope);
  return COMPARISONS.has(operator) ? describeWrapped(node, table, comparison, scope) : null;
}

function describePattern(node: PlanNode, table: TableFacts, { lexpr, rexpr }: A_Expr, scope: Scope): Advisory | null {
  const column = keyOf(scope, lexpr)?.column ?? null;
  const index = column === null ? null : indexOn(table, column);
  if (column === null || index === null || !isPrefix(rexpr)) return null;
  return finding(node, table, { index, column, advice: patternAdvice(table, column) });
}

function describeWrapped(node: PlanNode, table: TableFacts, { lexpr, rexpr }: A_Expr, scope: Scope): Advisory | null {
  for (const side of [lexpr, rexpr]) {
    if (side === undefined || keyOf(scope, side)?.column != null) continue;
    const column = columnInside(scope, side);
    const index = column === null ? null : indexOn(table, column);
    if (column === null || index === null) continue;
    return finding(node, table, { index, column, advice: wrappedAdvice(table, column, side) });
  }
  return null;
}

/** `LIKE 'x%'`: a pattern with a fixed beginning. */
function isPrefix(pattern: Node | undefined): boolean {
  const constant = pattern !== undefined && 'TypeCast' in pattern ? pattern.TypeCast.arg : pattern;
  return constant !== undefined && 'A_Const' in constant && /^[^%_\\]/.test(constant.A_Const.sval?.sval ?? '');
}

function columnInside(scope: Scope, side: Node): string | null {
  let column: string | null = null;
  walk(side, (kind, node) => {
    if (kind === 'ColumnRef') column ??= keyOf(scope, { ColumnRef: node } as Node)?.column ?? null;
    return kind !== 'SubLink';
  });
  return column;
}

function indexOn(table: TableFacts, column: string): IndexFacts | null {
  const key = quoteName(column);
  return table.indexes.find(({ method, keys, valid }) => method === 'btree' && valid && keys[0] === key) ?? null;
}

function finding(
  node: PlanNode,
  table: TableFacts,
  { index, column, advice }: { index: IndexFacts; column: string; advice: string[] },
): Advisory {
  return {
    rule: 'postgres/index-not-usable',
    title: `Index ${labelLog(index.name)} cannot serve the filter on ${labelLog(column)} of ${labelLog(table.name)} as it is written`,
    severity: 'warning',
    evidence: [
      { fact: `read whole with ${quoteLogLine(node.wire.Filter ?? '', 200)}`, address: addressOf(node) },
      { fact: `${labelLog(index.name)} begins with ${labelLog(column)}`, address: `indexes/${labelLog(index.name)}` },
    ],
    advice,
  };
}

function patternAdvice(table: TableFacts, column: string): string[] {
  return [
    `A pattern needs an order by bytes: CREATE INDEX CONCURRENTLY ON ${quoteTable(table)} (${quoteName(column)} text_pattern_ops);`,
  ];
}

function wrappedAdvice(table: TableFacts, column: string, side: Node): string[] {
  const type = table.columns.find(({ name }) => name === column)?.type ?? 'its own type';
  const isCast = 'TypeCast' in side;
  return [
    isCast
      ? `Leave the column as it is and give the other side the column's type, ${labelLog(type)}: the cast stands on ${labelLog(column)} because the values compared are of another type. A day is a range: ${labelLog(column)} >= day AND ${labelLog(column)} < day + 1.`
      : `Take ${labelLog(column)} out of the expression (move the function or the calculation to the other side), or create an index on the very expression.`,
  ];
}
