import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArrowRows, SqlEngine, SqlOptions } from '../../src/kernel/sql-engine.ts';
import { readRows } from '../../src/spark-connect/index.ts';
import { type SparkConnectServer, startSparkConnect } from '../stack/spark-connect.ts';
import { openSparkGateway, type SparkGateway } from './spark-gateway.ts';

describe.each(['4.3', '3.5'] as const)('SQL on Spark %s', (line) => {
  let server: SparkConnectServer;
  let gateway: SparkGateway;
  let data: string;

  beforeAll(async () => {
    server = await startSparkConnect({ line });
    data = join(server.cwd, 'data');
    await mkdir(data);
    const config = { remote: server.remote, roots: [data], home: line === '4.3' ? server.spark.sparkHome : null };
    gateway = await openSparkGateway(config, server.spark.env);
    await gateway.call('execute_spark_sql', { sql: 'CREATE TABLE kept USING parquet AS SELECT 1 AS a' });
  });

  afterAll(async () => {
    await gateway?.close();
    await server?.stop();
  });

  const sql = (statement: string, over: object = {}) => gateway.call('execute_spark_sql', { sql: statement, ...over });

  it('gives rows with their types, exact, as many as wanted [spark.sql-bounded] [spark.sql-exact]', async () => {
    const query = `
      WITH t AS (SELECT id, cast(id AS decimal(20, 2)) / 3 AS d, 9007199254740993 + id AS long FROM range(10))
      SELECT *, double('NaN') AS nan, double('-infinity') AS inf, cast(NULL AS int) AS nothing FROM t ORDER BY id DESC; -- end`;
    const result = await sql(query, { limit: 2 });
    expect(result).toMatchObject({
      total: null,
      truncated: true,
      columns: ['id', 'd', 'long', 'nan', 'inf', 'nothing'],
    });
    expect((result.rows as unknown[][])[0]).toEqual([
      9,
      expect.stringMatching(/^3\.0+$/),
      '9007199254741002',
      'NaN',
      '-Infinity',
      null,
    ]);
  });

  it('takes parameters by position and by name [spark.sql-effect]', async () => {
    expect(await sql('SELECT ? + 1 AS a, ? AS b', { parameters: [41, "o'brien"] })).toMatchObject({
      rows: [[42, "o'brien"]],
    });
    expect(await sql('SELECT :x AS a', { parameters: { x: true } })).toMatchObject({ rows: [[true]] });
  });

  it('changes nothing from inside of a query [spark.sql-effect] [spark.sql-one-statement]', async () => {
    for (const attempt of ['SELECT 1) t; DROP TABLE kept --', 'WITH s AS (SELECT 1) SELECT * FROM (DROP TABLE kept)']) {
      await expect(sql(attempt)).rejects.toMatchObject({ code: 'invalid_argument' });
    }
    for (const statement of [
      "EXPLAIN EXECUTE IMMEDIATE 'CREATE TABLE stolen (a INT)'",
      `SELECT * FROM csv.\`${data}\` WITH ('path' = '/etc/passwd')`,
    ]) {
      await expect(gateway.call('execute_spark_sql', { sql: statement }, ['read'])).rejects.toMatchObject({
        code: 'permission_denied',
      });
    }
    expect(await sql('SHOW TABLES')).toMatchObject({ rows: [['default', 'kept', false]] });
    expect(await sql('EXPLAIN DROP TABLE kept')).toMatchObject({ command: 'EXPLAIN' });
    expect(await sql('SELECT * FROM kept')).toMatchObject({ rows: [[1]] });
  });

  it('offers names of tables and columns that exist, with the codes of Spark [spark.sql-nearest]', async () => {
    await expect(sql('SELECT * FROM keptt')).rejects.toMatchObject({
      details: { error_class: 'TABLE_OR_VIEW_NOT_FOUND', nearest: ['kept'] },
    });
    await expect(sql('SELECT aa FROM kept')).rejects.toMatchObject({
      details: {
        error_class: 'UNRESOLVED_COLUMN.WITH_SUGGESTION',
        nearest: expect.arrayContaining([expect.stringMatching(/a$/)]),
      },
    });
  });

  it('writes files that are whole, and reads files of the folder [spark.sql-result-files] [spark.sql-files]', async () => {
    const { file } = (await sql("SELECT id, concat('r', id) AS name FROM range(100000)", { format: 'arrow' })) as {
      file: { path: string; rows: number };
    };
    const table = tableFromIPC(await readFile(file.path));
    expect([file.rows, table.numRows, String(table.get(99_999)?.name)]).toEqual([100_000, 100_000, 'r99999']);
    const csv = (await sql('SELECT 1 AS a, \'x,"y"\' AS b, NULL AS c', { format: 'csv' })) as {
      file: { path: string };
    };
    expect(await readFile(csv.file.path, 'utf8')).toBe('a,b,c\r\n1,"x,""y""",\r\n');
    await writeFile(join(data, 'in.csv'), '1,2\n');
    expect(await sql(`SELECT * FROM csv.\`${join(data, 'in.csv')}\``)).toMatchObject({ rows: [['1', '2']] });
    await expect(sql('SELECT * FROM text.`/etc/passwd`')).rejects.toMatchObject({ code: 'permission_denied' });
  });

  it('runs a query as a job, follows and cancels it [spark.sql-job] [spark.cancel]', async () => {
    const { job_id } = await gateway.call('submit_spark_job', { query: 'SELECT * FROM range(10)' });
    const done = await gateway.until(job_id, ({ ended_at }) => ended_at !== null);
    expect(done).toMatchObject({ status: 'succeeded', result: { rows: 10 } });
    const slow = await gateway.call('submit_spark_job', {
      query: 'SELECT sum(hash(a.id, b.id)) FROM range(1000000) a CROSS JOIN range(1000000) b',
    });
    await gateway.until(slow.job_id, ({ status }) => status === 'running');
    expect(await gateway.call('cancel_job', { job_id: slow.job_id })).toMatchObject({ status: 'cancelled' });
  });

  it('tells its version in the cluster resource [spark.cluster-info]', async () => {
    expect(await gateway.read('spark://cluster/info')).toMatchObject({ spark_version: server.version });
  });

  describe('for other rooms', () => {
    const run: SqlOptions = { signal: new AbortController().signal };
    let engine: SqlEngine;

    beforeAll(() => {
      const found = gateway.spark.engine('local');
      if (found === null) throw new Error('no engine');
      engine = found;
    });

    async function rowsOf(result: Promise<ArrowRows>): Promise<unknown[][]> {
      const { columns, chunks } = await result;
      const rows: unknown[][] = [];
      for await (const chunk of chunks) rows.push(...readRows(chunk, columns));
      return rows;
    }

    it('queries, describes, and keeps what one run makes to itself [spark.engine]', async () => {
      const [one, two] = [await engine.session(), await engine.session()];
      await one.viewQuery('v', 'SELECT id * 2 AS double FROM range(3)', true, run);
      expect(await rowsOf(one.query('SELECT * FROM v ORDER BY 1', run))).toEqual([[0], [2], [4]]);
      expect(await one.describe('SELECT * FROM v', run)).toMatchObject([{ name: 'double', type: 'bigint' }]);
      await expect(two.query('SELECT * FROM v', run)).rejects.toMatchObject({ code: 'not_found' });
      await two.viewRows('v', await one.query('SELECT * FROM v', run), run);
      expect(await rowsOf(two.query('SELECT sum(double) FROM v', run))).toEqual([[6]]);
      await Promise.all([one.close(), two.close()]);
    });

    it('writes files anew, more of them, and in the place of others [spark.engine]', async () => {
      const session = await engine.session();
      const files = { format: 'parquet', path: join(data, 'out') };
      const count = async () => {
        await session.viewFiles('written', files, run);
        return Number((await rowsOf(session.query('SELECT count(*) FROM written', run)))[0]?.[0]);
      };
      expect([await session.writeFiles('SELECT id FROM range(5)', files, 'append', run), await count()]).toEqual([
        5, 5,
      ]);
      expect([await session.writeFiles('SELECT id FROM range(2)', files, 'append', run), await count()]).toEqual([
        2, 7,
      ]);
      expect([await session.writeFiles('SELECT id FROM range(3)', files, 'replace', run), await count()]).toEqual([
        3, 3,
      ]);
      expect((await readdir(data)).filter((name) => name.startsWith('out'))).toEqual(['out']);
      await expect(session.writeFiles('SELECT nope', files, 'replace', run)).rejects.toMatchObject({
        code: expect.any(String),
      });
      expect(await count()).toBe(3);
      await expect(session.viewFiles('x', { format: 'text', path: '/etc/passwd' }, run)).rejects.toMatchObject({
        code: 'permission_denied',
      });
      await session.close();
    });

    it('writes tables: new, more rows, others, and by key [spark.engine]', async () => {
      const session = await engine.session();
      const all = async () => rowsOf(session.query('SELECT * FROM target ORDER BY k', run));
      await session.writeTable("SELECT 1 AS k, 'a' AS v", 'target', 'append', [], run);
      expect(await session.writeTable("SELECT 2 AS k, 'b' AS v", 'target', 'append', [], run)).toBe(1);
      expect(
        await session.writeTable("SELECT 2 AS k, 'c' AS v UNION ALL SELECT 3, 'd'", 'target', 'upsert', ['k'], run),
      ).toBe(2);
      expect(await all()).toEqual([
        [1, 'a'],
        [2, 'c'],
        [3, 'd'],
      ]);
      await session.writeTable("SELECT 9 AS k, 'z' AS v", 'target', 'replace', [], run);
      expect(await all()).toEqual([[9, 'z']]);
      await expect(session.writeTable('SELECT 1 AS other', 'target', 'replace', [], run)).rejects.toThrow();
      expect(await all()).toEqual([[9, 'z']]);
      expect(await rowsOf(session.query('SHOW TABLES', run))).toHaveLength(2);
      await session.close();
    });

    it.runIf(line === '4.3')('runs Python in the same session [spark.engine]', async () => {
      const session = await engine.session();
      await session.viewQuery('v', 'SELECT 1 AS a', false, run);
      const code = "spark.table('v').selectExpr('a + 1 AS b').createOrReplaceTempView('w')\nprint('made')";
      expect(await session.python?.(code, run)).toEqual({ output: 'made\n' });
      expect(await rowsOf(session.query('SELECT * FROM w', run))).toEqual([[2]]);
      await expect(session.python?.('raise ValueError("no")', run)).rejects.toMatchObject({
        message: expect.stringContaining('ValueError: no'),
      });
      await session.close();
    });
  });
});
