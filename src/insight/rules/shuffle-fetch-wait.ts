import { formatBytes, formatDuration, formatShare } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';
import { taskSavings } from './task-savings.ts';

/** Remote block size below which many small fetches are the likely reason, bytes: at 32 KiB a 48 MiB fetch window (spark.reducer.maxSizeInFlight) holds 1,500 requests. */
const SMALL_BLOCK_BYTES = 32 * 1024;

/**
 * Shuffle fetch wait: tasks stood still because shuffle blocks of other executors did not arrive.
 *
 * Input: fetch wait and run time of task attempts with metrics. Replayed: each task without its wait.
 */
export const shuffleFetchWait = defineRule({
  id: 'spark/shuffle-fetch-wait',
  thresholds: {
    min_wait_ratio: {
      value: 0.1,
      min: 0.01,
      max: 1,
      unit: 'ratio',
      meaning: 'fetch wait over executor run time of a stage attempt',
      source: 'R28 of the rule survey: 10 to 20 %; sparklens prints the same ratio',
    },
  },
  evaluate: (run, limits) => {
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      const fetch = sumFetch(run, facts);
      if (fetch.waitMs <= 0 || fetch.runMs <= 0 || fetch.waitMs / fetch.runMs < limits.min_wait_ratio) continue;
      observations.push(observe(run, facts, fetch));
    }
    return byCallSite(run, observations, taskImpact);
  },
});

interface Fetch {
  readonly waitMs: number;
  readonly runMs: number;
  readonly remoteBytes: number;
  readonly remoteBlocks: number;
}

function sumFetch(run: Run, facts: StageFacts): Fetch {
  const { tasks } = run.application;
  const { columns } = tasks;
  const fetch = { waitMs: 0, runMs: 0, remoteBytes: 0, remoteBlocks: 0 };
  for (let position = 0; position < facts.rows.length; position++) {
    const row = facts.rows[position] as number;
    if (!tasks.hasMetrics(row)) continue;
    const taskRun = Math.max(0, columns.executorRunTimeMs.at(row));
    fetch.runMs += taskRun;
    fetch.waitMs += Math.min(taskRun, Math.max(0, columns.shuffleFetchWaitTimeMs.at(row)));
    fetch.remoteBytes += columns.shuffleRemoteBytesRead.at(row);
    fetch.remoteBlocks += columns.shuffleRemoteBlocksFetched.at(row);
  }
  return fetch;
}

/** Time that a task waited for blocks, at most its run time, ms. */
function waitOf(run: Run, row: number): number {
  const { tasks } = run.application;
  if (!tasks.hasMetrics(row)) return 0;
  return Math.min(tasks.columns.executorRunTimeMs.at(row), tasks.columns.shuffleFetchWaitTimeMs.at(row));
}

function observe(run: Run, facts: StageFacts, fetch: Fetch): Observation {
  const share = fetch.waitMs / fetch.runMs;
  const blockBytes = fetch.remoteBlocks > 0 ? fetch.remoteBytes / fetch.remoteBlocks : 0;
  return {
    stage: facts,
    coveredMs: fetch.waitMs,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) waited ${formatShare(share)} of its run time for shuffle blocks`,
    confidence: 0.85,
    changes: taskSavings(facts.rows, (row) => waitOf(run, row)).changes,
    ...(blockBytes >= SMALL_BLOCK_BYTES ? { conf: { 'spark.reducer.maxSizeInFlight': '96m' } } : {}),
    evidence: [
      metric(
        facts.address,
        `Fetch wait ${formatDuration(fetch.waitMs)} of ${formatDuration(fetch.runMs)} run time.`,
        'fetch_wait_ms',
        fetch.waitMs,
        'ms',
      ),
      metric(
        facts.address,
        `${formatBytes(fetch.remoteBytes)} came from other executors in ${fetch.remoteBlocks} blocks${blockBytes > 0 ? `, ${formatBytes(blockBytes)} each` : ''}.`,
        'remote_bytes_read',
        fetch.remoteBytes,
        'bytes',
      ),
    ],
    advice: [
      ...(blockBytes > 0 && blockBytes < SMALL_BLOCK_BYTES
        ? [
            'The blocks are tiny: fewer partitions on both sides of the shuffle (spark.sql.shuffle.partitions, spark.sql.files.maxPartitionBytes) make them larger.',
          ]
        : []),
      'Shuffle less: filter and select before the shuffle, broadcast the small side of a join, aggregate before joining.',
      'If the sending executors are busy or collecting garbage, see spark/gc-pressure; else raise spark.reducer.maxSizeInFlight to 96m and spark.shuffle.io.numConnectionsPerPeer to 2.',
    ],
  };
}
