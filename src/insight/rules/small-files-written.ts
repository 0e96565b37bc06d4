import { labelLog } from '../../kernel/log-text.ts';
import { countNoun, formatBytes, formatCount } from '../../kernel/units.ts';
import { fragmentOf } from '../facts/plan-fragments.ts';
import { metricOf, type PlanSite, siteAddress, sitesNamed } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import { cpuMsOf, sumOf } from '../facts/sql-stages.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { bySubject, type PlanObservation, savePart, taskTimeOf } from './by-subject.ts';
import { filesWanted, overheadShare } from './file-overhead.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_files: {
    value: 50,
    min: 2,
    max: 1e9,
    unit: 'files',
    meaning: 'files that one write made',
    source: 'at 20 ms a file 50 files are a second of a core; DataFlint asks for 100',
  },
  max_average_bytes: {
    value: 4 * 1024 ** 2,
    min: 1,
    max: 1e12,
    unit: 'bytes',
    meaning: 'average size of those files',
    source: 'spark.sql.files.openCostInBytes, 4 MB: who reads them pays more to open than to read; DataFlint: 3 MB',
  },
  max_ms_per_file: {
    value: 30,
    min: 0.1,
    max: 10_000,
    unit: 'ms',
    meaning: 'longest time that making one file is taken to cost a task that computes; longer as tasks wait',
    source: 'measured with Spark 4.3 on a local disk: 30 to 40 ms; object stores take longer',
  },
} as const;

/**
 * Small files written: a write made many files that hold little, most often because each task wrote one into each partition.
 *
 * Input: files, bytes and partitions of a write. Change: the writing stage without the time of making the needless files.
 * What later reads cost is not in it.
 */
export const smallFilesWritten = defineRule({
  id: 'spark/small-files-written',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    bySubject(
      run,
      sitesNamed(run.application.sqlExecutions, WRITES).flatMap((site) => observe(run, site, limits) ?? []),
    ),
});

/** Commands that count the files they write; `InsertIntoHiveTable` and those of Delta among them. */
const WRITES = /^(Execute \w+|WriteFiles|Insert\w+|Create\w+)/;

function observe(run: Run, site: PlanSite, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const files = metricOf(site, 'number of written files');
  const bytes = metricOf(site, 'written output');
  if (files === null || bytes === null || files < limits.min_files) return null;
  if (bytes / files >= limits.max_average_bytes) return null;
  const partitions = metricOf(site, 'number of dynamic part') ?? 0;
  const stages = (fragmentOf(run, site)?.stages ?? []).filter((facts) => facts.succeeded.length > 0);
  const taskMs = taskTimeOf(stages);
  const wanted = Math.max(filesWanted(bytes), files >= 2 * partitions ? partitions : 1);
  const makingMs = files * limits.max_ms_per_file * slowdownOf(run, stages);
  const savedMs = Math.min(makingMs, taskMs) * overheadShare(files, bytes, wanted);
  const target = targetOf(site);
  const tasks = stages.reduce((sum, facts) => sum + facts.succeeded.length, 0);
  return {
    subject: target,
    coveredMs: savedMs,
    title: `${formatCount(files)} small files written to ${target}, ${formatBytes(bytes / files)} each`,
    confidence: 0.6,
    evidence: [
      metric(
        siteAddress(site),
        `${tasks > 0 ? `${countNoun(tasks, 'task')} wrote` : 'The write made'} ${formatCount(files)} files with ${formatBytes(bytes)} in all${partitions > 0 ? ` into ${countNoun(partitions, 'partition')}` : ''}.`,
        'files_written',
        files,
        'files',
      ),
    ],
    advice: adviceOf(site, files, partitions, wanted),
    ...(savedMs > 0 ? { changes: savePart(run, stages, savedMs / taskMs) } : {}),
    stages,
  };
}

/** Most that a file takes longer where tasks wait. */
const MAX_SLOWDOWN = 10;

/** Time that tasks ran over the time they computed: where they wait for disks, stores or a busy machine, making a file waits too. */
function slowdownOf(run: Run, stages: readonly StageFacts[]): number {
  const ran = stages.reduce((sum, facts) => sum + sumOf(run, facts, 'executorRunTimeMs'), 0);
  const computed = stages.reduce((sum, facts) => sum + cpuMsOf(run, facts), 0);
  return computed > 0 ? Math.min(MAX_SLOWDOWN, Math.max(1, ran / computed)) : 1;
}

function adviceOf(site: PlanSite, files: number, partitions: number, wanted: number): string[] {
  if (partitions === 0)
    return [
      `Write fewer files: coalesce(${wanted}) before the write, or spark.sql.adaptive.coalescePartitions with a REBALANCE hint: SELECT /*+ REBALANCE */ …`,
    ];
  const columns = partitionColumns(site);
  if (files >= 2 * partitions)
    return [
      `Each task writes a file into each partition. Bring a partition's rows together first: repartition(${columns}) before partitionBy(${columns}), or SELECT /*+ REBALANCE(${columns}) */ …`,
    ];
  return [`Each partition holds one small file: partition by a coarser column than ${columns}, or not at all.`];
}

/** `…, [shop#9L], Parquet, …` of an insert into files. */
function partitionColumns(site: PlanSite): string {
  const listed = /, \[([^\]]{1,200})\], \w+, \[/.exec(site.node.simpleString.slice(0, 4000))?.[1];
  if (listed === undefined) return 'the partition column';
  return labelLog(listed.replace(/#\d+L?/g, ''));
}

/** Last part of the folder or the name of the table that is written. */
function targetOf(site: PlanSite): string {
  const text = site.node.simpleString.slice(0, 4000).replace(/^Execute \w+\s*/, '');
  const path = /^[a-z0-9]+:[^\s,]*/i.exec(text)?.[0];
  const last = path
    ?.split('/')
    .filter((part) => part !== '')
    .at(-1);
  return labelLog(last ?? site.name);
}
