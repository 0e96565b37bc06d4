import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quote.ts';
import type { RelationName } from '../names.ts';
import { requireAllowedNames } from './allowed-names.ts';
import { commandOf } from './check-read.ts';
import { isSystemRelation } from './denied-functions.ts';
import { parseStatement } from './parse.ts';
import { letsEveryRowPass } from './row-limits.ts';
import { isNode, isStatement, type SyntaxNode, stringsOf, unwrap, visitNodes } from './syntax-tree.ts';

/** What a statement would do that somebody has to say yes to. */
export interface Danger {
  /** `every-row`: a change that no condition limits. `part`: it removes a part of a table. `object`: it removes what has no rows. */
  readonly kind: 'every-row' | 'rows' | 'part' | 'object';
  /** `DELETE without a condition`, `DROP TABLE`. */
  readonly what: string;
  readonly targets: readonly RelationName[];
  readonly cascade: boolean;
}

/** What is known of a statement that may run as a change. */
export interface CheckedWrite {
  /** `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `TRUNCATE`, `DROP`, `ALTER TABLE`. */
  readonly command: string;
  readonly parameters: number;
  /** True for those that take rows back by RETURNING and have a plan. */
  readonly changesRows: boolean;
  /** Empty: it needs nobody's yes. */
  readonly dangers: readonly Danger[];
}

const ROW_CHANGES = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);
const HINT =
  'execute_dml takes INSERT, UPDATE, DELETE, MERGE, TRUNCATE, DROP and ALTER TABLE … DROP; create_table makes tables.';

/** Objects that may be dropped here: what belongs to a schema. Roles, databases, extensions and servers are an administrator's. */
const DROPPABLE = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_INDEX',
  'OBJECT_SEQUENCE',
  'OBJECT_SCHEMA',
  'OBJECT_TYPE',
  'OBJECT_DOMAIN',
  'OBJECT_FUNCTION',
  'OBJECT_TRIGGER',
]);
/** Parts of a table that may be dropped. */
const DROPPED_PARTS = new Set(['AT_DropColumn', 'AT_DropConstraint']);

/**
 * Lets pass exactly one change of rows, TRUNCATE, or a statement that drops, without functions that are denied, and says what in it
 * needs approval, also inside its CTEs.
 * Errors: `invalid_argument` (SQL, other statements), `permission_denied` (functions and relations that are denied).
 */
export async function checkWrite(sql: string): Promise<CheckedWrite> {
  const { kind, node, parameters } = await parseStatement(sql);
  requireAllowedNames(node, 'write');
  requireNoOtherStatements(node);
  requireOwnTargets(kind, node);
  const changesRows = ROW_CHANGES.has(kind);
  const dangers = changesRows ? dangersOfRows(kind, node) : dangersOfObjects(kind, node);
  return { command: commandOf(kind), parameters, changesRows, dangers };
}

function requireNoOtherStatements(root: SyntaxNode): void {
  visitNodes(root, (key, node) => {
    if (isStatement(key) && key !== 'SelectStmt' && !ROW_CHANGES.has(key)) throw refused(commandOf(key));
    if (node.intoClause !== undefined) throw refused('SELECT INTO');
  });
}

/** Targets of changes, wherever they stand: the catalog of the server is none. */
function requireOwnTargets(kind: string, root: SyntaxNode): void {
  const look = (key: string, node: SyntaxNode) => {
    if (!isStatement(key) || key === 'SelectStmt') return;
    const targets = [...relationsOf([node.relation]), ...relationsOf(node.relations)];
    const target = targets.find(({ schema, name }) => isSystemRelation(schema, name));
    if (target === undefined) return;
    throw new HeadgateError(
      'permission_denied',
      `${label(target.name)} belongs to the server: it is not changed here.`,
      {
        hint: 'Write the schema before the name if it is a table of yours; settings and catalogs are changed with psql.',
        details: { sql_state: '42501', denied: target.name },
      },
    );
  };
  look(kind, root);
  visitNodes(root, look);
}

function dangersOfRows(kind: string, root: SyntaxNode): Danger[] {
  const dangers: Danger[] = [];
  const look = (key: string, node: SyntaxNode) => {
    const what = unlimitedChange(key, node);
    if (what === null) return;
    dangers.push({ kind: 'every-row', what, targets: relationsOf([node.relation]), cascade: false });
  };
  look(kind, root);
  visitNodes(root, look);
  return dangers;
}

