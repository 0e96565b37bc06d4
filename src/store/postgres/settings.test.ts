import { describe, expect, it } from 'vitest';
import { parseDatabaseUrl } from './settings.ts';

const problemOf = (url: string): unknown => {
  try {
    parseDatabaseUrl(url);
  } catch (error) {
    return error;
  }
  return null;
};

describe('parseDatabaseUrl', () => {
  it('reads user, password, host, port and database, with their escapes [store.address]', () => {
    expect(parseDatabaseUrl('postgresql://us%40er:p%2Fw%25d@db.example:6432/head%20gate')).toMatchObject({
      user: 'us@er',
      password: 'p/w%d',
      host: 'db.example',
      port: 6432,
      database: 'head gate',
      address: 'postgres://db.example:6432/head gate',
    });
  });

  it('reads the folder of a socket, and an address of IPv6', () => {
    expect(parseDatabaseUrl('postgres://me@socket/db?host=/run/postgresql')).toMatchObject({ host: '/run/postgresql' });
    expect(parseDatabaseUrl('postgres://me@[::1]:5433/db')).toMatchObject({ host: '::1', port: 5433 });
  });

  it.each([
    ['postgres://me@127.0.0.1/db', 'disable'],
    ['postgres://me@localhost/db', 'disable'],
    ['postgres://me@db.example/db', 'require'],
    ['postgres://me@db.example/db?sslmode=verify-full', 'verify-full'],
    ['postgres://me@db.example/db?sslmode=disable', 'disable'],
  ])('protects %s with %s [store.tls]', (url, mode) => {
    expect(parseDatabaseUrl(url).tls.mode).toBe(mode);
  });

  it('takes limits of the pool and of time [store.address]', () => {
    const limits = 'pool_min_size=1&pool_max_size=20&connect_timeout=3&statement_timeout=1500';
    expect(parseDatabaseUrl(`postgres://me@db.example/db?${limits}`)).toMatchObject({
      poolMin: 1,
      poolMax: 20,
      connectTimeoutMs: 3_000,
      statementTimeoutMs: 1_500,
    });
  });

  it.each([
    ['postgres://me:hush@db/x?sslmode=prefer', 'an sslmode other than'],
    ['postgres://me:hush@db/x?sslmod=require', 'did you mean sslmode?'],
    ['postgres://me:hush@db/x?pool_max_size=0', 'a pool_max_size that is no number from 1'],
    ['postgres://me:hush@db/x?pool_min_size=9', 'a pool_min_size that is no number from 0 to 5'],
    ['postgres://me:hush@db/', 'names no database'],
    ['postgres://:hush@db/x', 'names no user'],
    ['postgres:///x?application_name=hush', 'names no host'],
    ['postgres://me:hush%@db/x', 'a % that is not followed'],
    ['http://me:hush@db/x', 'is no postgres:// address'],
    ['me:hush', 'is no postgres:// address'],
  ])('refuses %s, and repeats no password [store.address] [store.no-password]', (url, problem) => {
    const error = problemOf(url) as Error;
    expect(error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(problem) });
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('hush');
  });
});
