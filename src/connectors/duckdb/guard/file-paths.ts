import { HeadgateError } from '../../../kernel/errors.ts';
import type { Bound, Parameters } from '../channel.ts';

/** Functions of DuckDB that open files, up to their parenthesis. */
const FILE_FUNCTION = /\b(?:read_\w+|parquet_\w+|sniff_csv|glob)"?\s*\(\s*/gi;
/** A path, or a list of paths, that says itself what it is. */
const PLAIN_PATHS = /^(?:'(?:[^']|'')*'|\[\s*(?:'(?:[^']|'')*'\s*,?\s*)+\]|\$\w+|\?)\s*[,)]/;
const COMMENTS = /--[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * Refuses paths that are put together in SQL, and those of the database's own file: opening that a second time in the process that
 * owns it would give up the system's lock on it (POSIX: closing any descriptor of a file gives up its locks).
 */
export function refuseOwnFile(sql: string, parameters: Parameters, ownFile: string): void {
  const bare = sql.replace(COMMENTS, ' ');
  for (const call of [...sql.matchAll(FILE_FUNCTION), ...bare.matchAll(FILE_FUNCTION)]) {
    const rest = (call.input ?? '').slice(call.index + call[0].length);
    if (PLAIN_PATHS.test(rest)) continue;
    throw new HeadgateError('permission_denied', 'A function that reads files takes its paths as plain text only.', {
      hint: "Write the path itself: read_csv('/folder/orders.csv').",
    });
  }
  const values = (Array.isArray(parameters) ? parameters : Object.values(parameters)) as readonly Bound[];
  const own = ownFile.toLowerCase();
  if (![sql, ...values.filter((value) => typeof value === 'string')].some((text) => text.toLowerCase().includes(own)))
    return;
  throw new HeadgateError('permission_denied', `${ownFile} is the local database itself: SQL does not read its file.`, {
    hint: 'Query its tables; list_tables names them.',
  });
}
