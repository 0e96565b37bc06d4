/**
 * Takes Headgate's advice and measures what it saves: `node bench/savings/run.ts [--runs 5] [--only NAME]… [--record] [--keep]`.
 *
 * Every workload is run before and after its advice on real Spark 4.3, in rounds, before and after in turns, in one driver
 * process. The first run before is a warm-up: it chooses the finding whose advice is applied. What the runs before predict is
 * then held against what the runs after really save. `--record` keeps the results in `results.json`, `--keep` the event logs.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Application, findLogs, readApplication } from '../../src/eventlog/index.ts';
import { evaluateOptimization } from '../../src/insight/evaluate/evaluate-optimization.ts';
import { installSpark } from '../../tests/stack/spark.ts';
import { type Remedy, WORKLOADS, type Workload } from './catalogue.ts';
import { meanSaving, type PredictedSaving, predictSaving } from './prediction.ts';
import { outcomeLine, summaryLines } from './printed.ts';
import { type Outcome, scoreOf, summarize } from './scores.ts';
import { type Command, SparkDriver } from './spark-driver.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true, default: [] },
    record: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const chosen = WORKLOADS.filter(({ name }) => values.only.length === 0 || values.only.includes(name));

/** What a workload has gathered. */
interface Trial {
  readonly workload: Workload;
  readonly advice: PredictedSaving | null;
  readonly before: Application[];
  readonly after: Application[];
  readonly failures: string[];
}

const spark = await installSpark('4.3');
const folder = await mkdtemp('/tmp/headgate-savings-');
await mkdir(`${folder}/events`);
const driver = new SparkDriver(spark, folder);
try {
  await measure();
} finally {
  await driver.close();
  if (!values.keep) await rm(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  if (chosen.some(({ lake }) => lake === true)) {
    await driver.run({ workload: 'prepare', fixed: false, master: 'local[2]', conf: {} });
  }
  const trials: Trial[] = [];
  for (const workload of chosen) {
    const advice = await adviceFor(workload);
    console.log(
      `${workload.name.padEnd(20)} ${advice === null ? 'no finding' : `${advice.rule} ${JSON.stringify(advice.conf)}`}`,
    );
    trials.push({ workload, advice, before: [], after: [], failures: [] });
  }
  for (let round = 0; round < runs; round++) {
    for (const trial of trials) await runRound(trial, round);
  }
  const outcomes = trials.map(toOutcome);
  console.log(`\n${runs} runs before and after each, ${cpus().length} cores, Spark ${spark.version}\n`);
  for (const outcome of outcomes) console.log(outcomeLine(outcome));
  console.log(`\n${summaryLines(summarize(outcomes)).join('\n')}`);
  if (values.record) await record(outcomes);
}

/** Warms up, and asks the run for advice; once more where it has none. */
async function adviceFor(workload: Workload): Promise<PredictedSaving | null> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const { application } = await runOnce(workload, beforeOf(workload));
    const advice = application === null ? null : predictSaving(application, workload);
    if (advice !== null) return advice;
  }
  return null;
}

/** Before and after change places from round to round, so that neither is always the later one. */
async function runRound(trial: Trial, round: number): Promise<void> {
  const { workload, advice } = trial;
  const sides = [
    { name: 'before', command: beforeOf(workload), runs: trial.before },
    ...(advice === null ? [] : [{ name: 'after', command: afterOf(workload, advice), runs: trial.after }]),
  ];
  for (const side of round % 2 === 0 ? sides : sides.reverse()) {
    const { application, error } = await runOnce(workload, side.command);
    if (error !== null) trial.failures.push(`${side.name}: ${error}`);
    if (application !== null) side.runs.push(application);
  }
}

function beforeOf({ name, master = 'local[2]', conf }: Workload): Command {
  return { workload: name, fixed: false, master, conf };
}

/** The advice applied: properties as the finding names them, or the variant of the code that its rule asks for. */
function afterOf(workload: Workload, advice: PredictedSaving): Command {
  const before = beforeOf(workload);
  if (workload.cores !== undefined) return { ...before, master: workload.cores.master };
  const remedy: Remedy | undefined = workload.remedies[advice.rule];
  return remedy === 'conf' ? { ...before, conf: { ...before.conf, ...advice.conf } } : { ...before, fixed: true };
}

async function runOnce(
  workload: Workload,
  command: Command,
): Promise<{ application: Application | null; error: string | null }> {
  const { log, error } = await driver.run(command);
  if (error !== null) return { application: null, error };
  const { logs } = await findLogs(log);
  const [found] = logs;
  if (found === undefined) throw new Error(`${workload.name} left no event log at ${log}`);
  const application = await readApplication(found);
  if (!values.keep) await rm(log, { recursive: true, force: true });
  return { application, error };
}

function toOutcome({ workload, before, after, failures, advice }: Trial): Outcome {
  const predicted = meanSaving(before.map((application) => predictSaving(application, workload, advice?.rule)));
  const evaluation =
    before.length === 0 || after.length === 0 ? null : evaluateOptimization(before, after, { volume: 'ignore' });
  const effect = failures.length > 0 ? null : (evaluation?.effect ?? null);
  const interval = effect?.interval ?? null;
  return {
    name: workload.name,
    what: workload.what,
    predicted,
    measured: effect === null ? null : 1 - effect.ratio,
    measuredInterval: interval === null ? null : [1 - interval[1], 1 - interval[0]],
    verdict: evaluation?.verdict ?? 'not run',
    beforeMs: evaluation?.baseline.map(({ wallMs }) => wallMs) ?? [],
    afterMs: evaluation?.candidate.map(({ wallMs }) => wallMs) ?? [],
    failures,
  };
}

async function record(outcomes: readonly Outcome[]): Promise<void> {
  const recorded = {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    node: process.version,
    spark: spark.version,
    runs_each: runs,
    summary: summarize(outcomes),
    workloads: outcomes.map((outcome) => ({ ...outcome, score: scoreOf(outcome) })),
  };
  await writeFile(new URL('./results.json', import.meta.url), `${JSON.stringify(recorded, rounded, 1)}\n`);
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toFixed(4)) : value;
}
