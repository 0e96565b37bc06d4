import { readdir, readFile } from 'node:fs/promises';
import { tableFromIPC } from 'apache-arrow';
import { afterEach, describe, expect, it } from 'vitest';
import type { Scope } from '../../../kernel/caller.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { Output } from '../../../kernel/tool.ts';
import { chunksOf, type FakeAnswer, fakeConnect, idChunk, sparkError } from '../fixtures/fake-connect.ts';
import { callerWith, contextOf, type SparkUnderTest, sparkUnderTest } from '../fixtures/spark-under-test.ts';

let opened: SparkUnderTest | null = null;

afterEach(async () => {
  await opened?.close();
  opened = null;
});

async function serverThat(answer: (sql: string) => FakeAnswer = () => ({})) {
  const server = fakeConnect((sql) => answer(sql));
  const spark = await sparkUnderTest({ roots: ['/data'] }, { connect: server.connect });
  opened = spark;
  const sql = (statement: string, over: object = {}, scopes: Scope[] = ['read', 'write']): Promise<Output> =>
    spark.call('execute_spark_sql', { sql: statement, ...over }, callerWith({}, scopes));
  return { server, spark, sql, asked: () => server.asked.map((one) => one.sql) };
}

describe('execute_spark_sql', () => {
  it('asks for one row more than the limit, inside of a query that nothing can leave [spark.sql-bounded]', async () => {
    const { sql, asked } = await serverThat(() => ({ chunks: chunksOf([idChunk([1, 2]), idChunk([3])]) }));
    expect(await sql('SELECT id FROM t -- note\n;', { limit: 2 })).toMatchObject({
      columns: ['id'],
      types: ['bigint'],
      rows: [[1], [2]],
      total: null,
      truncated: true,
    });
    expect(await sql('SELECT id FROM t', { limit: 3 })).toMatchObject({ total: 3, truncated: false });
    expect(asked()).toEqual([
      'SELECT * FROM (\nSELECT id FROM t\n) LIMIT 3',
      'SELECT * FROM (\nSELECT id FROM t\n) LIMIT 4',
    ]);
  });

  it('passes parameters on, and takes the statement as query too [spark.sql-effect]', async () => {
    const { spark, server } = await serverThat();
    await spark.call('execute_spark_sql', { query: 'SELECT :a', parameters: { a: 1 } });
    expect(server.asked[0]?.options.parameters).toEqual({ a: 1 });
    await expect(spark.call('execute_spark_sql', { query: 'SELECT 1', sql: 'SELECT 2' })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    await expect(spark.call('execute_spark_sql', {})).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('changes nothing for a caller who may only read [spark.sql-effect]', async () => {
    const { sql, asked, spark } = await serverThat();
    await sql('SELECT 1', {}, ['read']);
    await sql('SHOW TABLES', {}, ['read']);
    await expect(sql('CREATE TABLE t AS SELECT 1', {}, ['read'])).rejects.toMatchObject({
      code: 'permission_denied',
      details: { required_scope: 'write' },
    });
    const { riskOf, input } = spark.tool('execute_spark_sql');
    expect(['SELECT 1', 'CREATE TABLE t AS SELECT 1'].map((one) => riskOf?.(input.parse({ sql: one })))).toEqual([
      'read',
      'write',
    ]);
    await sql('CREATE TABLE t AS SELECT 1');
    expect(asked()).toEqual(['SELECT * FROM (\nSELECT 1\n) LIMIT 101', 'SHOW TABLES', 'CREATE TABLE t AS SELECT 1']);
  });

  it('asks for a yes before what loses something, or cannot be known [spark.sql-approval] [spark.sql-unknown]', async () => {
    const { spark } = await serverThat();
    const { approval, input } = spark.tool('execute_spark_sql');
    const need = async (sql: string) => (await approval?.(input.parse({ sql }), contextOf()))?.summary ?? null;
    expect(await need('DROP TABLE t')).toContain('DROP removes it');
    expect(await need('CALL p()')).toContain('cannot be known');
    expect(await need('INSERT INTO t SELECT 1')).toBeNull();
  });

  it('reads files under configured folders and of storages only [spark.sql-files]', async () => {
    const { sql } = await serverThat();
    await sql('SELECT * FROM parquet.`/data/a`, csv.`s3a://bucket/b`, json.`file:///data/c`');
    for (const path of ['/etc/passwd', '/data/../etc/passwd', 'file:/etc/passwd', 'http://x/y', 'jar:file:/x']) {
      await expect(sql(`SELECT * FROM text.\`${path}\``)).rejects.toMatchObject({ code: 'permission_denied' });
    }
  });

  it('offers the names that exist [spark.sql-nearest]', async () => {
    const names = [
      { name: 'namespace', type: 'string', nullable: false },
      { name: 'tableName', type: 'string', nullable: false },
    ];
    const { Table, tableToIPC, Utf8, vectorFromArray } = await import('apache-arrow');
    const texts = (...values: string[]) => vectorFromArray(values, new Utf8());
    const table = new Table({ namespace: texts('default', 'default'), tableName: texts('orders', 'people') });
    const shown = tableToIPC(table, 'stream');
    const { sql } = await serverThat((statement) => {
      if (statement.startsWith('SHOW TABLES')) return { columns: names, chunks: chunksOf([shown]) };
      if (statement.includes('peeple')) {
        const message = '[TABLE_OR_VIEW_NOT_FOUND] The table or view `peeple` cannot be found.';
        return {
          error: new HeadgateError('not_found', message, { details: { error_class: 'TABLE_OR_VIEW_NOT_FOUND' } }),
        };
      }
      if (statement.includes('ordrs'))
        return { error: sparkError('TABLE_OR_VIEW_NOT_FOUND', { relationName: '`ordrs`' }) };
      return {
        error: sparkError('UNRESOLVED_COLUMN.WITH_SUGGESTION', { objectName: '`x`', proposal: '`id`, `name`' }),
      };
    });
    await expect(sql('SELECT * FROM ordrs')).rejects.toMatchObject({
      code: 'not_found',
      hint: 'Did you mean orders?',
      details: { error_class: 'TABLE_OR_VIEW_NOT_FOUND', sql_state: '42P01', nearest: ['orders'] },
    });
    await expect(sql('SELECT x FROM t')).rejects.toMatchObject({ details: { nearest: ['id', 'name'] } });
    // As Spark 3.5 tells it.
    await expect(sql('SELECT * FROM peeple')).rejects.toMatchObject({ details: { nearest: ['people'] } });
  });

  it('refuses a result with more columns than anybody reads [spark.sql-columns-bounded]', async () => {
    const columns = Array.from({ length: 1_000_000 }, (_, index) => ({
      name: `c${index}`,
      type: 'int',
      nullable: true,
    }));
    const { sql } = await serverThat(() => ({ columns }));
    await expect(sql('SELECT * FROM wide')).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: 'The result has 1000000 columns; 2000 can be given.',
    });
  });

  it('writes Arrow and CSV files that are whole [spark.sql-result-files]', async () => {
    const { sql } = await serverThat(() => ({ chunks: chunksOf([idChunk([1, 2]), idChunk([]), idChunk([3])]) }));
    const { file } = (await sql('SELECT id FROM t', { format: 'arrow' })) as {
      file: { path: string; rows: number; bytes: number };
    };
    const bytes = await readFile(file.path);
    expect([file.rows, file.bytes, bytes.subarray(0, 6).toString(), bytes.subarray(-6).toString()]).toEqual([
      3,
      bytes.length,
      'ARROW1',
      'ARROW1',
    ]);
    expect([...tableFromIPC(bytes)].map((row) => Number(row?.id))).toEqual([1, 2, 3]);
    const csv = (await sql('SELECT id FROM t', { format: 'csv', limit: 2 })) as {
      file: { path: string; rows: number };
    };
    expect(await readFile(csv.file.path, 'utf8')).toBe('id\r\n1\r\n2\r\n');
    expect(csv.file.rows).toBe(2);
  });

  it('leaves no file when the server goes away in the middle [spark.server-gone]', async () => {
    async function* cut() {
      yield idChunk([1]);
      throw new HeadgateError('unavailable', 'Spark Connect is gone.');
    }
    const { sql, spark } = await serverThat(() => ({ chunks: cut() }));
    await expect(sql('SELECT id FROM t', { format: 'arrow' })).rejects.toMatchObject({ code: 'unavailable' });
    expect(await readdir(spark.spark.resultFolder)).toEqual([]);
    await expect(sql('SELECT id FROM t')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('says what is missing without Spark Connect, and is open to the configured tenants [spark.tenants]', async () => {
    opened = await sparkUnderTest({ tenants: ['local'] });
    await expect(opened.call('execute_spark_sql', { sql: 'SELECT 1' })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    await expect(opened.call('execute_spark_sql', { sql: 'SELECT 1' }, { tenant: 'other' })).rejects.toMatchObject({
      code: 'permission_denied',
    });
  });
});
