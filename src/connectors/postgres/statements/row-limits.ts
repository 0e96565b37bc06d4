import { isNode, type SyntaxNode, unwrap, visitNodes } from './syntax-tree.ts';

/**
 * True when a condition leaves out no row that anybody could see from it: there is none, it is made of constants and parameters alone
 * (`true`, `1 = 1`, `now() > '2000-01-01'`), it compares something with itself, or such a part is joined by OR.
 */
export function letsEveryRowPass(condition: unknown): boolean {
  if (condition === undefined || condition === null) return true;
  const [kind, node] = unwrap(condition) ?? [];
  if (kind === 'BoolExpr' && node !== undefined) return passesByLogic(node);
  if (kind === 'A_Expr' && node !== undefined && comparesWithItself(node)) return true;
  return !namesColumn(condition);
}

function passesByLogic({ boolop, args }: SyntaxNode): boolean {
  const parts = Array.isArray(args) ? (args as unknown[]) : [];
  if (boolop === 'OR_EXPR') return parts.some(letsEveryRowPass);
  if (boolop === 'AND_EXPR') return parts.every(letsEveryRowPass);
  return !parts.some(namesColumn);
}

/** `id = id`, `id >= id`. */
function comparesWithItself({ lexpr, rexpr }: SyntaxNode): boolean {
  return lexpr !== undefined && rexpr !== undefined && withoutPlaces(lexpr) === withoutPlaces(rexpr);
}

function withoutPlaces(expression: unknown): string {
  return JSON.stringify(expression, (key, value: unknown) => (key === 'location' ? undefined : value));
}

function namesColumn(expression: unknown): boolean {
  let found = false;
  if (!isNode(expression)) return false;
  visitNodes(expression, (key) => {
    if (key === 'ColumnRef' || key === 'CurrentOfExpr') found = true;
  });
  return found;
}
