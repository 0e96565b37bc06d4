import { type Data, Field, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Struct } from 'apache-arrow';
import type { FieldDef, PoolClient } from 'pg';
import Cursor from 'pg-cursor';
import { HeadgateError, throwIfCancelled } from '../../../kernel/errors.ts';
import type { ArrowRows, SqlColumn, SqlOptions } from '../../../kernel/sql-engine.ts';
import type { Database } from '../databases.ts';
import { postgresFailure } from '../postgres-error.ts';
import { endInBackground, lease, readPreamble } from '../sessions.ts';
import { checkRead } from '../statements/check-read.ts';
import { type ColumnReader, ELEMENTS, readerOf, type Texts } from './decode/columns.ts';
import { typeNameOf } from './decode/type-names.ts';

/** Rows of the first chunk; later ones are as large as they can be. */
const FIRST_ROWS = 500;
const MOST_ROWS = 20_000;
/** Text that one chunk is made of, about. */
const CHUNK_BYTES = 2 * 1024 * 1024;
/** How long a reader may do other things between two chunks. Milliseconds. */
const PATIENCE_MS = 600_000;

/** A page of rows, values as the server writes them. */
interface TextPage {
  readonly rows: Texts[];
  readonly fields: FieldDef[];
}

/**
 * Runs one query in a READ ONLY transaction and streams its rows as Arrow through a cursor on the server.
 * Errors: `invalid_argument` (SQL), `not_found`, `permission_denied`, `failed_precondition` (a value without place in Arrow), `cancelled`.
 */
export async function readRows(database: Database, sql: string, options: SqlOptions): Promise<ArrowRows> {
  const { signal } = options;
  const parameters = positional(options.parameters);
  await checkRead(sql);
  const held = await lease(database, signal);
  const failed = (error: unknown) => {
    endInBackground(held, error);
    return postgresFailure(error, { database: database.name, signal });
  };
  try {
    const patience = `set local idle_in_transaction_session_timeout = ${PATIENCE_MS}`;
    await held.client.query([...readPreamble(database, { signal }), patience].join(';'));
    const cursor = openCursor(held.client, sql, parameters);
    const first = await readPage(cursor, FIRST_ROWS);
    const columns = first.fields.map(columnOf);
    const close = async () => {
      await cursor.close().catch(() => undefined);
      endInBackground(held);
    };
    return {
      columns: columns.map(({ column }) => column),
      chunks: chunksOf(cursor, first, columns, { signal, failed, close }),
    };
  } catch (error) {
    throw failed(error);
  }
}

function positional(parameters: SqlOptions['parameters']): unknown[] {
  if (parameters === undefined) return [];
  if (Array.isArray(parameters)) return [...parameters];
  throw new HeadgateError('invalid_argument', 'PostgreSQL takes parameters by position.', {
    hint: 'Pass an array, and write $1, $2 … in the statement.',
  });
}

/** Values come as text: every type has an exact one. */
const AS_TEXT = { getTypeParser: () => (value: string) => value };

function openCursor(client: PoolClient, sql: string, parameters: unknown[]): Cursor<Texts> {
  return client.query(new Cursor<Texts>(sql, parameters, { rowMode: 'array', types: AS_TEXT as never }));
}

function readPage(cursor: Cursor<Texts>, rows: number): Promise<TextPage> {
  return new Promise((resolve, reject) => {
    cursor.read(rows, (error, page, result) => {
      if (error) reject(error);
      else resolve({ rows: page, fields: result.fields });
    });
  });
}

/** A column with the reader of its values. */
interface ReadColumn {
  readonly column: SqlColumn;
  readonly field: Field;
  readonly reader: ColumnReader;
}

function columnOf({ name, dataTypeID, dataTypeModifier }: FieldDef): ReadColumn {
  const reader = readerOf(dataTypeID, dataTypeModifier);
  const type = typeNameOf(dataTypeID, dataTypeModifier, ELEMENTS);
  return { column: { name, type, nullable: null }, field: new Field(name, reader.type, true), reader };
}

/** What a stream of chunks ends with. */
interface Ends {
  readonly signal: AbortSignal;
  readonly failed: (error: unknown) => unknown;
  readonly close: () => Promise<void>;
}

async function* chunksOf(
  cursor: Cursor<Texts>,
  first: TextPage,
  columns: readonly ReadColumn[],
  { signal, failed, close }: Ends,
): AsyncGenerator<Uint8Array> {
  let failure: unknown = null;
  try {
    let rowsBefore = 0;
    let { rows } = first;
    let most = FIRST_ROWS;
    do {
      yield toArrow(rows, columns, rowsBefore);
      throwIfCancelled(signal);
      rowsBefore += rows.length;
      if (rows.length < most) return;
      most = nextRows(rows);
      ({ rows } = await readPage(cursor, most));
    } while (rows.length > 0);
  } catch (error) {
    failure = failed(error);
    throw failure;
  } finally {
    if (failure === null) await close();
  }
}

/** As many rows as make a chunk, if they are as wide as these. */
function nextRows(rows: readonly Texts[]): number {
  const sample = rows.slice(0, 100);
  const bytes = sample.reduce((sum, row) => sum + row.reduce((width, cell) => width + (cell?.length ?? 0), 0), 0);
  const each = Math.max(1, bytes / Math.max(1, sample.length));
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(CHUNK_BYTES / each)));
}

function toArrow(rows: readonly Texts[], columns: readonly ReadColumn[], rowsBefore: number): Uint8Array {
  const fields = columns.map(({ field }) => field);
  const schema = new Schema(fields);
  const children: Data[] = columns.map(({ reader, column }, at) =>
    reader.read(
      rows.map((row) => row[at] ?? null),
      { column: column.name, rowsBefore },
    ),
  );
  const data = makeData({ type: new Struct(fields), length: rows.length, nullCount: 0, children });
  return RecordBatchStreamWriter.writeAll([new RecordBatch(schema, data)]).toUint8Array(true);
}
