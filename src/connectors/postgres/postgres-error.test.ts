import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../kernel/errors.ts';
import { parseAddress } from './connection.ts';
import { isConnectionLost, postgresFailure } from './postgres-error.ts';

const failure = (error: object) => postgresFailure(error, { database: 'main' }) as HeadgateError;

describe('an error of the server', () => {
  it.each([
    ['42P01', 'not_found', false],
    ['42703', 'not_found', false],
    ['42601', 'invalid_argument', false],
    ['42501', 'permission_denied', false],
    ['22P02', 'invalid_argument', false],
    ['23505', 'failed_precondition', false],
    ['25006', 'permission_denied', false],
    ['28P01', 'permission_denied', false],
    ['40001', 'aborted', true],
    ['40P01', 'aborted', true],
    ['53100', 'resource_exhausted', true],
    ['53300', 'unavailable', true],
    ['54011', 'invalid_argument', false],
    ['55P03', 'aborted', true],
    ['57014', 'deadline_exceeded', true],
    ['57P01', 'unavailable', true],
    ['08006', 'unavailable', true],
    ['P0001', 'failed_precondition', false],
    ['XX000', 'unavailable', true],
    ['ZZ999', 'failed_precondition', false],
  ])('with SQLSTATE %s is %s [postgres.error-meaning]', (code, expected, retryable) => {
    const seen = failure({ code, message: 'it «failed»', position: '7', constraint: 'c' });
    expect(seen).toMatchObject({
      code: expected,
      retryable,
      details: { sql_state: code, position: 7, constraint: 'c' },
    });
    expect(seen.message).toBe(`PostgreSQL (main): «it ‹failed›» (${code}).`);
  });

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET', 'EPIPE'])(
    'of the network (%s) is unavailable [postgres.error-meaning]',
    (code) => {
      expect(failure({ code, message: 'x' })).toMatchObject({ code: 'unavailable', retryable: true });
      expect(isConnectionLost({ code })).toBe(true);
    },
  );

  it('is cancelled when the caller went away [postgres.cancel]', () => {
    const signal = AbortSignal.abort();
    expect(postgresFailure({ code: '57014', message: 'x' }, { database: 'main', signal })).toMatchObject({
      code: 'cancelled',
      details: { sql_state: '57014' },
    });
  });

  it('says what to do before what the server adds [postgres.error-meaning]', () => {
    const hint = 'See server log for query details.';
    expect(failure({ code: '40P01', message: 'deadlock detected', hint }).hint).toBe(
      `It met another transaction and was undone: run it again. PostgreSQL says: «${hint}»`,
    );
    expect(failure({ code: 'ZZ999', message: 'x', hint }).hint).toBe(`PostgreSQL says: «${hint}»`);
  });

  it('that is a bug of ours stays what it is [postgres.error-meaning]', () => {
    const bug = new TypeError('x');
    expect(postgresFailure(bug, { database: 'main' })).toBe(bug);
  });
});

describe('an address', () => {
  it('is read as libpq reads it [postgres.databases]', () => {
    expect(parseAddress('postgres://me:p%40ss@db.example:5433/shop?sslmode=require', 'x')).toMatchObject({
      host: 'db.example',
      port: 5433,
      database: 'shop',
      user: 'me',
      password: 'p@ss',
    });
    expect(parseAddress('postgresql://me@h', 'x')).toMatchObject({ database: 'me', port: 5432, password: null });
  });

  it.each([
    'mysql://x',
    'postgres://',
    'postgres://secret@',
    'postgres://u:hidden@h/d?slmode=x',
    'postgres://u:hid%zz@h/d',
  ])('that is none is refused without being repeated: %s [postgres.databases]', (address) => {
    expect(() => parseAddress(address, 'postgres.databases.x')).toThrow(HeadgateError);
    expect(() => parseAddress(address, 'postgres.databases.x')).not.toThrow(/hidden|hid%/);
  });
});
