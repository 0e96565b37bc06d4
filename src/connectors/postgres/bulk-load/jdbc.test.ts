import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { SqlSession } from '../../../kernel/sql-engine.ts';
import type { Database } from '../databases.ts';
import { isDriverMissing, writeByJdbc } from './jdbc.ts';
import { estimatedBytes, tableName } from './spark-source.ts';

const staging = { schema: 'pub"lic', name: 'headgate_staging_0123456789abcdef', sqlName: 'x' };
const options = { signal: new AbortController().signal };
const databaseOf = (client: object) => ({ settings: async () => ({ client, address: '' }) }) as unknown as Database;
const login = {
  host: 'db',
  port: 5433,
  database: 'a b',
  user: "o'neil",
  password: async () => "s\\ec'ret",
  ssl: false,
};

async function write(run: (sql: string) => Promise<void>, client: object = login) {
  const session = { run } as unknown as SqlSession;
  const columns = [{ source: 0, name: 'id' }] as never;
  await writeByJdbc(
    session,
    databaseOf(client),
    { sql: 'select 1 id', sourceNames: ['i`d'], columns },
    staging,
    options,
  );
}

describe('writing by JDBC', () => {
  it('quotes whatever is in names and secrets [bulk-load.jdbc]', async () => {
    const statements: string[] = [];
    await write(async (sql) => {
      statements.push(sql);
    });
    expect(statements[0]).toContain(
      'jdbc:postgresql://db:5433/a%20b?reWriteBatchedInserts=true&stringtype=unspecified',
    );
    expect(statements[0]).toContain('dbtable \'"pub""lic"."headgate_staging_0123456789abcdef"\'');
    expect(statements[0]).toContain("user 'o\\'neil', password 's\\\\ec\\'ret'");
    expect(statements[1]).toBe('INSERT INTO headgate_0123456789abcdef SELECT `i``d` FROM (\nselect 1 id\n)');
  });

  it('checks certificates where the configuration does [bulk-load.jdbc]', async () => {
    const urls: string[] = [];
    for (const ssl of [true, { rejectUnauthorized: false }, { rejectUnauthorized: true }]) {
      await write(
        async (sql) => {
          urls.push(/sslmode=([\w-]+)/.exec(sql)?.[1] ?? '');
        },
        { ...login, ssl },
      );
    }
    expect(urls).toEqual(['require', '', 'require', '', 'verify-full', '']);
    await expect(write(async () => {}, { ...login, host: '/run/postgresql' })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
  });

  it('says that the driver is missing, and never the password [bulk-load.jdbc]', async () => {
    const failing = (message: string) => write(() => Promise.reject(new HeadgateError('unavailable', message)));
    const missing = await failing('java.lang.ClassNotFoundException: org.postgresql.Driver').catch(
      (error: unknown) => error,
    );
    expect(isDriverMissing(missing)).toBe(true);
    expect(missing).toMatchObject({
      code: 'failed_precondition',
      hint: expect.stringContaining('spark.jars.packages'),
    });
    await expect(failing("near s\\ec'ret")).rejects.toMatchObject({ message: 'near ***' });
  });
});

describe('a source of Spark', () => {
  it('names a table and nothing else [bulk-load.tool]', () => {
    expect(tableName('cat.db.t')).toBe('`cat`.`db`.`t`');
    expect(tableName('`a``b.c`.t')).toBe('`a``b.c`.`t`');
    for (const bad of ['', 't; drop table x', 'a..b', 't where true']) {
      expect(() => tableName(bad)).toThrow(/no name of a table/);
    }
  });

  it('has the size that Spark estimates [bulk-load.jdbc]', () => {
    expect(estimatedBytes('Project [id], Statistics(sizeInBytes=7.6 MiB)')).toBeCloseTo(7.6 * 2 ** 20);
    expect(estimatedBytes('Statistics(sizeInBytes=8.0 EiB)')).toBeNull();
    expect(estimatedBytes('no statistics')).toBeNull();
  });
});
