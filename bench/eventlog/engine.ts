/**
 * The engine alone, without the command line around it: `node bench/eventlog/engine.ts FILE [THREADS]`.
 */
import { enableCompileCache } from 'node:module';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

// As the command line does; threads take it over.
enableCompileCache(fileURLToPath(new URL('../../.cache/bench/compile', import.meta.url)));
const { findLogs, readApplication } = await import('../../src/eventlog/index.ts');

const [path, threads] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: engine.ts FILE [THREADS]');
const began = performance.now();
const log = (await findLogs(path)).logs[0];
if (log === undefined) throw new Error(`no log at ${path}`);
const application = await readApplication(
  log,
  threads === undefined ? { callingThread: true } : { threads: Number(threads), callingThread: true },
);
console.log(
  JSON.stringify({
    readMs: Math.round(performance.now() - began),
    tasks: application.tasks.count,
    stages: application.stages.length,
    columnBytesPerTask: Math.round(application.tasks.byteLength / application.tasks.count),
    residentBytes: process.memoryUsage().rss,
  }),
);
