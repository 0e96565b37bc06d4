import { HeadgateError } from '../../../kernel/errors.ts';
import type { SqlOptions, SqlSession } from '../../../kernel/sql-engine.ts';
import { sparkName } from './jdbc.ts';

/** Where the rows of a load come from: exactly one of the first three. */
export interface SparkSource {
  readonly query?: string | undefined;
  readonly sourceTable?: string | undefined;
  readonly path?: string | undefined;
  readonly format: string;
}

/** Name of the view over files. */
const FILES = 'headgate_files';

/** Errors: `invalid_argument` unless exactly one source is given. */
export function requireOneSource({ query, sourceTable, path }: SparkSource): void {
  const given = [query, sourceTable, path].filter((one) => one !== undefined);
  if (given.length === 1) return;
  throw new HeadgateError(
    'invalid_argument',
    given.length === 0 ? 'No rows were named.' : 'Rows come from one place, and several were named.',
    { hint: 'Pass exactly one of query, source_table and path.' },
  );
}

/**
 * The source as one query. What a caller wrote stands inside of another query, where Spark takes nothing that changes anything.
 * Errors: `invalid_argument` (names), those of the files.
 */
export async function queryOf(source: SparkSource, session: SqlSession, options: SqlOptions): Promise<string> {
  if (source.query !== undefined) return `SELECT * FROM (\n${source.query.trim().replace(/;+$/, '')}\n)`;
  if (source.sourceTable !== undefined) return `SELECT * FROM ${tableName(source.sourceTable)}`;
  await session.viewFiles(FILES, { format: source.format, path: source.path ?? '' }, options);
  return `SELECT * FROM ${FILES}`;
}

/** Parts between dots; a part in backticks may hold anything. */
const NAME_PARTS = /^(?:`((?:[^`]|``)+)`|([^`.\s]+))(?:\.|$)/;

/** A table's name, quoted part by part: it can be nothing else. */
export function tableName(text: string): string {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest !== '' || parts.length === 0) {
    const match = NAME_PARTS.exec(rest);
    if (match === null) {
      throw new HeadgateError('invalid_argument', `${JSON.stringify(text.slice(0, 120))} is no name of a table.`, {
        hint: 'Write catalog.schema.table; put parts with other characters in backticks. A query goes into query.',
      });
    }
    parts.push(sparkName((match[1] ?? '').replaceAll('``', '`') || (match[2] ?? '')));
    rest = rest.slice(match[0].length);
  }
  return parts.join('.');
}

/** Units as Spark's plans write them. */
const UNITS: Readonly<Record<string, number>> = { B: 0, KiB: 1, MiB: 2, GiB: 3, TiB: 4, PiB: 5, EiB: 6 };
const SIZE = /Statistics\(sizeInBytes=([\d.]+) ([KMGTPE]?i?B)/;
/** What Spark says of sources of which it knows nothing. Bytes. */
const UNKNOWN_BYTES = 2 ** 60;

/** How large Spark believes a result to be, of the text of EXPLAIN COST. Null: it does not know. */
export function estimatedBytes(plan: string): number | null {
  const match = SIZE.exec(plan);
  const power = UNITS[match?.[2] ?? ''];
  if (match === null || power === undefined) return null;
  const bytes = Number(match[1]) * 1024 ** power;
  return bytes >= UNKNOWN_BYTES ? null : bytes;
}
