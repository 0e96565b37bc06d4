import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import type { ArrowRows } from '../../../kernel/sql-engine.ts';
import type { RunOptions, SparkConnect } from '../../../spark-connect/index.ts';
import type { Statement } from './classify.ts';
import { decoded } from './write-result.ts';

/** Columns that a result may have: more cannot be read by anybody. */
const MAX_COLUMNS = 2_000;
/** Tables that are looked at for a name that somebody may have meant. */
const MAX_NAMES = 5_000;

/**
 * A statement as Spark gets it. A query stands inside of another, where Spark accepts nothing that changes anything, and is asked for one
 * row more than wanted: that one tells whether there are more.
 */
export function boundedSql({ effect, sql }: Statement, limit: number | null): string {
  if (effect !== 'query') return sql;
  return `SELECT * FROM (\n${sql}\n)${limit === null ? '' : ` LIMIT ${limit + 1}`}`;
}

/** Runs a statement and gives its rows. Errors: those of Spark, with the names that were meant; `resource_exhausted` for too many columns. */
export async function runStatement(
  session: SparkConnect,
  statement: Statement,
  limit: number | null,
  options: RunOptions,
): Promise<ArrowRows> {
  try {
    const { columns, chunks } = await session.query(boundedSql(statement, limit), options);
    if (columns.length > MAX_COLUMNS) {
      await leave(chunks);
      throw new HeadgateError(
        'resource_exhausted',
        `The result has ${columns.length} columns; ${MAX_COLUMNS} can be given.`,
        {
          hint: 'Name the columns that you need.',
        },
      );
    }
    return { columns, chunks };
  } catch (error) {
    throw await withNearest(error, session, options.signal);
  }
}

/** The first rows, and whether there are more. */
export async function firstRows(rows: ArrowRows, limit: number): Promise<{ rows: unknown[][]; more: boolean }> {
  const found: unknown[][] = [];
  for await (const batch of decoded(rows, limit + 1)) {
    for (const row of batch) found.push([...row]);
    if (found.length > limit) break;
  }
  return { rows: found.slice(0, limit), more: found.length > limit };
}

async function leave(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks) return;
}

/** The names that Spark offers, and the one that it does not know, in its messages. */
const PROPOSAL = /Did you mean one of the following\? \[([^\]]{1,2000})\]/;
const RELATION = /`[^`]{1,255}`(?:\.`[^`]{1,255}`){0,2}/;

/** Adds to an error of an unknown table the names that exist. Columns are offered by Spark itself. */
async function withNearest(error: unknown, session: SparkConnect, signal: AbortSignal | undefined): Promise<unknown> {
  if (!(error instanceof HeadgateError)) return error;
  const { error_class: errorClass, message_parameters: parameters } = (error.details ?? {}) as {
    error_class?: string;
    message_parameters?: Record<string, string>;
  };
  const known = error.details?.nearest;
  if (Array.isArray(known)) return offering(error, known.map(String).map(unquoted));
  // Spark 3.5 says in its message alone what 4.x says in parameters.
  const proposed = parameters?.proposal ?? PROPOSAL.exec(error.message)?.[1];
  if (proposed !== undefined) return offering(error, proposed.split(',').map(unquoted));
  if (errorClass?.startsWith('TABLE_OR_VIEW_NOT_FOUND') !== true) return error;
  const wanted = unquoted(parameters?.relationName ?? RELATION.exec(error.message)?.[0] ?? '');
  const names = await tableNames(session, wanted, signal);
  return offering(error, nearest(wanted.split('.').at(-1) ?? wanted, names));
}

function offering(error: HeadgateError, names: readonly string[]): HeadgateError {
  if (names.length === 0) return error;
  return new HeadgateError(error.code, error.message, {
    hint: `Did you mean ${names.slice(0, 5).join(', ')}?`,
    details: { ...error.details, nearest: names },
    cause: error.cause,
  });
}

/** Names of tables and views where the wanted one would be; none when they cannot be listed. */
async function tableNames(session: SparkConnect, wanted: string, signal: AbortSignal | undefined): Promise<string[]> {
  const namespace = wanted.split('.').slice(0, -1);
  const where =
    namespace.length === 0 ? '' : ` IN ${namespace.map((part) => `\`${part.replaceAll('`', '``')}\``).join('.')}`;
  try {
    const rows = await session.query(`SHOW TABLES${where}`, { signal });
    const { rows: found } = await firstRows(rows, MAX_NAMES);
    return found.map(([, name]) => String(name));
  } catch (error) {
    // The error of the statement is the news, not that its names could not be listed.
    if (error instanceof HeadgateError) return [];
    throw error;
  }
}

const unquoted = (name: string): string => name.trim().replace(/^`|`$/g, '').replaceAll('`.`', '.');
