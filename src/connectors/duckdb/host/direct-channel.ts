import type {
  DuckDBAppender,
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBPreparedStatement,
  DuckDBResult,
  DuckDBValue,
} from '@duckdb/node-api';
import { DuckDBDataChunk as Chunk, DuckDBTypeId, StatementType } from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { Cell } from '../../../kernel/table.ts';
import { duckdbType, duckdbValues } from '../arrow/from-arrow.ts';
import { type ArrowWriter, arrowWriter } from '../arrow/to-arrow.ts';
import type {
  Appended,
  Channel,
  ChannelRequest,
  ChannelResponse,
  Fetched,
  Parameters,
  Prepared,
  RowForm,
} from '../channel.ts';
import { duckdbFault, isFatal } from '../fault.ts';
import { identifier } from '../names.ts';
import { toCell } from '../values/cells.ts';
import { bindParameters } from './bind.ts';

/** Columns of a result that anybody can read. */
const MAX_COLUMNS = 4_096;
/** Rows of cells are handed over when their text has so many characters. */
const CELL_CHARS = 4_000_000;
/** Rows of one chunk of DuckDB. */
const CHUNK_ROWS = 2_048;

/** What a running result is fetched from. */
interface Running {
  readonly result: DuckDBResult;
  readonly sql: string;
  readonly parameters: Parameters;
  readonly stream: boolean;
  writer?: ArrowWriter;
  /** Rows of a chunk that were not handed over yet. */
  rest: Cell[][];
  ended: boolean;
}

/** Runs work of DuckDB when it is its turn: each takes a thread of the process away from its files and sockets. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/** A connection of DuckDB in this process. */
export class DirectChannel implements Channel {
  readonly #connection: DuckDBConnection;
  readonly #turn: Turn;
  readonly #onFatal: () => void;
  #sql = '';
  #statement: DuckDBPreparedStatement | null = null;
  #running: Running | null = null;
  #busy: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(connection: DuckDBConnection, turn: Turn, onFatal: () => void) {
    this.#connection = connection;
    this.#turn = turn;
    this.#onFatal = onFatal;
  }

  request(request: ChannelRequest, bytes?: Uint8Array): Promise<ChannelResponse> {
    const answer = this.#busy.then(() => this.#answer(request, bytes));
    this.#busy = answer.catch(() => undefined);
    return answer;
  }

  interrupt(): void {
    if (!this.#closed) this.#connection.interrupt();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.interrupt();
    this.#closed = true;
    await this.#busy;
    this.#forget();
    this.#connection.closeSync();
  }

  async #answer(request: ChannelRequest, bytes: Uint8Array | undefined): Promise<ChannelResponse> {
    if (this.#closed) throw new HeadgateError('cancelled', 'The connection to the local database is closed.');
    try {
      return await this.#turn(() => this.#perform(request, bytes));
    } catch (error) {
      if (isFatal(error)) this.#onFatal();
      throw duckdbFault(error);
    }
  }

  async #perform(request: ChannelRequest, bytes: Uint8Array | undefined): Promise<ChannelResponse> {
    switch (request.op) {
      case 'prepare':
        return { value: await this.#prepare(request.sql) };
      case 'start':
        return { value: await this.#start(request.parameters, request.stream) };
      case 'fetch':
        return this.#fetch(request.form, request.rows, request.skip ?? 0);
      case 'script':
        return { value: await this.#script(request.sql, request.parameters) };
      case 'append':
        return { value: await this.#append(request.table, bytes ?? new Uint8Array()) };
    }
  }

  async #prepare(sql: string): Promise<Prepared> {
    this.#forget();
    const extracted = await this.#connection.extractStatements(sql).catch((error: unknown) => {
      // DuckDB says nothing of a text in which there is no statement.
      if (error instanceof Error && error.message === 'Error in native callback')
        throw new HeadgateError('invalid_argument', 'There is no statement in the text.');
      throw error;
    });
    if (extracted.count !== 1) return { statements: extracted.count, type: '', parameters: [], columns: [] };
    const statement = await extracted.prepare(0);
    this.#statement = statement;
    this.#sql = sql;
    const columns = statement.statementType === StatementType.SELECT ? columnsOf(statement) : [];
    const parameters = Array.from({ length: statement.parameterCount }, (_, index) =>
      statement.parameterName(index + 1),
    );
    return { statements: 1, type: StatementType[statement.statementType] ?? 'INVALID', parameters, columns };
  }

  async #start(parameters: Parameters, stream: boolean) {
    if (this.#statement === null) throw new TypeError('Nothing was prepared.');
    bindParameters(this.#statement, parameters);
    const result = stream ? await this.#statement.stream() : await this.#statement.run();
    this.#running = { result, sql: this.#sql, parameters, stream, rest: [], ended: false };
    return { columns: columnsOf(result), changed: result.rowsChanged };
  }

  async #fetch(form: RowForm, rows: number, skip: number): Promise<ChannelResponse> {
    const running = this.#running;
    if (running === null) throw new TypeError('Nothing was started.');
    if (form === 'arrow') return this.#fetchArrow(running, rows);
    await this.#skip(running, skip);
    return { value: await this.#fetchCells(running, rows) };
  }

  async #fetchArrow(running: Running, rows: number): Promise<ChannelResponse> {
    running.writer ??= arrowWriter(running.result.columnNames(), running.result.columnTypes());
    const chunks: DuckDBDataChunk[] = [];
    let count = 0;
    while (count < rows && !running.ended) {
      const chunk = await this.#nextChunk(running);
      if (chunk === null) continue;
      chunks.push(chunk);
      count += chunk.rowCount;
    }
    const value: Fetched = { rows: count, done: running.ended };
    return { value, bytes: running.writer.write(chunks) };
  }

  async #fetchCells(running: Running, rows: number): Promise<Fetched> {
    let chars = 0;
    const cells: Cell[][] = [];
    while (cells.length < rows && chars < CELL_CHARS) {
      if (running.rest.length === 0) {
        if (running.ended) break;
        const chunk = await this.#nextChunk(running);
        running.rest = chunk === null ? [] : chunk.getRows().map((row) => row.map(toCell));
        continue;
      }
      const row = running.rest.shift() as Cell[];
      chars += row.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
      cells.push(row);
    }
    return { rows: cells.length, done: running.ended && running.rest.length === 0, cells };
  }

  async #skip(running: Running, rows: number): Promise<void> {
    let left = rows;
    while (left > 0 && !running.ended) {
      const chunk = await this.#nextChunk(running);
      if (chunk === null) break;
      if (chunk.rowCount > left)
        running.rest = chunk
          .getRows()
          .slice(left)
          .map((row) => row.map(toCell));
      left -= Math.min(left, chunk.rowCount);
    }
  }

  async #nextChunk(running: Running): Promise<DuckDBDataChunk | null> {
    const chunk = await running.result.fetchChunk();
    if (chunk !== null && chunk.rowCount > 0) return chunk;
    running.ended = true;
    if (running.stream) await this.#requireWhole(running);
    return null;
  }

  /**
   * A stream that fails in its middle ends like one that is done, only that its transaction is aborted. The query is then run again
   * without its rows, to learn why.
   */
  async #requireWhole({ sql, parameters }: Running): Promise<void> {
    const aborted = await this.#connection.run('SELECT 1').then(
      () => null,
      (error: unknown) => error,
    );
    if (aborted === null) return;
    await this.#connection.run('ROLLBACK');
    await this.#connection.run('BEGIN TRANSACTION READ ONLY');
    const again = await this.#connection.prepare(`EXPLAIN ANALYZE ${sql}`);
    bindParameters(again, parameters);
    await again.run();
    throw aborted;
  }

  async #script(sql: string, parameters: Parameters): Promise<Cell[][]> {
    this.#running = null;
    const values = Array.isArray(parameters) ? (parameters as readonly DuckDBValue[]) : [];
    const result = await this.#connection.runAndReadAll(sql, values.length === 0 ? undefined : [...values]);
    return result.getRows().map((row) => row.map(toCell));
  }

  async #append(table: string, ipc: Uint8Array): Promise<Appended> {
    const rows = arrow.tableFromIPC(ipc);
    const { fields } = rows.schema;
    const types = fields.map((field) => String(duckdbType(field)));
    const definitions = fields.map(({ name }, column) => `${identifier(name)} ${types[column]}`);
    await this.#connection.run(
      `CREATE TEMP TABLE IF NOT EXISTS temp.main.${identifier(table)} (${definitions.join(', ')})`,
    );
    const appender = await this.#connection.createAppender(table, 'main', 'temp');
    try {
      appendRows(appender, rows);
    } finally {
      appender.closeSync();
    }
    const columns = fields.map(({ name, type }, column) => ({
      name,
      type: arrow.DataType.isNull(type) ? 'NULL' : (types[column] ?? ''),
      nullable: null,
    }));
    return { rows: rows.numRows, columns };
  }

  #forget(): void {
    this.#running = null;
    this.#statement?.destroySync();
    this.#statement = null;
  }
}

