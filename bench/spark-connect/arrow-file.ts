/**
 * 1,000,000 rows × 5 columns through Spark Connect into an Arrow file: Headgate and PySpark's `toArrow()` in turns, each run in a
 * process of its own against the same server, and the time without start and connection. Then Headgate with ten times the rows.
 * `node bench/spark-connect/arrow-file.ts [--runs N] [--rows N]`
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChecked } from '../../tests/stack/command.ts';
import { startSparkConnect } from '../../tests/stack/spark-connect.ts';
import { spreadOf } from '../measure-process.ts';

interface Run {
  ms: number;
  peak: number;
  idle: number;
  rows: number;
  /** Processor time of the client, ms. */
  cpu: number;
}

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, rows: { type: 'string', default: '1000000' } },
});
const rows = Number(values.rows);
const folder = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
const server = await startSparkConnect({ memory: '4g' });
const headgate = join(import.meta.dirname, 'headgate-arrow-file.ts');
const pyspark = join(import.meta.dirname, 'pyspark_arrow_file.py');

const sqlOf = (count: number) =>
  'SELECT id, id * 2 AS twice, CAST(id AS STRING) AS text, id / 3 AS third, timestamp_micros(id) AS at ' +
  `FROM range(0, ${count}, 1, ${Math.max(4, Math.ceil(count / 100_000))})`;

async function run(command: string, script: string, count: number, path: string): Promise<Run> {
  const { stdout } = await runChecked(command, [script, server.remote, sqlOf(count), path], { env: server.spark.env });
  const found = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Run;
  if (found.rows !== count) throw new Error(`${script} wrote ${found.rows} rows of ${count}`);
  return found;
}

function report(name: string, runs: readonly Run[], bytes: number): void {
  const { median, min, max, runs: n } = spreadOf(runs.map(({ ms }) => ms));
  const peak = Math.max(...runs.map((one) => one.peak));
  const above = spreadOf(runs.map((one) => one.peak - one.idle)).median;
  const cpu = spreadOf(runs.map((one) => one.cpu)).median;
  console.log(
    `${name.padEnd(34)} ${median.toFixed(0).padStart(6)} ms  (${min.toFixed(0)}–${max.toFixed(0)}, n=${n})  own processor time ${cpu.toFixed(0)} ms  ` +
      `peak RSS ${(peak / 1e6).toFixed(0)} MB, ${(above / 1e6).toFixed(0)} MB above idle  file ${(bytes / 1e6).toFixed(1)} MB`,
  );
}

try {
  const ours = join(folder, 'headgate.arrow');
  const theirs = join(folder, 'pyspark.arrow');
  const sides = [
    { name: `Headgate, ${rows} rows`, command: process.execPath, script: headgate, path: ours, runs: [] as Run[] },
    {
      name: `PySpark toArrow(), ${rows} rows`,
      command: server.spark.python,
      script: pyspark,
      path: theirs,
      runs: [] as Run[],
    },
  ];
  // The first round warms the server up and is not counted.
  for (let round = -1; round < Number(values.runs); round++) {
    for (const { command, script, path, runs } of sides) {
      const one = await run(command, script, rows, path);
      if (round >= 0) runs.push(one);
    }
  }
  for (const { name, path, runs } of sides) report(name, runs, statSync(path).size);
  const equal = await runChecked(server.spark.python, [
    '-c',
    'import pyarrow as pa, sys; a, b = (pa.ipc.open_file(p).read_all() for p in sys.argv[1:]); print(a.equals(b))',
    ours,
    theirs,
  ]);
  console.log(`both files hold the same table: ${equal.stdout.trim()}`);
  const large = await run(process.execPath, headgate, rows * 10, ours);
  report(`Headgate, ${rows * 10} rows`, [large], statSync(ours).size);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}
