import { describe, expect, it } from 'vitest';
import { classify } from './classify.ts';

const effects = (effect: string, statements: readonly string[]) =>
  expect(statements.map((sql) => [sql, classify(sql).effect])).toEqual(statements.map((sql) => [sql, effect]));

describe('what a statement does', () => {
  it('knows queries, with parameters, comments and any order of clauses [spark.sql-effect]', () => {
    effects('query', [
      'select 1',
      'SELECT a FROM t WHERE b = ? AND c = :c;',
      '-- note\nWITH t AS (SELECT 1) SELECT * FROM t',
      '/* DROP TABLE x */ select "drop table x", \'; delete from t\'',
      'FROM t SELECT a',
      'VALUES (1), (2)',
      'TABLE t',
      '(SELECT 1) UNION ALL (SELECT 2)',
      'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) OVER () FROM t',
      "SELECT transform(array(1), x -> x + 1), update FROM (SELECT 'insert' AS update)",
    ]);
    effects('show', ['SHOW TABLES', 'desc extended t', 'EXPLAIN DROP TABLE t', 'describe query select 1']);
  });

  it('knows what only adds or changes [spark.sql-effect]', () => {
    effects('write', [
      'INSERT INTO t SELECT 1',
      'WITH s AS (SELECT 1) INSERT INTO t SELECT * FROM s',
      'FROM s INSERT INTO a SELECT x INSERT INTO b SELECT y',
      'CREATE TABLE t AS SELECT 1',
      'create or replace temporary view v as select 1',
      'DELETE FROM t WHERE a = 1',
      'UPDATE t SET a = 1 WHERE b = 2',
      'MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET *',
      'ALTER TABLE t ADD COLUMN b INT',
      'SET spark.sql.shuffle.partitions=4',
      'CACHE TABLE t',
    ]);
  });

  it('knows what loses something [spark.sql-approval]', () => {
    effects('destructive', [
      'DROP TABLE t',
      'truncate table t',
      'DELETE FROM t',
      'DELETE FROM t /* WHERE a = 1 */',
      'UPDATE t SET a = (SELECT b FROM s WHERE c = 1)',
      'INSERT OVERWRITE t SELECT 1',
      'FROM s INSERT OVERWRITE TABLE t SELECT x',
      'INSERT INTO t REPLACE WHERE a = 1 SELECT 1',
      'ALTER TABLE t DROP COLUMN a',
      'CREATE OR REPLACE TABLE t AS SELECT 1',
      'MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE',
    ]);
  });

  it('takes what it does not know, and what runs code, for the worst [spark.sql-unknown]', () => {
    effects('destructive', [
      "EXECUTE IMMEDIATE 'DROP TABLE t'",
      'BEGIN DROP TABLE t; END',
      'CALL system.rollback()',
      'ADD JAR /tmp/x.jar',
      'VACUUM t',
      "SELECT reflect('java.lang.System', 'exit', 0)",
      "SELECT `java_method`('java.lang.System', 'exit', 0)",
      "SELECT TRANSFORM(a) USING 'rm -rf /' AS b FROM t",
      "SELECT IDENTIFIER('ref' || 'lect')('java.lang.System', 'exit', 0)",
      "SELECT '\\', 'x', \u0001",
    ]);
  });

  it('does not explain what Spark runs while it explains [spark.sql-unknown]', () => {
    effects('destructive', [
      "EXPLAIN EXECUTE IMMEDIATE 'DROP TABLE t'",
      "explain /* */ extended execute immediate 'DROP TABLE t'",
      'EXPLAIN CALL system.rollback()',
      'EXPLAIN BEGIN DROP TABLE t END',
    ]);
    effects('show', ['EXPLAIN COST TRUNCATE TABLE t', 'EXPLAIN FORMATTED WITH a AS (SELECT 1) INSERT INTO t FROM a']);
  });

  it('takes options that may name other files or storages for the worst [spark.sql-files]', () => {
    const options = (text: string) => `SELECT * FROM csv.\`/data/a\` WITH (${text})`;
    effects('query', [
      options("header = true, 'sep' = ';', \"inferSchema\" = 'true'"),
      'WITH path AS (SELECT 1) TABLE path',
    ]);
    effects('destructive', [
      options("'path' = '/etc/passwd'"),
      options("header = true, PATH '/etc/passwd'"),
      options('"paths" = \'["/etc/passwd"]\''),
      options("'p\\u0061th' = '/etc/passwd'"),
      options("r'path' = '/etc/passwd'"),
      options("'fs.s3a.endpoint' = 'http://elsewhere'"),
      options("fs.s3a.endpoint = 'http://elsewhere'"),
      options("'avroSchemaUrl' = 'file:///etc/passwd'"),
      `EXPLAIN ${options("'path' = '/etc/passwd'")}`,
    ]);
  });

  it('refuses nothing, more than one statement, and what is longer than a statement can be [spark.sql-one-statement]', () => {
    for (const sql of ['', ' -- nothing', ';', 'select 1; drop table t', 'select 1;;x']) {
      expect(() => classify(sql)).toThrow(/statement/);
    }
    expect(() => classify('x'.repeat(10_000_000))).toThrow('10000000 characters; 1000000 are accepted');
    expect(classify('select 1 ; ;\n').sql).toBe('select 1');
    expect(classify("select '😀' as a -- x\n;").sql).toBe("select '😀' as a");
  });

  it('takes a misspelt word for what it is, not for something to approve [spark.sql-unknown]', () => {
    expect(() => classify('SELEC 1')).toThrow('No statement of Spark begins with SELEC');
  });

  it('names the files that stand for tables [spark.sql-files]', () => {
    expect(classify('SELECT * FROM csv.`/etc/passwd` JOIN parquet.`s3a://b/k` JOIN `my table`').paths).toEqual([
      '/etc/passwd',
      's3a://b/k',
    ]);
    expect(
      classify('SELECT text.a, (json.b) FROM (text.conf), (SELECT 1), `csv`.`logs` JOIN spark_catalog.json.c').paths,
    ).toEqual(['conf', 'logs']);
  });
});
