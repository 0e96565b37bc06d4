import { isNode, type SyntaxNode, stringsOf, unwrap, visitNodes } from './syntax-tree.ts';

/**
 * True when a condition leaves out no row that anybody could see from it: there is none, it is made of constants and parameters alone
 * (`true`, `1 = 1`, `now() > '2000-01-01'`) or of columns of other tables, it compares something with itself, or such a part is
 * joined by OR. `target` is the name by which the statement calls the table that it changes.
 */
export function letsEveryRowPass(condition: unknown, target: string): boolean {
  if (condition === undefined || condition === null) return true;
  const [kind, node] = unwrap(condition) ?? [];
  if (kind === 'BoolExpr' && node !== undefined) return passesByLogic(node, target);
  if (kind === 'A_Expr' && node !== undefined && comparesWithItself(node)) return true;
  return !namesColumn(condition, target);
}

function passesByLogic({ boolop, args }: SyntaxNode, target: string): boolean {
  const parts = Array.isArray(args) ? (args as unknown[]) : [];
  if (boolop === 'OR_EXPR') return parts.some((part) => letsEveryRowPass(part, target));
  if (boolop === 'AND_EXPR') return parts.every((part) => letsEveryRowPass(part, target));
  return !parts.some((part) => namesColumn(part, target));
}

/** `id = id`, `id >= id`. */
function comparesWithItself({ lexpr, rexpr }: SyntaxNode): boolean {
  return lexpr !== undefined && rexpr !== undefined && withoutPlaces(lexpr) === withoutPlaces(rexpr);
}

function withoutPlaces(expression: unknown): string {
  return JSON.stringify(expression, (key, value: unknown) => (key === 'location' ? undefined : value));
}

/** A column without a table before it may be the target's. */
function namesColumn(expression: unknown, target: string): boolean {
  let found = false;
  if (!isNode(expression)) return false;
  visitNodes(expression, (key, { fields }) => {
    if (key === 'CurrentOfExpr') found = true;
    if (key !== 'ColumnRef') return;
    const names = stringsOf(fields);
    found ||= names.length < 2 || names.at(-2) === target;
  });
  return found;
}
