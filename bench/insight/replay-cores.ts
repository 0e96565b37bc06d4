/**
 * Replay on other core counts: jobs of sleeping tasks on real Spark, recorded with each core count, predicted from each for
 * every other one, beside the run that really had it.
 * `node bench/insight/replay-cores.ts [--cores 1,2,3,4,8] [--rounds 1] [--shapes uniform,…] [--stretch 2] [--logs FOLDER]`
 *
 * `--stretch` multiplies all times: the longer the tasks sleep, the less a busy machine shows. With `--logs` the logs of an earlier run are read again and nothing is run.
 */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findLogs, readApplication } from '../../src/eventlog/index.ts';
import { describeRun, type Run } from '../../src/insight/facts/run.ts';
import { createReplay } from '../../src/insight/replay/replay.ts';
import { installSpark } from '../../tests/stack/spark.ts';
import { submitScala } from '../../tests/stack/spark-submit.ts';
import { printErrors } from './error-figures.ts';

const SHAPES = 'uniform,skewed,varied,several-stages,job-after-job,concurrent-jobs,concurrent-jobs-fair,sql-join';
const WORKLOAD = fileURLToPath(new URL('./workloads/sleep-jobs.scala', import.meta.url));

const { values } = parseArgs({
  options: {
    cores: { type: 'string', default: '1,2,3,4,8' },
    rounds: { type: 'string', default: '1' },
    shapes: { type: 'string', default: SHAPES },
    stretch: { type: 'string', default: '2' },
    logs: { type: 'string' },
  },
});

/** One recorded application. */
interface Recorded {
  readonly shape: string;
  readonly cores: number;
  readonly run: Run;
}

const recorded = await readAll(values.logs ?? (await record()));
const wallErrors: number[] = [];
const alikeWall: number[] = [];
const alikeInJobs: number[] = [];
const byShape = new Map<string, number[]>();
const byDirection = new Map<string, number[]>();
for (const from of recorded) {
  const replay = createReplay(from.run);
  for (const to of recorded.filter((one) => one.shape === from.shape && one.cores !== from.cores)) {
    const { wallMs, wallInterval } = replay.predict([{ kind: 'executors', count: 1, coresEach: to.cores }]);
    const error = (wallMs - to.run.wallMs) / to.run.wallMs;
    // What is not in jobs is the start of a driver and its end: another run's own.
    const inJobs = (wallMs - (from.run.wallMs - from.run.wall.jobs) - to.run.wall.jobs) / to.run.wall.jobs;
    wallErrors.push(Math.abs(error));
    if (sleptAlike(from.run, to.run)) {
      alikeWall.push(Math.abs(error));
      alikeInJobs.push(Math.abs(inJobs));
    }
    push(byShape, from.shape, Math.abs(inJobs));
    push(byDirection, to.cores > from.cores ? 'more cores' : 'fewer cores', Math.abs(inJobs));
    const within = to.run.wallMs >= wallInterval[0] && to.run.wallMs <= wallInterval[1];
    console.log(
      `${from.shape.padEnd(22)} ${from.cores} → ${to.cores}: predicted ${(wallMs / 1000).toFixed(2)} s, ran ${(to.run.wallMs / 1000).toFixed(2)} s, error ${percent(error)} of the wall time, ${percent(inJobs)} of the time in jobs${within ? '' : ', outside the interval'}`,
    );
  }
}
console.log(`\n${recorded.length} applications`);
printErrors('wall time', wallErrors);
printErrors('time in jobs', [...byShape.values()].flat());
console.log('pairs of runs whose tasks took the same time in all, within 5 %:');
printErrors('  wall time', alikeWall);
printErrors('  time in jobs', alikeInJobs);
for (const [shape, errors] of byShape) printErrors(`  ${shape}`, errors);
for (const [direction, errors] of byDirection) printErrors(`  ${direction}`, errors);

async function record(): Promise<string> {
  const spark = await installSpark('4.3');
  const folder = await mkdtemp(join(tmpdir(), 'headgate-replay-cores-'));
  const events = join(folder, 'events');
  await mkdir(events);
  console.log(`logs: ${events}`);
  await submitScala(spark, {
    script: WORKLOAD,
    env: { ROUNDS: values.rounds, CORES: values.cores, SHAPES: values.shapes, STRETCH: values.stretch },
    master: 'local[2]',
    properties: {
      'spark.eventLog.enabled': 'true',
      'spark.eventLog.dir': `file://${events}`,
      'spark.ui.enabled': 'false',
    },
    cwd: folder,
    timeoutMs: 3_600_000,
  });
  return events;
}

async function readAll(folder: string): Promise<Recorded[]> {
  const { logs } = await findLogs(folder);
  const all: Recorded[] = [];
  for (const log of logs) {
    const application = await readApplication(log);
    const [shape = '', cores = '0'] = application.name.split(' on ');
    if (shape === 'warm-up') continue;
    all.push({ shape, cores: Number(cores), run: describeRun(application) });
  }
  return all.sort((a, b) => a.shape.localeCompare(b.shape) || a.cores - b.cores);
}

/** False when the machine, not the number of cores, made tasks of one run take longer: sleeping ones do not differ else. */
function sleptAlike(one: Run, other: Run): boolean {
  return Math.abs(one.totals.taskMs / other.totals.taskMs - 1) <= 0.05;
}

function push(lists: Map<string, number[]>, key: string, value: number): void {
  lists.set(key, [...(lists.get(key) ?? []), value]);
}

function percent(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)} %`;
}
