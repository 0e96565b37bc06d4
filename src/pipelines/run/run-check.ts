import { label, quote } from '../../kernel/quote.ts';
import { countNoun } from '../../kernel/units.ts';
import { type BoundSql, bound, columnName, isPlainType, joined, sql } from '../definition/bound-sql.ts';
import type { Check } from '../definition/schema.ts';
import type { CheckResult } from './detail.ts';
import { readRows } from './read-rows.ts';
import { dialectOf, type Relation, type Staging } from './staging.ts';

/** Rows shown that break a check. */
const MAX_SAMPLES = 5;
const SAMPLE_CHARS = 300;

/** What a check needs beside its rows. */
export interface CheckContext {
  readonly staging: Staging;
  readonly relation: Relation;
  /** Epoch ms. */
  readonly now: number;
}

type Finding = Pick<CheckResult, 'ok' | 'found' | 'bad_rows' | 'samples'>;

/** Runs a check where the rows are. Errors: those of the platform, such as `not_found` for a column. */
export async function runCheck(check: Check, context: CheckContext): Promise<CheckResult> {
  const finding = await findingOf(check, context);
  return { on: check.on, check: check.name ?? nameOf(check), action: check.action, ...finding };
}

function nameOf(check: Check): string {
  if (check.type === 'not_null' || check.type === 'unique') return `${check.type}(${check.columns.join(', ')})`;
  return check.type === 'range' || check.type === 'freshness' ? `${check.type}(${check.column})` : check.type;
}

function findingOf(check: Check, context: CheckContext): Promise<Finding> {
  switch (check.type) {
    case 'not_null':
      return badRows(
        context,
        anyOf(check.columns.map((column) => sql`${columnName(column)} is null`)),
        'have no value',
      );
    case 'unique':
      return uniqueFinding(check.columns, context);
    case 'range':
      return rangeFinding(check, context);
    case 'row_count':
      return rowCountFinding(check, context);
    case 'freshness':
      return freshnessFinding(check, context);
    case 'schema':
      return schemaFinding(check, context);
  }
}

const anyOf = (conditions: readonly BoundSql[]) => joined(conditions, ' or ');

async function badRows(context: CheckContext, condition: BoundSql, what: string): Promise<Finding> {
  const count = await countOf(context, (table) => sql`select count(*) as n from ${table} where ${condition}`);
  if (count === 0) return { ok: true, found: 'no row breaks it', bad_rows: 0, samples: [] };
  const limit = [`limit ${MAX_SAMPLES}`];
  const samples = await samplesOf(context, (table) => sql`select * from ${table} where ${condition} ${limit}`);
  return { ok: false, found: `${countNoun(count, 'row')} ${what}`, bad_rows: count, samples };
}

async function uniqueFinding(columns: readonly string[], context: CheckContext): Promise<Finding> {
  const names = joined(columns.map(columnName), ', ');
  const present = joined(
    columns.map((column) => sql`${columnName(column)} is not null`),
    ' and ',
  );
  const grouped = (table: BoundSql) =>
    sql`select ${names}, count(*) as times from ${table} where ${present} group by ${names} having count(*) > 1`;
  const count = await countOf(context, (table) => sql`select count(*) as n from (${grouped(table)}) as twice`);
  if (count === 0) return { ok: true, found: 'every key is there once', bad_rows: 0, samples: [] };
  const samples = await samplesOf(context, (table) => sql`${grouped(table)} ${[`limit ${MAX_SAMPLES}`]}`);
  return { ok: false, found: `${countNoun(count, 'key')} there more than once`, bad_rows: count, samples };
}

async function rangeFinding({ column, min, max }: Check & { type: 'range' }, context: CheckContext): Promise<Finding> {
  const type = await typeOf(column, context);
  const limit = (value: string | number) =>
    typeof value === 'number' ? bound(value, 'number') : bound(value, type === null ? 'string' : { exact: type });
  const name = columnName(column);
  const conditions = [
    ...(min === undefined ? [] : [sql`${name} < ${limit(min)}`]),
    ...(max === undefined ? [] : [sql`${name} > ${limit(max)}`]),
  ];
  return badRows(context, anyOf(conditions), `outside of ${min ?? '-∞'} to ${max ?? '∞'}`);
}

async function rowCountFinding(
  { min = 0, max }: Check & { type: 'row_count' },
  context: CheckContext,
): Promise<Finding> {
  const count = await countOf(context, (table) => sql`select count(*) as n from ${table}`);
  const ok = count >= min && (max === undefined || count <= max);
  const wanted = max === undefined ? `at least ${min}` : `${min} to ${max}`;
  return { ok, found: `${countNoun(count, 'row')}, ${wanted} are wanted`, bad_rows: null, samples: [] };
}

async function freshnessFinding(
  { column, max_age_s }: Check & { type: 'freshness' },
  context: CheckContext,
): Promise<Finding> {
  const oldest = new Date(context.now - max_age_s * 1000).toISOString();
  const type = await typeOf(column, context);
  const name = columnName(column);
  const limit = bound(oldest, type === null ? 'timestamp' : { exact: type });
  const text = [dialectOf(context.relation) === 'spark' ? 'string' : 'varchar'];
  const rows = await context.staging.query(
    context.relation,
    (table) =>
      sql`select cast(max(${name}) as ${text}) as newest, max(case when ${name} >= ${limit} then 1 else 0 end) as fresh from ${table}`,
  );
  const [[newest = null, fresh = null] = []] = await readRows(rows, 1);
  const found = newest === null ? 'there is no row' : `the newest row is of ${label(String(newest))}`;
  return { ok: Number(fresh) === 1, found: `${found}, ${max_age_s} s old are allowed`, bad_rows: null, samples: [] };
}

async function schemaFinding({ columns }: Check & { type: 'schema' }, context: CheckContext): Promise<Finding> {
  const present = new Map((await context.staging.columns(context.relation)).map(({ name, type }) => [name, type]));
  const plain = (type: string) => type.toLowerCase().replaceAll(/\s+/g, '');
  const wrong = Object.entries(columns).flatMap(([name, wanted]) => {
    const type = present.get(name);
    if (type === undefined) return [`${label(name)} is missing`];
    if (wanted === null || plain(wanted) === plain(type)) return [];
    return [`${label(name)} is ${label(type)}, not ${wanted}`];
  });
  const found = wrong.length === 0 ? 'every column is there' : wrong.join('; ');
  return { ok: wrong.length === 0, found, bad_rows: null, samples: [] };
}

/** A column's type as its platform writes it; null where it cannot stand in SQL. */
async function typeOf(column: string, { staging, relation }: CheckContext): Promise<string | null> {
  const type = (await staging.columns(relation)).find(({ name }) => name === column)?.type;
  return type !== undefined && isPlainType(type) ? type : null;
}

async function countOf({ staging, relation }: CheckContext, write: (table: BoundSql) => BoundSql): Promise<number> {
  const [[count = 0] = []] = await readRows(await staging.query(relation, write), 1);
  return Number(count);
}

async function samplesOf({ staging, relation }: CheckContext, write: (table: BoundSql) => BoundSql): Promise<string[]> {
  const rows = await staging.query(relation, write);
  const names = rows.columns.map(({ name }) => name);
  const found = await readRows(rows, MAX_SAMPLES);
  return found.map((cells) =>
    quote(JSON.stringify(Object.fromEntries(names.map((name, index) => [name, cells[index]]))), SAMPLE_CHARS),
  );
}
