/**
 * Replay of runs as they were: the error over every recorded log of the repository.
 * `node bench/insight/replay-accuracy.ts [--list] [FOLDER…]`; `--list` prints every run.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findLogs, readApplication } from '../../src/eventlog/index.ts';
import { describeRun } from '../../src/insight/facts/run.ts';
import { createReplay } from '../../src/insight/replay/replay.ts';
import { printErrors } from './error-figures.ts';

const FOLDERS = ['../../tests/fixtures/spark/', '../../examples/event-logs/', '../detection/corpus/'];

const { values, positionals } = parseArgs({
  options: { list: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const folders =
  positionals.length > 0 ? positionals : FOLDERS.map((folder) => fileURLToPath(new URL(folder, import.meta.url)));

const ofWall: number[] = [];
const inJobs: number[] = [];
const inside: boolean[] = [];
let unknown = 0;
for (const folder of folders.filter((path) => existsSync(path))) {
  const { logs } = await findLogs(folder);
  const errors: number[] = [];
  for (const log of logs) {
    const application = await readApplication(log);
    const run = describeRun(application);
    const { asRun, errorRatio } = createReplay(run);
    if (errorRatio === null) {
      unknown += 1;
      continue;
    }
    errors.push(errorRatio);
    // Driver time is taken as it was: the time in jobs is what is simulated.
    if (run.wall.jobs > 0) inJobs.push((errorRatio * run.wallMs) / run.wall.jobs);
    inside.push(run.wallMs >= asRun.wallInterval[0] && run.wallMs <= asRun.wallInterval[1]);
    if (values.list)
      console.log(
        `${(errorRatio * 100).toFixed(2).padStart(7)} %  ${String(application.tasks.count).padStart(6)} tasks  ${(run.wallMs / 1000).toFixed(1).padStart(7)} s  ${log.path}`,
      );
  }
  printErrors(folder.split('/').slice(-4).join('/'), errors);
  ofWall.push(...errors);
}
console.log(`runs without a time or a task, which have no error: ${unknown}`);
printErrors('all, of the wall time (goal 5 %, 15 %)', ofWall);
printErrors('all, of the time in jobs', inJobs);
console.log(`the 80 % interval covers ${((100 * inside.filter(Boolean).length) / inside.length).toFixed(0)} % of them`);
