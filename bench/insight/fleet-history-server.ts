import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { startHistoryServer } from '../../tests/stack/history-server.ts';
import { installSpark } from '../../tests/stack/spark.ts';
import type { Fleet } from './fleet-logs.ts';

/** What the History Server took, ms from the start of its process, and how many applications answered. */
export interface FleetReading {
  readonly listedMs: number;
  readonly readMs: number;
  readonly answered: number;
}

const TIMEOUT_MS = 1_800_000;
const POLL_MS = 100;

/** What an overview needs of every application: its jobs, stages and executors, one application after the other. */
const ENDPOINTS = ['jobs', 'stages', 'allexecutors'] as const;

/** Starts a History Server on the fleet, waits until it lists every application, and reads them one by one. */
export async function readFleetOfHistoryServer(fleet: Fleet): Promise<FleetReading> {
  const spark = await installSpark('4.3');
  const began = performance.now();
  const server = await startHistoryServer({
    logDirectory: fleet.folder,
    spark,
    memory: '2g',
    properties: { 'spark.history.retainedApplications': '50' },
  });
  try {
    await server.waitForApplications(fleet.appIds.length, TIMEOUT_MS);
    const listedMs = performance.now() - began;
    let answered = 0;
    for (const appId of fleet.appIds) {
      const answers = [];
      for (const endpoint of ENDPOINTS)
        answers.push(await fetch(`${server.url}/api/v1/applications/${appId}/${endpoint}`));
      for (const answer of answers) await answer.arrayBuffer();
      if (answers.every(({ status }) => status === 200)) answered += 1;
      else await pause(POLL_MS);
    }
    return { listedMs, readMs: performance.now() - began, answered };
  } finally {
    await server.stop();
  }
}
