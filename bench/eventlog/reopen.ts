/**
 * Reopening a large log from its summary in the store: SQLite, in the page cache, n times in one process.
 * `node bench/eventlog/reopen.ts [--runs N]`
 *
 * What is decoded when: `open` checks all bytes and decodes the overview; jobs, stages, executors and SQL executions (without
 * plans), each task column and each plan are decoded when they are first asked for, once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Application, findLogs, loadSummaries, readApplication } from '../../src/eventlog/index.ts';
import { openStore } from '../../src/store/index.ts';
import { growLog } from './grow.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '30' } } });
const runs = Number(values.runs);

const grown = growLog({ codec: 'none' });
const { logs } = await findLogs(grown.path);
const [log] = logs;
if (log === undefined) throw new Error(`${grown.path} is no log`);
const began = performance.now();
const application = await readApplication(log);
const readMs = performance.now() - began;
const { encodeApplication, openSummary } = await loadSummaries();
const encodeBegan = performance.now();
const summary = encodeApplication(application);
const encodeMs = performance.now() - encodeBegan;

const folder = mkdtempSync(join(tmpdir(), 'headgate-reopen-'));
const key = { tenant: 'local', path: log.path, state: 'bench', engine: 'bench' };
const first = await openStore({ path: join(folder, 'headgate.db') });
await first.summaries.write(key, summary);
await first.close();
const store = await openStore({ path: join(folder, 'headgate.db') });

/** What is asked of a reopened application, each in addition to the one before. */
const QUESTIONS: ReadonlyArray<readonly [string, (reopened: Application) => unknown]> = [
  ['overview (identity, status, gaps)', (reopened) => reopened.status],
  [
    'and jobs, stages, executors, SQL executions without plans',
    (reopened) => [reopened.jobs, reopened.stages, reopened.executors, reopened.sqlExecutions],
  ],
  [
    'and the tasks of one stage, by duration',
    (reopened) => [...reopened.tasks.ofStage({ row: 0 })].map((row) => reopened.tasks.durationMs(row)).sort(),
  ],
  ['and one plan', (reopened) => reopened.sqlExecutions[0]?.plan],
  [
    'and everything: all columns, all plans',
    (reopened) => [
      Object.values(reopened.tasks.columns).map((column) => column.at(0)),
      reopened.sqlExecutions.map((sql) => sql.plan),
    ],
  ],
];
const times = new Map<string, number[]>();
for (let run = 0; run < runs; run++) {
  const start = performance.now();
  const bytes = await store.summaries.read(key);
  const opened = bytes === null ? null : openSummary(bytes);
  if (opened === null) throw new Error('the summary is gone');
  for (const [name, ask] of QUESTIONS) {
    ask(opened.application);
    times.set(name, [...(times.get(name) ?? []), performance.now() - start]);
  }
}
await store.close();
rmSync(folder, { recursive: true });

const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
console.log(
  `log ${mb(grown.bytes)} MB, ${application.tasks.count} tasks, ${application.stages.length} stages, ${application.sqlExecutions.length} SQL executions, read in ${readMs.toFixed(0)} ms; summary ${mb(summary.length)} MB, made in ${encodeMs.toFixed(0)} ms; n = ${runs}, Node ${process.version}`,
);
for (const [name, all] of times) {
  const [coldest, ...sorted] = [all[0] ?? 0, ...all.slice(1).sort((a, b) => a - b)];
  const p50 = sorted[Math.floor(sorted.length / 2)] ?? 0;
  console.log(
    `${name}: first ${coldest.toFixed(1)} ms, then p50 ${p50.toFixed(1)} ms, max ${(sorted.at(-1) ?? 0).toFixed(1)} ms`,
  );
}
