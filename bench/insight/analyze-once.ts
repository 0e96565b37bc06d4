/** One round of analyze-speed.ts: `node analyze-once.ts LOG analyze|parts`. Prints what it measured as JSON. */
import { findLogs, readApplication } from '../../src/eventlog/index.ts';
import { describeRun } from '../../src/insight/facts/run.ts';
import { analyze } from '../../src/insight/index.ts';
import { createReplay } from '../../src/insight/replay/replay.ts';

const PREDICTIONS = 40;

const [path = '', what = 'analyze'] = process.argv.slice(2);
const { logs } = await findLogs(path);
const [log] = logs;
if (log === undefined) throw new Error(`There is no log at ${path}.`);
const started = performance.now();
const application = await readApplication(log);
const readMs = performance.now() - started;
// The high-water mark of the process's memory, so far: what comes on top of it is the analysis.
const before = process.resourceUsage().maxRSS * 1024;
const measured = what === 'parts' ? measureParts() : measureAll();
const grownBytes = process.resourceUsage().maxRSS * 1024 - before;
process.stdout.write(JSON.stringify({ tasks: application.tasks.count, readMs, grownBytes, ...measured }));

function measureAll() {
  const from = performance.now();
  const cpu = process.cpuUsage();
  const { findings } = analyze(application);
  const { user, system } = process.cpuUsage(cpu);
  return { analyzeMs: performance.now() - from, analyzeCpuMs: (user + system) / 1000, findings: findings.length };
}

function measureParts() {
  const from = performance.now();
  const run = describeRun(application);
  const described = performance.now();
  const cpu = process.cpuUsage();
  const replay = createReplay(run);
  const replayed = performance.now();
  for (let at = 0; at < PREDICTIONS; at++) {
    const stageRow = run.stages[Math.floor((at * run.stages.length) / PREDICTIONS)]?.stage.row ?? 0;
    replay.predict([{ kind: 'even-out', stageRow }]);
  }
  const { user, system } = process.cpuUsage(cpu);
  return {
    replayCpuMs: (user + system) / 1000,
    describeMs: described - from,
    replayMs: replayed - described,
    predictMs: performance.now() - replayed,
  };
}
