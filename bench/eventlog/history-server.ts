/**
 * Measures the real Spark History Server, cold, on a folder with one event log:
 * `node bench/eventlog/history-server.ts FOLDER APP_ID`.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import {
  type HistoryServer,
  type HistoryServerSettings,
  startHistoryServer,
} from '../../tests/stack/history-server.ts';
import { installSpark } from '../../tests/stack/spark.ts';

/** All times are from the start of the process. */
export interface HistoryServerMeasurement {
  sparkVersion: string;
  /** The HTTP port answers. */
  listeningMs: number;
  /** `/applications` names the application. */
  listedMs: number;
  /** `/applications/{id}/stages` answered 200 and its body was read. */
  stagesMs: number;
  stageCount: number;
  stagesBytes: number;
  /** VmHWM of the Java process. */
  peakRssBytes: number;
}

const POLL_MS = 20;
const TIMEOUT_MS = 600_000;

/**
 * Starts a History Server, asks for the stages as soon as they can be had, and stops it.
 * Without `settings` it has Spark's own: 1 GB of heap, and it drops the oldest stages.
 */
export async function measureHistoryServer(
  logFolder: string,
  appId: string,
  settings: Pick<HistoryServerSettings, 'memory' | 'properties'> = {},
): Promise<HistoryServerMeasurement> {
  const spark = await installSpark('4.3');
  const began = performance.now();
  const since = () => Math.round(performance.now() - began);
  const server = await startHistoryServer({ ...settings, logDirectory: logFolder, spark });
  try {
    const listeningMs = since();
    const listedMs = await waitUntilListed(server, appId, since);
    const response = await fetch(`${server.url}/api/v1/applications/${appId}/stages`);
    const body = await response.text();
    const stagesMs = since();
    if (response.status !== 200) throw new Error(`/stages answered ${response.status}: ${body.slice(0, 300)}`);
    return {
      sparkVersion: spark.version,
      listeningMs,
      listedMs,
      stagesMs,
      stageCount: (JSON.parse(body) as unknown[]).length,
      stagesBytes: Buffer.byteLength(body),
      peakRssBytes: peakRssBytes(server.pid),
    };
  } finally {
    await server.stop();
  }
}

async function waitUntilListed(server: HistoryServer, appId: string, since: () => number): Promise<number> {
  while (since() < TIMEOUT_MS) {
    const listed = (await server.get('/applications')) as { id: string }[];
    if (listed.some((application) => application.id === appId)) return since();
    await pause(POLL_MS);
  }
  throw new Error(`the History Server does not list ${appId} after ${TIMEOUT_MS} ms`);
}

/** Linux only: the largest resident size that the process has had. */
function peakRssBytes(pid: number): number {
  const kilobytes = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+) kB/)?.[1];
  return Number(kilobytes) * 1024;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder, appId] = process.argv.slice(2);
  if (folder === undefined || appId === undefined) throw new Error('usage: history-server.ts FOLDER APP_ID');
  console.log(JSON.stringify(await measureHistoryServer(folder, appId), null, 2));
}
