import { formatBytes, formatDuration, formatShare } from '../../kernel/units.ts';
import { firstWave } from '../facts/first-wave.ts';
import type { Run } from '../facts/run.ts';
import { executionOf, settingOf } from '../facts/settings.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';
import { taskSavings } from './task-savings.ts';

/** Bytes of one task's shuffle output below which opening files costs more than writing them. */
const SMALL_OUTPUT_BYTES = 64 * 1024;

/**
 * Shuffle write: tasks spent a large part of their time writing shuffle files, slower than a sound disk takes them.
 *
 * Input: shuffle write time, bytes and run time of successful tasks, without the first of each executor, whose time goes into
 * starting up. Saving: the write time beyond that of a disk
 * with a healthy throughput.
 */
export const shuffleWrite = defineRule({
  id: 'spark/shuffle-write',
  thresholds: {
    min_write_ratio: {
      value: 0.2,
      min: 0.01,
      max: 1,
      unit: 'ratio',
      meaning: 'shuffle write time over executor run time of a stage attempt',
      source: 'R29 of the rule survey: 20 %; sparklens prints the same ratio',
    },
    min_slow_ms: {
      value: 1000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'write time of a stage attempt beyond the healthy one',
      source: 'the materiality gate of the rule survey asks for a second',
    },
    healthy_mib_per_s: {
      value: 50,
      min: 1,
      max: 10_000,
      unit: 'MiB/s',
      meaning: 'throughput of one task on a sound disk',
      source: 'a SATA SSD of 500 MB/s that eight to ten tasks share; a page cache takes several times as much',
    },
    healthy_ms_per_task: {
      value: 20,
      min: 0,
      max: 10_000,
      unit: 'ms',
      meaning: 'fixed part of one healthy write: opening and committing its files',
      source: '3 to 15 ms measured for 64 partitions of a few hundred bytes on a busy two-core machine',
    },
  },
  evaluate: (run, limits) => {
    const { tasks } = run.application;
    let wave: ReadonlySet<number> | null = null;
    const isFirst = (row: number): boolean => {
      wave ??= firstWave(
        tasks,
        new Uint32Array(tasks.count).map((_, at) => at),
      );
      return wave.has(row);
    };
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      if (sumWrites(run, facts.succeeded).writeMs < limits.min_slow_ms) continue;
      const rows = facts.succeeded.filter((row) => tasks.hasMetrics(row) && !isFirst(row));
      const writes = sumWrites(run, rows);
      if (writes.runMs <= 0 || writes.writeMs / writes.runMs < limits.min_write_ratio) continue;
      const savings = taskSavings(rows, (row) => {
        const healthyMs =
          limits.healthy_ms_per_task +
          tasks.columns.shuffleWriteBytes.at(row) / ((limits.healthy_mib_per_s * 1024 ** 2) / 1000);
        return writeMsOf(run, row) - healthyMs;
      });
      if (savings.totalMs < limits.min_slow_ms) continue;
      observations.push(observe(run, facts, writes, savings));
    }
    return byCallSite(run, observations, taskImpact);
  },
});

interface Writes {
  readonly writeMs: number;
  readonly runMs: number;
  readonly bytes: number;
  readonly taskCount: number;
}

/** Write time of a task, at most its run time. */
function writeMsOf(run: Run, row: number): number {
  const { tasks } = run.application;
  const runMs = Math.min(tasks.durationMs(row), Math.max(0, tasks.columns.executorRunTimeMs.at(row)));
  return Math.min(runMs, Math.max(0, tasks.columns.shuffleWriteTimeNs.at(row) / 1e6));
}

function sumWrites(run: Run, rows: Uint32Array): Writes {
  const { tasks } = run.application;
  const writes = { writeMs: 0, runMs: 0, bytes: 0, taskCount: 0 };
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] as number;
    writes.writeMs += writeMsOf(run, row);
    writes.runMs += Math.max(0, tasks.columns.executorRunTimeMs.at(row));
    writes.bytes += Math.max(0, tasks.columns.shuffleWriteBytes.at(row));
    writes.taskCount += 1;
  }
  return writes;
}

function observe(run: Run, facts: StageFacts, writes: Writes, savings: ReturnType<typeof taskSavings>): Observation {
  const share = writes.writeMs / writes.runMs;
  const synced = settingOf(run, 'spark.shuffle.sync', executionOf(run, facts.stage.sqlExecutionId)) === 'true';
  return {
    stage: facts,
    coveredMs: savings.totalMs,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) spent ${formatShare(share)} of its run time writing shuffle files`,
    confidence: synced ? 0.9 : 0.75,
    evidence: [
      metric(
        facts.address,
        `Shuffle write ${formatDuration(writes.writeMs)} of ${formatDuration(writes.runMs)} run time for ${formatBytes(writes.bytes)}: ${formatBytes((writes.bytes / writes.writeMs) * 1000)} a second and task.`,
        'shuffle_write_ms',
        Math.round(writes.writeMs),
        'ms',
      ),
    ],
    advice: adviceOf(writes, synced),
    changes: savings.changes,
    ...(synced ? { conf: { 'spark.shuffle.sync': 'false' } } : {}),
  };
}

function adviceOf({ bytes, taskCount }: Writes, synced: boolean): string[] {
  const advice: string[] = [];
  if (synced) {
    advice.push(
      'Set spark.shuffle.sync=false: each shuffle file is now forced to the disk, which Spark needs for nothing; a lost file is computed again.',
    );
  }
  if (bytes / Math.max(1, taskCount) < SMALL_OUTPUT_BYTES) {
    advice.push(
      'The files are tiny: fewer partitions on both sides (spark.sql.shuffle.partitions, spark.sql.files.maxPartitionBytes) open fewer of them.',
    );
  }
  advice.push(
    'Point spark.local.dir (on YARN yarn.nodemanager.local-dirs, on Kubernetes a volume named spark-local-dir-1) at local SSDs, several where there are several; network and HDD volumes are the usual reason.',
    'Write less: filter and select before the shuffle, aggregate before joining, spark.io.compression.codec=zstd if the disk and not the CPU is the limit.',
  );
  return advice;
}
