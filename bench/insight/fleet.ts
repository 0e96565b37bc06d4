/**
 * The overview of 1,000 applications, cold, beside reading them one by one in the History Server.
 * `node bench/insight/fleet.ts [--logs N] [--runs N] [--skip-history-server]`
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureScript, spreadOf } from '../measure-process.ts';
import { readFleetOfHistoryServer } from './fleet-history-server.ts';
import { fleetLogs } from './fleet-logs.ts';

const OVERVIEW = fileURLToPath(new URL('./fleet-overview.ts', import.meta.url));

const { values } = parseArgs({
  options: {
    logs: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '5' },
    'skip-history-server': { type: 'boolean', default: false },
  },
});
const fleet = await fleetLogs(Number(values.logs));
console.log(
  `${fleet.appIds.length} logs, ${(fleet.bytes / 1e6).toFixed(0)} MB zstd, ${availableParallelism()} cores, Node ${process.version}`,
);

const wall: number[] = [];
const peak: number[] = [];
for (let run = 0; run < Number(values.runs); run++) {
  const { wallMs, peakRssBytes, stdout } = await measureScript(OVERVIEW, [fleet.folder]);
  const { ms, runs, unread, nextMs } = JSON.parse(stdout) as Record<'ms' | 'runs' | 'unread' | 'nextMs', number>;
  if (runs !== fleet.appIds.length || unread !== 0) throw new Error(`only ${runs} runs, ${unread} logs unread`);
  wall.push(wallMs);
  peak.push(peakRssBytes);
  console.log(`  run ${run + 1}: call ${ms} ms, the next ${nextMs} ms`);
}
const headgate = spreadOf(wall);
console.log(
  `Headgate, whole process with two overviews: median ${Math.round(headgate.median)} ms (${Math.round(headgate.min)}–${Math.round(headgate.max)}), n = ${headgate.runs}, peak ${Math.round(spreadOf(peak).median / 1e6)} MB`,
);
if (!values['skip-history-server']) {
  const { listedMs, readMs, answered } = await readFleetOfHistoryServer(fleet);
  console.log(
    `History Server: listed after ${Math.round(listedMs)} ms, all read after ${Math.round(readMs)} ms, ${answered} answered, n = 1: ${(readMs / headgate.median).toFixed(1)} × as long`,
  );
}
