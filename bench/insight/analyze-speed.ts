/**
 * All rules and a replay of a 98,000-task application, after reading: time, and memory beyond what reading took. Each round is
 * a process of its own, as `headgate analyze` is.
 * `node bench/insight/analyze-speed.ts [--runs N]`
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { growLog } from '../eventlog/grow.ts';
import { measureScript, spreadOf } from '../measure-process.ts';

const ONCE = fileURLToPath(new URL('./analyze-once.ts', import.meta.url));

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });

/** What one process measured. */
interface Measured {
  readonly tasks: number;
  readonly readMs: number;
  readonly describeMs: number;
  readonly replayMs: number;
  readonly predictMs: number;
  readonly analyzeMs: number;
  /** CPU time of all threads, the compiler's and the collector's among them: what a busy machine does not change. */
  readonly analyzeCpuMs: number;
  readonly replayCpuMs: number;
  readonly grownBytes: number;
  readonly findings: number;
}

const log = growLog({ codec: 'zstd' });
const rounds: Measured[] = [];
for (let round = 0; round < Number(values.runs); round++) {
  rounds.push(JSON.parse((await measureScript(ONCE, [log.path, 'analyze'])).stdout) as Measured);
}
const parts: Measured[] = [];
for (let round = 0; round < Number(values.runs); round++) {
  parts.push(JSON.parse((await measureScript(ONCE, [log.path, 'parts'])).stdout) as Measured);
}
console.log(
  `${rounds[0]?.tasks} tasks, ${rounds[0]?.findings} findings; ${cpus().length} cores, Node ${process.version}`,
);
print('reading', rounds, 'readMs');
print('all rules and a replay (goal 300 ms)', rounds, 'analyzeMs');
print('  CPU time of that', rounds, 'analyzeCpuMs');
print('  of that: facts of the run', parts, 'describeMs');
print('  of that: replay as it was', parts, 'replayMs');
print('  40 predictions of a stage each', parts, 'predictMs');
print('  CPU time of replay and predictions', parts, 'replayCpuMs');
const grown = spreadOf(rounds.map(({ grownBytes }) => grownBytes / 1e6));
console.log(
  `memory beyond reading (goal 100 MB)          ${grown.median.toFixed(0)} MB  (${grown.min.toFixed(0)}–${grown.max.toFixed(0)}, n=${grown.runs})`,
);

function print(
  name: string,
  measured: readonly Measured[],
  key: Exclude<keyof Measured, 'tasks' | 'findings' | 'grownBytes'>,
): void {
  const { median, min, max, runs } = spreadOf(measured.map((one) => one[key]));
  console.log(`${name.padEnd(44)} ${median.toFixed(0)} ms  (${min.toFixed(0)}–${max.toFixed(0)}, n=${runs})`);
}
