import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quote.ts';
import { deniedFunction, deniedRelation } from './denied-functions.ts';
import { type SyntaxNode, stringsOf, visitNodes } from './syntax-tree.ts';

/**
 * Refuses functions and relations that are denied, wherever they stand in a statement: in FROM, in defaults of arguments, behind quotes,
 * Unicode escapes and schemas, as a sampling method, and in the notation `value.function`, which PostgreSQL reads as a call.
 * Errors: `permission_denied` with the name in `details.denied`.
 */
export function requireAllowedNames(root: SyntaxNode, access: 'read' | 'write'): void {
  visitNodes(root, (key, node) => {
    for (const name of calledNames(key, node)) {
      const reason = deniedFunction(name, access);
      if (reason !== null) throw denied(name.join('.'), reason);
    }
    const { relname, schemaname } = node;
    if (typeof relname !== 'string') return;
    const reason = deniedRelation(typeof schemaname === 'string' ? schemaname : null, relname);
    if (reason !== null) throw denied(relname, reason);
  });
}

/** Every name in a node that PostgreSQL may call as a function. */
function calledNames(key: string, node: SyntaxNode): string[][] {
  if (Array.isArray(node.funcname)) return [stringsOf(node.funcname)];
  if (key === 'RangeTableSample') return [stringsOf(node.method)];
  if (key === 'A_Indirection') return stringsOf(node.indirection).map((name) => [name]);
  if (key !== 'ColumnRef') return [];
  const fields = stringsOf(node.fields);
  // `t.f` is the column f of t, or f(t). Its schema, if any, is a table's.
  return fields.length < 2 ? [] : [fields.slice(-1)];
}

function denied(name: string, reason: string): HeadgateError {
  return new HeadgateError('permission_denied', `${label(name)} is not allowed: it ${reason}.`, {
    hint: 'Ask for the same through tables and views, or run it yourself with psql.',
    details: { sql_state: '42501', denied: name },
  });
}
