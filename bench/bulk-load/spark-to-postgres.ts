/**
 * 1,000,000 rows from Spark Connect into PostgreSQL: Headgate beside Spark's JDBC writer, default and tuned, by turns in one run.
 * The first rounds, of all three alike and with as many rows, are shown and not counted: Java and Node compile what is new to them,
 * which a gateway and a Spark server do once in weeks.
 * `node bench/bulk-load/spark-to-postgres.ts [--runs N] [--warm N] [--rows N] [--large N]`
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectSpark, type SparkConnect } from '../../src/spark-connect/index.ts';
import { type Postgres, startPostgres } from '../../tests/stack/postgres.ts';
import { installPostgresJdbc } from '../../tests/stack/postgres-jdbc.ts';
import { startSparkConnect } from '../../tests/stack/spark-connect.ts';
import { spreadOf } from '../measure-process.ts';
import type { LoadAnswer, LoadOrder } from './load-process.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    warm: { type: 'string', default: '3' },
    rows: { type: 'string', default: '1000000' },
    large: { type: 'string', default: '10000000' },
  },
});
const RUNS = Number(values.runs);
const WARM = Number(values.warm);
const ROWS = Number(values.rows);
const LARGE = Number(values.large);
const MB = 1_000_000;

/** Five columns, computed on two partitions: int, bigint, double, text, timestamp. */
const queryOf = (rows: number) =>
  `SELECT CAST(id AS INT) AS id, id * 1000003 AS big, id / 3.0D AS ratio, concat('row ', id) AS name,
   timestamp_micros(1700000000000000 + id * 1000) AS at FROM range(0, ${rows}, 1, 2)`;
const TABLE = 'rows_of_spark';
const CREATE = `drop table if exists ${TABLE}; create table ${TABLE} (id int, big bigint, ratio double precision, name text, at timestamptz); checkpoint`;

async function loadWithHeadgate(child: ChildProcess, sql: string): Promise<LoadAnswer> {
  const order: LoadOrder = { sql, table: TABLE };
  child.send(order);
  const [answer] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(failed)])) as [LoadAnswer];
  return answer;
}

function failed(): never {
  throw new Error('the process that loads has ended');
}

async function loadWithJdbc(spark: SparkConnect, server: Postgres, sql: string, tuned: boolean): Promise<number> {
  const url = new URL(server.url());
  const options = {
    url: `jdbc:postgresql://127.0.0.1:${server.port}/postgres${tuned ? '?reWriteBatchedInserts=true' : ''}`,
    dbtable: TABLE,
    user: url.username,
    password: decodeURIComponent(url.password),
    driver: 'org.postgresql.Driver',
    ...(tuned ? { batchsize: '10000' } : {}),
  };
  const began = performance.now();
  const pairs = Object.entries(options).map(([name, value]) => `${name} '${value}'`);
  await spark.run(`CREATE OR REPLACE TEMPORARY VIEW jdbc_target USING jdbc OPTIONS (${pairs.join(', ')})`);
  await spark.run(`INSERT INTO jdbc_target ${sql}`);
  return performance.now() - began;
}

async function requireRows(server: Postgres, rows: number): Promise<void> {
  const [found] = await server.run(`select count(*)::int as n, count(distinct id)::int as ids from ${TABLE}`);
  if (found?.n !== rows || found.ids !== rows) throw new Error(`expected ${rows} rows, found ${JSON.stringify(found)}`);
}

const shown = (milliseconds: readonly number[]) => {
  const { median, min, max } = spreadOf(milliseconds);
  return `${median.toFixed(0)} ms  (${min.toFixed(0)}–${max.toFixed(0)}, n=${milliseconds.length})`;
};

async function measure(server: Postgres, spark: SparkConnect, child: ChildProcess): Promise<void> {
  const times = { headgate: [] as number[], usual: [] as number[], tuned: [] as number[] };
  const all: LoadAnswer[] = [];
  const sql = queryOf(ROWS);
  for (let run = -WARM; run < RUNS; run++) {
    await server.run(CREATE);
    const answer = await loadWithHeadgate(child, sql);
    all.push(answer);
    await requireRows(server, ROWS);
    await server.run(CREATE);
    const usual = await loadWithJdbc(spark, server, sql, false);
    await requireRows(server, ROWS);
    await server.run(CREATE);
    const tuned = await loadWithJdbc(spark, server, sql, true);
    await requireRows(server, ROWS);
    const shownTimes = [answer.ms, usual, tuned].map((ms) => ms.toFixed(0)).join(' / ');
    console.log(`${run < 0 ? 'not counted' : `run ${run + 1}`}: ${shownTimes} ms, load ${loadavg()[0]?.toFixed(1)}`);
    if (run < 0) continue;
    times.headgate.push(answer.ms);
    times.usual.push(usual);
    times.tuned.push(tuned);
  }
  const medianOf = (list: readonly number[]) => spreadOf(list).median;
  console.log(
    `Headgate (Connect → COPY)   ${shown(times.headgate)}, own processor time ${shown(all.slice(WARM).map(({ cpuMs }) => cpuMs))}`,
  );
  console.log(`Spark JDBC, default         ${shown(times.usual)}`);
  console.log(`Spark JDBC, tuned           ${shown(times.tuned)}`);
  console.log(
    `Headgate is ${(medianOf(times.usual) / medianOf(times.headgate)).toFixed(2)} × as fast as the default, ${(medianOf(times.tuned) / medianOf(times.headgate)).toFixed(2)} × as fast as the tuned form`,
  );
  // Before the first load: what a load leaves behind counts as its own.
  const idle = all[0]?.idleBytes ?? Number.NaN;
  printMemory(ROWS, idle, all);
  if (LARGE === 0) return;
  await server.run(CREATE);
  const large = await loadWithHeadgate(child, queryOf(LARGE));
  await requireRows(server, LARGE);
  console.log(`${LARGE} rows: ${large.ms.toFixed(0)} ms`);
  printMemory(LARGE, idle, [large]);
}

function printMemory(rows: number, idle: number, answers: readonly LoadAnswer[]): void {
  const peak = Math.max(...answers.map(({ peakBytes }) => peakBytes));
  console.log(
    `${rows} rows: idle ${(idle / MB).toFixed(0)} MB, peak ${(peak / MB).toFixed(0)} MB, above idle ${((peak - idle) / MB).toFixed(0)} MB`,
  );
}

console.log(
  `${cpus().length} cores, Node ${process.version}, ${ROWS} rows × 5 columns, load ${loadavg()[0]?.toFixed(1)}`,
);
const jar = await installPostgresJdbc();
const [server, connect] = await Promise.all([
  startPostgres({ settings: { max_wal_size: '4GB' } }),
  startSparkConnect({ memory: '2g', properties: { 'spark.jars': jar } }),
]);
const child = fork(join(import.meta.dirname, 'load-process.ts'), [connect.remote, server.url()], {
  execArgv: ['--expose-gc'],
});
const spark = connectSpark({ remote: connect.remote });
try {
  await measure(server, spark, child);
} finally {
  child.disconnect();
  await spark.close();
  await connect.stop();
  await server.stop();
}
