import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeadgateError } from '../../src/kernel/errors.ts';
import type { Progress } from '../../src/kernel/tool.ts';
import { connectSpark, type RunOptions, readRows, type SparkConnect } from '../../src/spark-connect/index.ts';
import type { SparkLine } from '../stack/spark.ts';
import { type SparkConnectServer, startSparkConnect } from '../stack/spark-connect.ts';

const MILLION =
  'SELECT id, id * 2 AS b, CAST(id AS STRING) AS c, id / 3 AS d, timestamp_micros(id) AS e FROM range(0, 1000000, 1, 20)';

async function rowsOf(spark: SparkConnect, sql: string, options?: RunOptions): Promise<unknown[][]> {
  const { columns, chunks } = await spark.query(sql, options);
  const rows: unknown[][] = [];
  for await (const chunk of chunks) rows.push(...readRows(chunk, columns));
  return rows;
}

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('no error');
    },
    (error: HeadgateError) => error,
  );

/** An expression, its type, and what Spark itself writes of it; null: JSON of it. */
const COMMON_TYPES: readonly (readonly [expression: string, type: string, written: string | null])[] = [
  ['true', 'boolean', null],
  ['-128Y', 'tinyint', null],
  ['-32768S', 'smallint', null],
  ['2147483647', 'int', null],
  ['9007199254740991L', 'bigint', null],
  ['-9223372036854775808L', 'bigint', 'CAST(v AS STRING)'],
  ['CAST(0.1 AS FLOAT)', 'float', null],
  ['CAST(3.4028235E38 AS FLOAT)', 'float', null],
  ["DOUBLE('NaN')", 'double', null],
  ["-DOUBLE('Infinity')", 'double', null],
  ['1.7976931348623157E308D', 'double', null],
  ['CAST(-1.5 AS DECIMAL(38,18))', 'decimal(38,18)', 'CAST(v AS STRING)'],
  ['CAST(99999999999999999999999999999999999999 AS DECIMAL(38,0))', 'decimal(38,0)', 'CAST(v AS STRING)'],
  ["'Zürich 🚰'", 'string', null],
  ["CAST(X'ff41' AS STRING)", 'string', null],
  ["X'00ff10'", 'binary', 'base64(v)'],
  ["DATE'0001-01-01'", 'date', 'CAST(v AS STRING)'],
  ["DATE'9999-12-31'", 'date', 'CAST(v AS STRING)'],
  ["TIMESTAMP'1883-11-18 00:00:00.000001'", 'timestamp', "date_format(v, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\")"],
  ["TIMESTAMP_NTZ'2026-01-31 23:59:59.999999'", 'timestamp_ntz', 'date_format(v, "yyyy-MM-dd\'T\'HH:mm:ss.SSSSSS")'],
  ['array(1, NULL, 3)', 'array<int>', null],
  ["map('a', 1, 'b', NULL)", 'map<string,int>', null],
  ["named_struct('x', 1, 'y', array('q'))", 'struct<x:int,y:array<string>>', null],
  ["array(named_struct('m', map('k', array(true))))", 'array<struct<m:map<string,array<boolean>>>>', null],
  ['NULL', 'void', null],
  ['CAST(NULL AS INT)', 'int', null],
  ["INTERVAL '-1-2' YEAR TO MONTH", 'interval year to month', "'P-1Y-2M'"],
  ["INTERVAL '5' MONTH", 'interval month', "'P5M'"],
  ["INTERVAL '-1 02:03:04.000005' DAY TO SECOND", 'interval day to second', "'P-1DT-2H-3M-4.000005S'"],
  ["INTERVAL '36' HOUR", 'interval hour', "'P1DT12H'"],
];

const TYPES_OF_4: typeof COMMON_TYPES = [
  ['make_interval(1, 2, 3, 4, 5, 6, 7.5)', 'interval', "'P1Y2M25DT5H6M7.5S'"],
  ["TIME'23:59:59.999999'", 'time(6)', 'CAST(v AS STRING)'],
  ["'a' COLLATE UNICODE_CI", 'string collate UNICODE_CI', null],
  [
    'parse_json(\'{"a":[1,2.5,null,"x",{"t":true}],"big":12345678901234567890,"e":1e300}\')',
    'variant',
    '\'{"v":{"a":[1,2.5,null,"x",{"t":true}],"big":"12345678901234567890","e":1e300}}\'',
  ],
  ["array(parse_json('1'), parse_json('\"s\"'))", 'array<variant>', '\'{"v":[1,"s"]}\''],
  ["DATE'2026-01-31'::variant", 'variant', "'2026-01-31'"],
];

