/**
 * One process: opens the connector over a folder of logs, asks for the overview of all of them, prints what came of it as
 * JSON, and ends. `node bench/insight/fleet-overview.ts FOLDER`
 */
import { performance } from 'node:perf_hooks';
import { createSparkHistory } from '../../src/connectors/spark-history/connector.ts';
import type { ToolContext } from '../../src/kernel/tool.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: fleet-overview.ts FOLDER');
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
const connector = createSparkHistory(
  { sources: [{ name: 'logs', place: { kind: 'folder', path: folder }, tenants: null }] },
  { clock: Date.now },
);
const tool = connector.tools.find(({ name }) => name === 'get_fleet_overview');
if (tool === undefined) throw new Error('There is no get_fleet_overview.');
const ask = async () => {
  const began = performance.now();
  const { runs, unread_logs: unread } = await tool.call(tool.input.parse({}), context);
  return { ms: Math.round(performance.now() - began), runs, unread };
};
const first = await ask();
console.log(JSON.stringify({ ...first, nextMs: (await ask()).ms }));
await connector.close();
