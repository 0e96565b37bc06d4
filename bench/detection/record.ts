/**
 * Records the corpus on real Spark: `node bench/detection/record.ts [--only TEXT]… [--missing] [--labels] [--lanes N]`.
 * `--missing` leaves out what is recorded already; `--labels` writes labels again without running anything.
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { constants, zstdCompressSync } from 'node:zlib';
import { runChecked } from '../../tests/stack/command.ts';
import { SPARK_VERSIONS, type SparkInstallation, type SparkLine } from '../../tests/stack/spark.ts';
import { startStandalone } from '../../tests/stack/spark-standalone.ts';
import { BENCH_FOLDER, type CorpusEntry, type Label, saveCorpus } from './corpus-index.ts';
import { neutralSpark, WORK } from './neutral-spark.ts';

/** Threads of the driver, or a standalone cluster. */
type Place = { master: string } | { workers: number; coresPerWorker: number; memoryPerWorker: string };

/** A workload of the catalogue as `drive.py list` prints it. */
interface Workload extends Label {
  readonly spark: SparkLine;
  readonly place: Place;
  readonly jvm: Readonly<Record<string, string>>;
}

/** Workloads that one driver process runs one after another: same Spark, same cluster or none, same JVM settings. */
interface Batch {
  readonly spark: SparkInstallation;
  readonly workloads: readonly Workload[];
}

/** Applications after which a driver process is replaced. */
const BATCH_LENGTH = 12;
const JOBS = join(WORK, 'jobs');
const CORPUS = join(BENCH_FOLDER, 'corpus');

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    missing: { type: 'boolean', default: false },
    labels: { type: 'boolean', default: false },
    lanes: { type: 'string', default: '2' },
  },
});

await mkdir(WORK, { recursive: true });
const sparks: Record<SparkLine, SparkInstallation> = {
  '4.3': await neutralSpark('4.3'),
  '3.5': await neutralSpark('3.5'),
};
await cp(join(BENCH_FOLDER, 'workloads'), JOBS, { recursive: true });
await runChecked(sparks['4.3'].python, [join(JOBS, 'lake.py')], { cwd: WORK, env: sparks['4.3'].env });
const catalogue = await readCatalogue(sparks['4.3']);
/** Lanes save one after another. */
let saved: Promise<void> = Promise.resolve();
await mkdir(CORPUS, { recursive: true });
await removeForgotten();
const recorded = new Set((await index()).map((entry) => entry.id));
if (!values.labels) await recordAll(catalogue.filter(isAsked));

async function readCatalogue(spark: SparkInstallation): Promise<Workload[]> {
  const { stdout } = await runChecked(spark.python, [join(JOBS, 'drive.py'), 'list'], { cwd: WORK, env: spark.env });
  return JSON.parse(stdout) as Workload[];
}

function isAsked(workload: Workload): boolean {
  if (values.only.length > 0 && !values.only.some((text) => workload.id.includes(text))) return false;
  return !values.missing || !recorded.has(workload.id);
}

/** The index follows the catalogue and the logs that are there; logs of workloads that are no longer in the catalogue go. */
async function index(): Promise<CorpusEntry[]> {
  const entries: CorpusEntry[] = [];
  for (const workload of catalogue) {
    const [log] = await readdir(join(CORPUS, workload.id)).catch(() => []);
    if (log !== undefined) entries.push(toEntry(workload, `corpus/${workload.id}/${log}`));
  }
  saved = saved.then(() => saveCorpus(entries));
  await saved;
  return entries;
}

async function removeForgotten(): Promise<void> {
  const known = new Set(catalogue.map((workload) => workload.id));
  for (const kind of await readdir(CORPUS)) {
    const variants = await readdir(join(CORPUS, kind));
    for (const name of variants.filter((variant) => !known.has(`${kind}/${variant}`))) {
      await rm(join(CORPUS, kind, name), { recursive: true });
    }
  }
}

function toEntry(workload: Workload, path: string): CorpusEntry {
  const { id, defect, expected, allowed, parameters, description, place, spark } = workload;
  return {
    ...{ id, path, defect, expected, allowed, parameters, description },
    spark_version: SPARK_VERSIONS[spark],
    place:
      'master' in place
        ? place.master
        : `${place.workers} workers of ${place.coresPerWorker} cores, ${place.memoryPerWorker}`,
  };
}

async function recordAll(workloads: readonly Workload[]): Promise<void> {
  const batches = intoBatches(workloads);
  console.log(`${workloads.length} workloads in ${batches.length} driver processes`);
  const lane = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) await recordBatch(batch);
  };
  await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
}

function intoBatches(workloads: readonly Workload[]): Batch[] {
  const groups = Map.groupBy(workloads, (one) =>
    JSON.stringify([one.spark, 'master' in one.place ? 'local' : one.place, one.jvm]),
  );
  return [...groups.values()].flatMap((group) => {
    const count = Math.ceil(group.length / BATCH_LENGTH);
    return Array.from({ length: count }, (_, at) => ({
      spark: sparks[(group[0] as Workload).spark],
      workloads: group.slice(at * BATCH_LENGTH, (at + 1) * BATCH_LENGTH),
    }));
  });
}

async function recordBatch(batch: Batch): Promise<void> {
  const { place } = batch.workloads[0] as Workload;
  if ('master' in place) {
    await drive(batch, place.master);
    return;
  }
  const cluster = await startStandalone(batch.spark, { ...place, cwd: WORK });
  try {
    await drive(batch, cluster.master);
  } finally {
    await cluster.stop();
  }
}

/** Runs a batch in one driver process and keeps each log as soon as its application has ended. */
async function drive(batch: Batch, master: string): Promise<void> {
  const [first] = batch.workloads as [Workload];
  const jvm = Object.entries(first.jvm).map(([key, value]) => `--conf '${key}=${value}'`);
  const child = spawn(
    batch.spark.python,
    [join(JOBS, 'drive.py'), 'run', master, ...batch.workloads.map((workload) => workload.id)],
    {
      cwd: WORK,
      env: { ...batch.spark.env, PYSPARK_SUBMIT_ARGS: `${jvm.join(' ')} pyspark-shell` },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('raised') || line.includes('Error')) console.log(line.slice(0, 300));
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, id] = line.split(' ');
    const workload = batch.workloads.find((one) => one.id === id);
    if (workload === undefined) continue;
    console.log(line);
    if (word === 'recorded') await keep(workload);
  }
  await ended;
}

async function keep(workload: Workload): Promise<void> {
  const events = join(WORK, 'events', workload.id);
  const log = (await readdir(events)).find((name) => !name.startsWith('.'));
  if (log === undefined) throw new Error(`${workload.id} left no event log`);
  const folder = join(CORPUS, workload.id);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${log}.zstd`), pack(await readFile(join(events, log))));
  await index();
}

/** Spark's own compression makes many small frames; one frame at a high level takes half of their bytes. */
function pack(log: Buffer): Buffer {
  return zstdCompressSync(log, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
}