function appendRows(appender: DuckDBAppender, table: arrow.Table): void {
  const types = table.schema.fields.map(duckdbType);
  for (const batch of table.batches) {
    const columns = batch.data.children.map((column) => duckdbValues(column));
    for (let from = 0; from < batch.numRows; from += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, batch.numRows - from);
      const chunk = Chunk.create(types, rows);
      chunk.setColumns(columns.map((column) => column.slice(from, from + rows)));
      appender.appendDataChunk(chunk);
    }
  }
  appender.flushSync();
}

function columnsOf(
  described: Pick<DuckDBResult | DuckDBPreparedStatement, 'columnCount' | 'columnName' | 'columnTypeId' | 'columnType'>,
) {
  const count = described.columnCount;
  if (count > MAX_COLUMNS) {
    throw new HeadgateError('invalid_argument', `The result has ${count} columns; ${MAX_COLUMNS} is the most.`, {
      hint: 'Name the columns that you need.',
      details: { columns: count },
    });
  }
  return Array.from({ length: count }, (_, column) => {
    return { name: described.columnName(column), type: typeName(described, column), nullable: null };
  });
}

/** The type of a parameter that was not bound yet, and of what is made of it, is not known. */
function typeName(
  described: Pick<DuckDBResult | DuckDBPreparedStatement, 'columnTypeId' | 'columnType'>,
  column: number,
): string {
  if (described.columnTypeId(column) === DuckDBTypeId.INVALID) return 'UNKNOWN';
  const type = described.columnType(column);
  return type.alias ?? String(type);
}