function unlimitedChange(key: string, node: SyntaxNode): string | null {
  const target = nameOf(node.relation);
  if (key === 'DeleteStmt' && letsEveryRowPass(node.whereClause, target))
    return 'DELETE without a condition that limits it';
  if (key === 'UpdateStmt' && letsEveryRowPass(node.whereClause, target))
    return 'UPDATE without a condition that limits it';
  if (key !== 'MergeStmt') return null;
  if (letsEveryRowPass(node.joinCondition, target)) return 'MERGE whose ON condition matches every row';
  return changesWhatHasNoSource(node, target) ? 'MERGE that changes every row without a source row' : null;
}

/** By what a statement calls its table. */
function nameOf(relation: unknown): string {
  const { alias, relname } = isNode(relation) ? relation : ({} as SyntaxNode);
  return String(isNode(alias) ? alias.aliasname : relname);
}

/** `WHEN NOT MATCHED BY SOURCE THEN DELETE`: an empty source leaves no row. */
function changesWhatHasNoSource({ mergeWhenClauses: clauses }: SyntaxNode, target: string): boolean {
  return (Array.isArray(clauses) ? (clauses as unknown[]) : []).some((clause) => {
    const [, when] = unwrap(clause) ?? [];
    const changes = when?.commandType === 'CMD_DELETE' || when?.commandType === 'CMD_UPDATE';
    return changes && when.matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE' && letsEveryRowPass(when.condition, target);
  });
}

function dangersOfObjects(kind: string, node: SyntaxNode): Danger[] {
  const cascade = node.behavior === 'DROP_CASCADE';
  if (kind === 'TruncateStmt') {
    return [{ kind: 'rows', what: 'TRUNCATE', targets: relationsOf(node.relations), cascade }];
  }
  if (kind === 'DropStmt' && DROPPABLE.has(String(node.removeType))) {
    const type = String(node.removeType).replace('OBJECT_', '').replace('MATVIEW', 'MATERIALIZED VIEW');
    const kindOfDrop = /TABLE|MATERIALIZED/.test(type) ? 'rows' : 'object';
    return [{ kind: kindOfDrop, what: `DROP ${type}`, targets: droppedNames(node), cascade }];
  }
  if (kind === 'AlterTableStmt') return dangersOfAlter(node);
  throw refused(commandOf(kind));
}

function dangersOfAlter(node: SyntaxNode): Danger[] {
  const commands = (Array.isArray(node.cmds) ? (node.cmds as unknown[]) : []).map((one) => unwrap(one)?.[1] ?? {});
  if (!commands.every(({ subtype }) => DROPPED_PARTS.has(String(subtype)))) throw refused('ALTER TABLE');
  const parts = commands.map(
    ({ subtype, name }) => `${subtype === 'AT_DropColumn' ? 'DROP COLUMN' : 'DROP CONSTRAINT'} ${String(name)}`,
  );
  const cascade = commands.some(({ behavior }) => behavior === 'DROP_CASCADE');
  return [{ kind: 'part', what: `ALTER TABLE ${parts.join(', ')}`, targets: relationsOf([node.relation]), cascade }];
}

/** Relations of `RangeVar`s, wrapped or not. */
function relationsOf(list: unknown): RelationName[] {
  return (Array.isArray(list) ? (list as unknown[]) : []).flatMap((item) => {
    const range = isNode(item) && typeof item.relname === 'string' ? item : unwrap(item)?.[1];
    if (typeof range?.relname !== 'string') return [];
    return [{ schema: typeof range.schemaname === 'string' ? range.schemaname : null, name: range.relname }];
  });
}

/** Names in a DROP: a list of parts for each, or a type name, or a bare string for a schema. */
function droppedNames({ objects }: SyntaxNode): RelationName[] {
  return (Array.isArray(objects) ? (objects as unknown[]) : []).map((object) => {
    const [, node] = unwrap(object) ?? [];
    const parts = stringsOf([object]);
    const names = parts.length > 0 ? parts : stringsOf(node?.items ?? node?.names ?? node?.objname);
    return { schema: names.length > 1 ? (names.at(-2) ?? null) : null, name: names.at(-1) ?? '?' };
  });
}

function refused(command: string): HeadgateError {
  return new HeadgateError('invalid_argument', `execute_dml does not run ${command}.`, {
    hint: command === 'SELECT' ? 'Use execute_query; a CTE that writes goes before INSERT, UPDATE or DELETE.' : HINT,
    details: { sql_state: '42601', command },
  });
}
