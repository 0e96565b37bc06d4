import type { ColumnRef, Node, ParseResult } from 'libpg-query';

let parse: ((sql: string) => ParseResult) | null = null;

/** Loads PostgreSQL's parser; `parseExpression` needs it once before. */
export async function loadParser(): Promise<void> {
  if (parse !== null) return;
  const { loadModule, parseSync } = await import('libpg-query');
  await loadModule();
  parse = parseSync;
}

/** A condition as EXPLAIN writes it, parsed; null when it is no SQL (`(hashed SubPlan 1)`). */
export function parseExpression(text: string): Node | null {
  return selectOf(`SELECT 1 WHERE ${text}`)?.whereClause ?? null;
}

/** Sort keys as EXPLAIN writes them, parsed; empty when they are no SQL. */
export function parseSortKeys(keys: readonly string[]): Node[] {
  return selectOf(`SELECT 1 ORDER BY ${keys.join(', ')}`)?.sortClause ?? [];
}

function selectOf(sql: string) {
  if (parse === null) throw new Error('The parser is not loaded.');
  try {
    const node = parse(sql).stmts?.[0]?.stmt;
    return node !== undefined && 'SelectStmt' in node ? node.SelectStmt : null;
  } catch {
    // The text of a plan is for people: what does not parse is left out of what is looked into.
    return null;
  }
}

/** Every node below one, itself first. `visit` gives false: not its insides. */
export function walk(root: unknown, visit: (kind: string, node: Record<string, unknown>) => boolean | undefined): void {
  if (Array.isArray(root)) {
    for (const item of root) walk(item, visit);
    return;
  }
  if (typeof root !== 'object' || root === null) return;
  for (const [kind, value] of Object.entries(root)) {
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value) && visit(kind, value as Record<string, unknown>) === false) continue;
    walk(value, visit);
  }
}

/** Names of a list of `String` nodes. */
export function namesOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}

/** A column with what qualifies it. */
export interface ColumnName {
  readonly qualifier: string | null;
  readonly column: string;
}

/** The name that a column reference gives; null for `*`. */
export function columnName(reference: ColumnRef): ColumnName | null {
  const fields = reference.fields ?? [];
  const names = namesOf(fields);
  if (names.length !== fields.length || names.length === 0) return null;
  return { qualifier: names.at(-2) ?? null, column: names.at(-1) ?? '' };
}

/** The operator of an expression without its schema: `=`, `~~`. */
export const operatorOf = (names: readonly Node[] | undefined): string => namesOf(names).at(-1) ?? '';
