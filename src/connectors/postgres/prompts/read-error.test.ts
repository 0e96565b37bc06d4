import { expect, it } from 'vitest';
import { readError } from './read-error.ts';

it.each([
  ['ERROR:  42703: column "x" does not exist', '42703'],
  ['psycopg2.errors.UndefinedTable: relation "ordrs" does not exist\nLINE 1: select', '42P01'],
  ['org.postgresql.util.PSQLException: ERROR: deadlock detected', '40P01'],
  ['{"code":"invalid_argument","details":{"sql_state":"22P02"}}', '22P02'],
  ['PostgreSQL (main): «division by zero» (22012).', '22012'],
  ['[CAST_INVALID_INPUT] The value cannot be cast. SQLSTATE: 22018', '22018'],
  ['java.sql.SQLException: SQLState = 23505', '23505'],
  ['connection reset by peer', null],
  ['the (HELLO) of a greeting', null],
])('reads the SQLSTATE of %j [postgres-advice.read-errors]', (text, state) => {
  expect(readError(text).sqlState).toBe(state);
});

it('reads the error class of Spark with its sub-class [postgres-advice.read-errors]', () => {
  const text =
    '[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column with name `custmer_id` cannot be resolved. SQLSTATE: 42703';
  expect(readError(text)).toEqual({
    sqlState: '42703',
    sparkClass: 'UNRESOLVED_COLUMN.WITH_SUGGESTION',
    names: ['custmer_id'],
  });
  expect(readError('[INFO] something [ERROR] else').sparkClass).toBeNull();
});

it('reads the names that an error quotes, the parts of dotted ones apart [postgres-advice.read-errors]', () => {
  expect(readError('relation "shop.ordrs" does not exist; `cat`.`tbl`').names).toEqual(['shop', 'ordrs', 'cat', 'tbl']);
  expect(readError('column o.custmer does not exist').names).toEqual(['o', 'custmer']);
  expect(readError('"1; drop table x" "ok"').names).toEqual(['ok']);
});

it('reads a megabyte of noise at once', () => {
  expect(readError(`${'"'.repeat(500_000)}${'['.repeat(500_000)}`)).toEqual({
    sqlState: null,
    sparkClass: null,
    names: [],
  });
});
