/**
 * A folder of 10,000 applications: the first listing, the next ones, and the first one after a restart with the same store.
 * `node bench/connectors/list-10000.ts [--logs N] [--runs N]` (the folder, 1.5 GB, is made when it is not there)
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { createSparkHistory } from '../../src/connectors/spark-history/connector.ts';
import type { ToolContext } from '../../src/kernel/tool.ts';
import { openStore } from '../../src/store/index.ts';
import { manyLogs } from './many-logs.ts';

const { values } = parseArgs({
  options: { logs: { type: 'string', default: '10000' }, runs: { type: 'string', default: '20' } },
});
const count = Number(values.logs);
const context: ToolContext = {
  caller: {
    subject: 'bench',
    tenant: 'local',
    scopes: new Set(['read']),
    via: 'cli',
    abilities: { elicitation: false, progress: false, tasks: false },
  },
  signal: new AbortController().signal,
  progress: () => undefined,
};

const { folder, bytes } = manyLogs(count);
console.log(`${count} logs, ${(bytes / 1e6).toFixed(0)} MB, ${availableParallelism()} cores, Node ${process.version}`);
const home = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
try {
  await gateway('first start', Number(values.runs));
  await gateway('restart, same store', Number(values.runs));
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** Opens store and connector as a gateway does, lists, and lists again. */
async function gateway(name: string, runs: number): Promise<void> {
  const store = await openStore({ path: join(home, 'headgate.db') });
  const connector = createSparkHistory(
    { sources: [{ name: 'logs', place: { kind: 'folder', path: folder }, tenants: null }] },
    { clock: Date.now, summaries: store.summaries, engine: 'bench' },
  );
  const tool = connector.tools.find((one) => one.name === 'list_applications');
  if (tool === undefined) throw new Error('There is no list_applications.');
  const list = async () => {
    const began = performance.now();
    const result = await tool.call(tool.input.parse({}), context);
    const { total } = result.applications as { total: number };
    return { ms: performance.now() - began, total };
  };
  const first = await list();
  const next: number[] = [];
  for (let run = 0; run < runs; run++) next.push((await list()).ms);
  next.sort((a, b) => a - b);
  const [smallest = 0] = next;
  const median = next[Math.floor(next.length / 2)] ?? 0;
  console.log(`${name}: ${first.total} applications, first listing ${first.ms.toFixed(0)} ms`);
  console.log(
    `  next ${next.length}: median ${median.toFixed(0)} ms (${smallest.toFixed(0)}–${next.at(-1)?.toFixed(0)}), ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident`,
  );
  await connector.close();
  await store.close();
}
