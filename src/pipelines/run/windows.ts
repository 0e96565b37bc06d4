import { HeadgateError } from '../../kernel/errors.ts';
import { label } from '../../kernel/quote.ts';
import { type BoundSql, bound, columnName, isPlainType, sql } from '../definition/bound-sql.ts';
import type { Incremental } from '../definition/schema.ts';
import type { SourceWindow } from './detail.ts';
import { readRows } from './read-rows.ts';
import { dialectOf, type Relation, type Staging } from './staging.ts';

/** A column's type as times are written by PostgreSQL, DuckDB and Spark. */
const TIME_TYPE = /^(?:date|timestamp)/i;

/** What a window is planned from. */
export interface WindowRequest {
  readonly source: string;
  readonly incremental: Incremental;
  /** Where the last run ended; null: nothing was loaded yet. */
  readonly watermark: string | null;
  /** Dates of a backfill, which loads them whatever the watermark says. */
  readonly range: { readonly from: string; readonly to: string } | null;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * Fixes which rows of a source a run loads: those after the watermark up to the newest that is there now, or those of a range
 * of dates. It is stored before anything is read, so that a repeat loads the same rows.
 * Errors: `failed_precondition` for a column that cannot be one, `not_found`.
 */
export async function planWindow(staging: Staging, relation: Relation, request: WindowRequest): Promise<SourceWindow> {
  const { source, incremental, watermark, range } = request;
  const { column } = incremental;
  const type = await columnType(staging, relation, source, column);
  const base = { source, column, type, dialect: dialectOf(relation) };
  if (range !== null) {
    if (TIME_TYPE.test(type)) return { ...base, from: range.from, to: range.to, kind: 'range' };
    throw new HeadgateError(
      'failed_precondition',
      `The column ${label(column)} of ${source} is ${label(type)}, no time: from and to cannot choose its rows.`,
      {
        hint: 'Backfill by dates needs an incremental column of dates or timestamps.',
      },
    );
  }
  const high = await newest(staging, relation, { ...request, type });
  return { ...base, from: watermark, to: high ?? watermark, kind: 'watermark' };
}

/** The condition that chooses the rows of a window. */
export function windowCondition({ column, type, from, to, kind }: SourceWindow): BoundSql {
  const name = columnName(column);
  // Nothing was there: an empty source has no newest row.
  if (to === null) return sql`1 = 0`;
  const exact = { exact: type };
  if (kind === 'range') return sql`${name} >= ${bound(from, exact)} and ${name} < ${bound(to, exact)}`;
  const upTo = sql`${name} <= ${bound(to, exact)}`;
  return from === null ? upTo : sql`${name} > ${bound(from, exact)} and ${upTo}`;
}

async function columnType(staging: Staging, relation: Relation, source: string, column: string): Promise<string> {
  const columns = await staging.columns(relation);
  const found = columns.find(({ name }) => name === column);
  if (found === undefined) {
    throw new HeadgateError('not_found', `The source ${source} has no column ${label(column)}.`, {
      details: { columns: columns.slice(0, 50).map(({ name }) => name) },
    });
  }
  if (isPlainType(found.type)) return found.type;
  throw new HeadgateError(
    'failed_precondition',
    `The column ${label(column)} of ${source} is ${label(found.type)}, which has no order to go by.`,
    {
      hint: 'Use a column of numbers, dates, timestamps or text.',
    },
  );
}

/** The value of the newest row that may be loaded, as text; null: none after the watermark. */
async function newest(
  staging: Staging,
  relation: Relation,
  request: WindowRequest & { type: string },
): Promise<string | null> {
  const { incremental, watermark, now, type } = request;
  const { column, lag } = incremental;
  const name = columnName(column);
  const conditions = [sql`${name} is not null`];
  if (watermark !== null) conditions.push(sql`${name} > ${bound(watermark, { exact: type })}`);
  const rows = await staging.query(relation, (table) => {
    if (lag !== undefined && TIME_TYPE.test(type)) {
      conditions.push(sql`${name} <= ${bound(new Date(now - lag * 1000).toISOString(), { exact: type })}`);
    } else if (lag !== undefined) {
      conditions.push(sql`${name} <= (select max(${name}) from ${table}) - ${bound(lag, 'number')}`);
    }
    const where = conditions.reduce((all, one) => sql`${all} and ${one}`);
    return sql`select ${[`cast(`]}max(${name}) as ${[dialectOf(relation) === 'spark' ? 'string' : 'varchar']}) as high from ${table} where ${where}`;
  });
  const [[high = null] = []] = await readRows(rows, 1);
  return high === null ? null : String(high);
}
