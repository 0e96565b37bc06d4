import type { A_Expr, Node } from 'libpg-query';
import { operatorOf, walk } from '../statements/syntax.ts';
import { keyOf, type Scope, type UsageCollector, type UsedKey } from './table-usage.ts';

const RANGE_OPERATORS = new Set(['<', '<=', '>', '>=']);
/** Operators of GIN's classes for arrays, jsonb and tsvector. Source: `pg_amop` of `gin`. */
const CONTAINS_OPERATORS = new Set(['@>', '<@', '&&', '@@', '?', '?|', '?&', '@?']);
const EQUALITY_KINDS = new Set<A_Expr['kind']>(['AEXPR_OP', 'AEXPR_IN', 'AEXPR_OP_ANY']);
const RANGE_KINDS = new Set<A_Expr['kind']>(['AEXPR_BETWEEN', 'AEXPR_BETWEEN_SYM']);

/** Notes which columns a condition compares, and how. Sub-queries are left to their own level. */
export function collectPredicates(condition: Node | undefined, scope: Scope, uses: UsageCollector): void {
  if (condition === undefined) return;
  if ('BoolExpr' in condition) {
    // NOT turns a search into a scan; AND and OR search by each of their terms.
    if (condition.BoolExpr.boolop === 'NOT_EXPR') return;
    for (const term of condition.BoolExpr.args ?? []) collectPredicates(term, scope, uses);
  } else if ('A_Expr' in condition) {
    collectComparison(condition.A_Expr, scope, uses);
  } else if ('NullTest' in condition && condition.NullTest.nulltesttype === 'IS_NULL') {
    note(keyOf(scope, condition.NullTest.arg), 'equality', uses);
  } else if ('SubLink' in condition && condition.SubLink.subLinkType === 'ANY_SUBLINK') {
    note(keyOf(scope, condition.SubLink.testexpr), 'join', uses);
  }
}

function note(key: UsedKey | null, use: 'equality' | 'join' | 'range' | 'contains', uses: UsageCollector): void {
  if (key !== null) uses.of(key.table)[use].add(key.key);
}

function collectComparison(expression: A_Expr, scope: Scope, uses: UsageCollector): void {
  const { lexpr, rexpr } = expression;
  const left = keyOf(scope, lexpr);
  const right = keyOf(scope, rexpr);
  const form = formOf(expression);
  if (form === 'equality') collectEquality(left, right, { lexpr, rexpr }, uses);
  else if (form === 'pattern') collectLike(left, rexpr, uses);
  else if (form !== null) {
    for (const side of [left, right]) note(side, form, uses);
  }
}

/** How an operator searches; null: by reading everything. */
function formOf({ kind, name }: A_Expr): 'equality' | 'range' | 'pattern' | 'contains' | null {
  const operator = operatorOf(name);
  if (operator === '=' && EQUALITY_KINDS.has(kind)) return 'equality';
  if (RANGE_KINDS.has(kind) || (kind === 'AEXPR_OP' && RANGE_OPERATORS.has(operator))) return 'range';
  if (kind === 'AEXPR_LIKE' || operator === '~~') return 'pattern';
  return CONTAINS_OPERATORS.has(operator) ? 'contains' : null;
}

function collectEquality(
  left: UsedKey | null,
  right: UsedKey | null,
  { lexpr, rexpr }: { lexpr: Node | undefined; rexpr: Node | undefined },
  uses: UsageCollector,
): void {
  const between = left !== null && right !== null && left.table !== right.table;
  note(left, between || hasColumn(rexpr) ? 'join' : 'equality', uses);
  note(right, between || hasColumn(lexpr) ? 'join' : 'equality', uses);
}

/** `LIKE 'x%'` is a range where the operator class compares bytes. Patterns that begin with a wildcard are no use of a B-tree. */
function collectLike(left: UsedKey | null, pattern: Node | undefined, uses: UsageCollector): void {
  if (left === null) return;
  const constant = pattern !== undefined && 'TypeCast' in pattern ? pattern.TypeCast.arg : pattern;
  const text = constant !== undefined && 'A_Const' in constant ? (constant.A_Const.sval?.sval ?? '') : '';
  if (/^[^%_\\]/.test(text)) uses.of(left.table).range.add(`${left.key} text_pattern_ops`);
}

function hasColumn(node: Node | undefined): boolean {
  let found = false;
  walk(node, (kind) => {
    if (kind === 'ColumnRef') found = true;
    return kind !== 'SubLink';
  });
  return found;
}
