import { mkdirSync } from 'node:fs';
import { installSpark } from './tests/stack/spark.ts';
import { submitPython, submitScala } from './tests/stack/spark-submit.ts';
import { startStandalone } from './tests/stack/spark-standalone.ts';
const J = '/tmp/r3/jobs/';
const only = process.argv.slice(2);
const base = (name: string, events: string, extra = {}) => ({
  'spark.app.name': `r3 ${name} ü😀 "q"`, 'spark.eventLog.enabled': 'true', 'spark.eventLog.dir': `file:${events}`,
  'spark.eventLog.rolling.enabled': 'false', 'spark.eventLog.compress': 'false', 'spark.ui.enabled': 'false', 'spark.ui.showConsoleProgress': 'false',
  'spark.sql.shuffle.partitions': '4', 'spark.scheduler.mode': 'FAIR', 'spark.executor.processTreeMetrics.enabled': 'true', ...extra });
const jobs: Record<string, () => Promise<unknown>> = {};
const local = (id: string, line: '4.3' | '3.5', script: string, extra = {}, more = {}) => { jobs[id] = async () => {
  const cwd = `/tmp/r3/work/${id}`; mkdirSync(cwd, { recursive: true });
  const spark = await installSpark(line, { pandas: true });
  const f = script.endsWith('.scala') ? submitScala : submitPython;
  return f(spark, { script: J + script, master: 'local[2,3]', cwd, exitCodes: [0, 1, 3], properties: base(id, '/tmp/r3/logs', extra), ...more });
}; };
local('tables43', '4.3', 'tables.py');
local('tables35', '3.5', 'tables.py', { 'spark.sql.adaptive.enabled': 'false' });
local('frames43', '4.3', 'frames.py', {'spark.sql.streaming.stateStore.providerClass':'org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider'});
local('frames35', '3.5', 'frames.py');
local('rdds43', '4.3', 'rdds.py', { 'spark.eventLog.logBlockUpdates.enabled': 'true', 'spark.eventLog.logStageExecutorMetrics': 'true', 'spark.memory.offHeap.enabled': 'true', 'spark.memory.offHeap.size': '100m' });
local('rdds35', '3.5', 'rdds.py', { 'spark.eventLog.logStageExecutorMetrics': 'true', 'spark.memory.offHeap.enabled': 'true', 'spark.memory.offHeap.size': '100m', 'spark.eventLog.rolling.enabled': 'true' }, { args: ['x'] });
local('shell43', '4.3', 'shell.scala');
local('shell35', '3.5', 'shell.scala');
const cluster = (id: string, line: '4.3' | '3.5', extra = {}) => { jobs[id] = async () => {
  const cwd = `/tmp/r3/work/${id}`; mkdirSync(cwd, { recursive: true });
  const spark = await installSpark(line);
  const c = await startStandalone(spark, { workers: 2, coresPerWorker: 2, memoryPerWorker: '2g', cwd });
  try { return await submitPython(spark, { script: J + 'cluster.py', master: c.master, cwd, exitCodes: [0, 1], timeoutMs: 200000, properties: base(id, '/tmp/r3/logs', { 'spark.executor.memory': '512m', 'spark.executor.cores': '1', 'spark.dynamicAllocation.enabled': 'true', 'spark.dynamicAllocation.shuffleTracking.enabled': 'true', 'spark.dynamicAllocation.maxExecutors': '3', 'spark.dynamicAllocation.executorIdleTimeout': '3s', 'spark.dynamicAllocation.shuffleTracking.timeout': '4s', 'spark.speculation': 'true', 'spark.speculation.minTaskRuntime': '100ms', 'spark.excludeOnFailure.enabled': 'true', 'spark.eventLog.logStageExecutorMetrics': 'true', ...extra }) }); } finally { await c.stop(); }
}; };
cluster('cluster43', '4.3', { 'spark.decommission.enabled': 'true', 'spark.storage.decommission.enabled': 'true' });
cluster('cluster35', '3.5');
jobs.connect = async () => {
  const cwd = `/tmp/r3/work/connect`; mkdirSync(cwd, { recursive: true });
  const spark = await installSpark('4.3', { connect: true });
  const { runCommand } = await import('./tests/stack/command.ts');
  return runCommand(spark.python, [J + 'connect.py'], { cwd, env: { ...spark.env, EVENTS: 'file:/tmp/r3/logs' }, timeoutMs: 200000 });
};
mkdirSync('/tmp/r3/logs', { recursive: true });
for (const id of only.length ? only : Object.keys(jobs)) {
  const from = Date.now();
  try { const r = (await jobs[id]!()) as { stdout: string; stderr: string }; console.log(`== ${id} ${Date.now() - from} ms\n${r.stdout.split('\n').filter((l) => /^X|cancel/.test(l)).join('\n')}`); if (/Traceback|error:/.test(r.stderr)) console.log(r.stderr.slice(-1500)); }
  catch (e) { console.log(`== ${id} FAILED ${(e as Error).message.slice(-1500)}`); }
}
