import type { DuckDBPreparedStatement, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import * as duckdb from '@duckdb/node-api';
import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import type { Bound, Parameters } from '../channel.ts';

/** Binds the parameters of a statement. Errors: `invalid_argument` when there are too few, too many or other ones. */
export function bindParameters(statement: DuckDBPreparedStatement, parameters: Parameters): void {
  const names = Array.from({ length: statement.parameterCount }, (_, index) => statement.parameterName(index + 1));
  statement.clearBindings();
  if (isList(parameters)) requireCount(names, parameters);
  else requireNames(names, Object.keys(parameters));
  for (const [index, name] of names.entries()) {
    const value = isList(parameters) ? parameters[Number(name) - 1] : parameters[name];
    const { bound, type } = boundValue(value ?? null);
    statement.bindValue(index + 1, bound, type);
  }
}

function isList(parameters: Parameters): parameters is readonly Bound[] {
  return Array.isArray(parameters);
}

function requireCount(names: readonly string[], parameters: readonly Bound[]): void {
  const named = names.filter((name) => !/^\d+$/.test(name));
  const needed = Math.max(0, ...names.map(Number).filter(Number.isFinite));
  if (named.length === 0 && needed === parameters.length) return;
  const wants =
    named.length > 0 ? `parameters named ${named.join(', ')}` : `${needed} parameter${needed === 1 ? '' : 's'}`;
  throw new HeadgateError('invalid_argument', `The statement takes ${wants}; ${parameters.length} were given.`, {
    hint: 'Give one value for each of $1, $2 …, in this order.',
    details: { expected: needed, given: parameters.length },
  });
}

function requireNames(names: readonly string[], given: readonly string[]): void {
  const missing = names.find((name) => !given.includes(name));
  const unknown = given.find((name) => !names.includes(name));
  if (missing === undefined && unknown === undefined) return;
  const problem = missing === undefined ? `has no parameter $${unknown}` : `needs the parameter $${missing}`;
  throw new HeadgateError('invalid_argument', `The statement ${problem}.`, {
    details: { expected: names, nearest: nearest(unknown ?? missing ?? '', missing === undefined ? names : given) },
  });
}

/** Largest INTEGER. */
const INT32 = 2 ** 31;

function boundValue(value: Bound): { bound: DuckDBValue; type: DuckDBType | undefined } {
  if (value === null) return { bound: null, type: duckdb.SQLNULL };
  if (typeof value === 'number') return numberOf(value);
  if (typeof value === 'string') return { bound: value, type: duckdb.VARCHAR };
  if (typeof value === 'boolean') return { bound: value, type: duckdb.BOOLEAN };
  const items = value.map((item) => boundValue(item));
  const type = items.find((item) => item.bound !== null)?.type ?? duckdb.VARCHAR;
  if (items.every((item) => item.bound === null || item.type === type))
    return { bound: new duckdb.DuckDBListValue(items.map(({ bound }) => bound)), type: duckdb.LIST(type) };
  if (value.every((item) => item === null || typeof item === 'number')) return numbersOf(value as (number | null)[]);
  return {
    bound: new duckdb.DuckDBListValue(value.map((item) => (item === null ? null : String(item)))),
    type: duckdb.LIST(duckdb.VARCHAR),
  };
}

function numberOf(value: number): { bound: DuckDBValue; type: DuckDBType } {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { bound: value, type: duckdb.DOUBLE };
  if (value >= -INT32 && value < INT32) return { bound: value, type: duckdb.INTEGER };
  return { bound: BigInt(value), type: duckdb.BIGINT };
}

/** Whole numbers of different sizes, or with fractions among them. */
function numbersOf(values: readonly (number | null)[]): { bound: DuckDBValue; type: DuckDBType } {
  const whole = values.every((value) => value === null || Number.isSafeInteger(value));
  const items = values.map((value) => (value === null || !whole ? value : BigInt(value)));
  return { bound: new duckdb.DuckDBListValue(items), type: duckdb.LIST(whole ? duckdb.BIGINT : duckdb.DOUBLE) };
}