/** What the client does with a server of each line; `more` adds cases that use the same server. */
export function describeSparkConnect(
  line: SparkLine,
  more: (server: () => SparkConnectServer) => void = () => {},
): void {
  describe(`Spark Connect ${line}`, () => {
    let server: SparkConnectServer;
    let spark: SparkConnect;

    beforeAll(async () => {
      server = await startSparkConnect({ line, memory: '2g' });
      spark = connectSpark({
        remote: server.remote,
        conf: line === '4.3' ? { 'spark.sql.timeType.enabled': 'true' } : {},
      });
    });

    afterAll(async () => {
      await spark?.close();
      await server?.stop();
    });

    it('answers queries and commands, and runs a command once [spark-connect.both-lines]', async () => {
      expect(await spark.version()).toBe(server.version);
      await spark.run('CREATE TABLE once (a INT) USING parquet');
      await spark.run('INSERT INTO once VALUES (1)');
      expect(await rowsOf(spark, 'INSERT INTO once VALUES (2)')).toEqual([]);
      expect(await rowsOf(spark, 'SELECT a FROM once ORDER BY a')).toEqual([[1], [2]]);
      expect(await rowsOf(spark, "SHOW TABLES LIKE 'once'")).toEqual([['default', 'once', false]]);
      expect(await rowsOf(spark, 'SELECT a FROM once WHERE a > 9')).toEqual([]);
      expect(await spark.conf.get('spark.sql.ansi.enabled.not')).toBeNull();
      await spark.conf.set({ 'spark.sql.session.timeZone': 'Asia/Tokyo' });
      expect(await spark.conf.get('spark.sql.session.timeZone')).toBe('Asia/Tokyo');
      expect(await rowsOf(spark, "SELECT TIMESTAMP'2026-01-01 09:00:00'")).toEqual([['2026-01-01T00:00:00Z']]);
      await spark.conf.set({ 'spark.sql.session.timeZone': 'UTC' });
    });

    it('describes statements without running them [spark-connect.nothing-run-to-describe]', async () => {
      expect(await spark.columns('SELECT 1 AS a, NULL AS a -- same name;')).toEqual([
        { name: 'a', type: 'int', nullable: false },
        { name: 'a', type: 'void', nullable: true },
      ]);
      expect(await spark.columns('SELECT ? AS a;', { parameters: ['x'] })).toMatchObject([{ type: 'string' }]);
      expect(await errorOf(spark.columns('DROP TABLE once'))).toMatchObject({ code: 'invalid_argument' });
      expect(await spark.explain('SELECT count(*) FROM once', 'formatted')).toContain('HashAggregate');
      expect(await spark.explain('INSERT INTO once VALUES (3)', 'extended')).toContain('InsertIntoHadoopFsRelation');
      expect(await errorOf(spark.explain('INSERT INTO nowhere VALUES (3)', 'simple'))).toMatchObject({
        code: 'not_found',
        details: { error_class: 'TABLE_OR_VIEW_NOT_FOUND' },
      });
      expect(await rowsOf(spark, 'SELECT count(*) FROM once')).toEqual([[2]]);
    });

    it('gives every type its name and its exact value [spark-connect.types] [spark-connect.damaged-values]', async () => {
      for (const [expression, type, written] of line === '4.3' ? [...COMMON_TYPES, ...TYPES_OF_4] : COMMON_TYPES) {
        const own = written ?? 'to_json(struct(v))';
        const sql = `SELECT v, ${own} AS w FROM (SELECT ${expression} AS v)`;
        const [[value, text] = []] = await rowsOf(spark, sql);
        expect((await spark.columns(sql))[0]?.type, expression).toBe(type);
        const json = written === null || String(text).startsWith('{"v"');
        expect(value ?? null, expression).toEqual(json ? (JSON.parse(String(text)).v ?? null) : text);
      }
    });

    it('takes parameters by position and by name [spark-connect.parameters]', async () => {
      const values = [1, 'it’s', null, 1.5, Number.NaN, true, 9_007_199_254_740_993n, [1, 2], new Date(0)];
      const marks = values.map(() => '?').join(', ');
      expect(await rowsOf(spark, `SELECT ${marks}`, { parameters: values })).toEqual([
        [1, 'it’s', null, 1.5, 'NaN', true, '9007199254740993', [1, 2], '1970-01-01T00:00:00Z'],
      ]);
      const parameters = {
        d: { type: 'decimal(38,18)', value: '-0.000000000000000001' },
        n: { type: 'timestamp_ntz', value: '2026-01-31T10:00:00.000001' },
        i: { type: 'interval day to second', value: 'PT1.5S' },
        z: { type: 'date', value: null },
        x: { type: 'binary', value: 'AP8=' },
      };
      expect(await rowsOf(spark, 'SELECT :d, :n, :i, :z, typeof(:z), :x, :d = :d', { parameters })).toEqual([
        ['-0.000000000000000001', '2026-01-31T10:00:00.000001', 'PT1.5S', null, 'date', 'AP8=', true],
      ]);
      const injected = "'; DROP TABLE once; --";
      expect(await rowsOf(spark, 'SELECT :s', { parameters: { s: injected } })).toEqual([[injected]]);
      const nested = rowsOf(spark, 'SELECT ?', { parameters: [[1, null]] });
      if (line === '4.3') expect(await nested).toEqual([[[1, null]]]);
      else expect(await errorOf(nested)).toMatchObject({ code: 'invalid_argument' });
      expect(await errorOf(spark.run('SELECT ?, ?', { parameters: [1] }))).toMatchObject({
        code: 'invalid_argument',
        details: { error_class: 'UNBOUND_SQL_PARAMETER' },
      });
    });

    it('says what is wrong in the words of Spark [spark-connect.errors]', async () => {
      expect(await errorOf(spark.query('SELECT amuont FROM (SELECT 1 AS amount)'))).toMatchObject({
        code: 'not_found',
        details: { error_class: 'UNRESOLVED_COLUMN.WITH_SUGGESTION', nearest: ['`amount`'] },
      });
      expect(await errorOf(spark.query('SELECT * FROM nowhere'))).toMatchObject({
        code: 'not_found',
        details: {
          error_class: 'TABLE_OR_VIEW_NOT_FOUND',
          ...(line === '4.3'
            ? {
                sql_state: '42P01',
                message_parameters: { relationName: '`nowhere`' },
                query_context: { fragment: 'nowhere' },
              }
            : {}),
        },
      });
      expect(await errorOf(spark.query('SELEC 1'))).toMatchObject({
        code: 'invalid_argument',
        details: { error_class: 'PARSE_SYNTAX_ERROR' },
      });
      expect(await errorOf(spark.run('SELECT 1; DROP TABLE once'))).toMatchObject({ code: 'invalid_argument' });
      expect(await errorOf(spark.run("SELECT raise_error('no')"))).toMatchObject({ code: 'failed_precondition' });
      expect(await rowsOf(spark, 'SELECT count(*) FROM once')).toEqual([[2]]);
    });

    it('streams a million rows with flat memory, however slow the reader is [spark-connect.flat-memory]', async () => {
      const { columns, chunks } = await spark.query(MILLION);
      let rows = 0;
      let sum = 0n;
      let peak = 0;
      const before = process.memoryUsage().arrayBuffers;
      for await (const chunk of chunks) {
        const read = readRows(chunk, columns.slice());
        rows += read.length;
        sum += BigInt(Number(read.at(-1)?.[0] ?? 0));
        peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
      }
      expect(rows).toBe(1_000_000);
      expect(sum).toBeGreaterThan(0n);
      expect(peak).toBeLessThan(40_000_000);
    });

    it('makes Arrow rows a view, small and large [spark-connect.view-rows]', async () => {
      for (const count of [0, 3, 60_000]) {
        const { chunks } = await spark.query(`SELECT id, CAST(id AS STRING) AS s FROM range(0, ${count}, 1, 4)`);
        expect(await spark.viewRows('made', chunks)).toBe(count);
        expect(await rowsOf(spark, 'SELECT count(*), count(DISTINCT s), max(id) FROM made')).toEqual([
          [count, count, count === 0 ? null : count - 1],
        ]);
      }
    });

    it('tells tasks and stages of a running statement [spark-connect.progress]', async () => {
      const seen: Progress[] = [];
      const work =
        "SELECT count(nullif(sha2(repeat(CAST(id AS STRING), 400), 512) > '8', true)) FROM range(0, 400000, 1, 12)";
      await spark.run(work, { onProgress: (progress) => seen.push(progress) });
      // Progress messages came with Spark 4.0.
      if (line === '3.5') return;
      expect(seen.at(-1)?.total).toBeGreaterThan(0);
      expect(seen.at(-1)?.message).toMatch(/^\d+ of \d+ stages done/);
    });

    it('runs a statement of ten megabytes, or says why not [spark-connect.huge-statement]', async () => {
      const text = 'x'.repeat(10_000_000);
      expect(await rowsOf(spark, `SELECT length('${text}')`)).toEqual([[10_000_000]]);
      expect(await errorOf(spark.query(`SELEC ${text}`))).toMatchObject({ code: 'invalid_argument' });
    });

    more(() => server);
  });
}
