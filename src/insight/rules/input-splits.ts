import { countNoun, formatBytes, formatCount } from '../../kernel/units.ts';
import { fragmentOf, type PlanFragment } from '../facts/plan-fragments.ts';
import { siteAddress } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import { type FileScan, fileScansOf, tableOf } from '../facts/scans.ts';
import { describeSetting, parseSize, settingOf } from '../facts/settings.ts';
import { wholeSlots } from '../facts/slots.ts';
import { sumOf } from '../facts/sql-stages.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { fixedTaskMs } from '../facts/task-overhead.ts';
import { bySubject, type PlanObservation, taskTimeOf } from './by-subject.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const MIB = 1024 ** 2;

/** Source: spark.sql.files.maxPartitionBytes and spark.sql.files.openCostInBytes, their defaults. */
const MAX_SPLIT_BYTES = 128 * MIB;
const OPEN_COST_BYTES = 4 * MIB;

const KEY = 'spark.sql.files.maxPartitionBytes';

const THRESHOLDS = {
  max_small_split_bytes: {
    value: 16 * MIB,
    min: 1,
    max: 1e12,
    unit: 'bytes',
    meaning: 'average split below which files were cut too finely',
    source: 'an eighth of spark.sql.files.maxPartitionBytes; RAPIDS AutoTuner raises it below 128 MB a task, for GPUs',
  },
  min_small_ratio: {
    value: 4,
    min: 1.1,
    max: 1e6,
    unit: 'times',
    meaning: 'splits over those that the data and the cores ask for',
    source: 'uneven files make up to twice as many; as spark/shuffle-partitions',
  },
  min_unsplit_bytes: {
    value: 8 * MIB,
    min: 1,
    max: 1e12,
    unit: 'bytes',
    meaning: 'bytes of a scan that should have been split over idle cores',
    source: 'two splits of spark.sql.files.openCostInBytes, the smallest that Spark makes',
  },
  min_unsplit_ratio: {
    value: 2,
    min: 1.1,
    max: 1e6,
    unit: 'times',
    meaning: 'splits that Spark makes of such bytes with those cores, over the splits that there were',
    source: 'FilePartition.maxSplitBytes of Spark 4.3',
  },
} as const;

/**
 * Input cut wrongly: large files in many small splits, or files that cannot be split while cores are idle.
 *
 * Input: files and bytes of a scan, tasks of its stage. Change: the stage in the number of splits that Spark makes by default.
 */
export const inputSplits = defineRule({
  id: 'spark/input-splits',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    bySubject(run, [
      ...fileScansOf(run).flatMap((scan) => observe(run, scan, limits) ?? []),
      ...run.measuredStages.flatMap((facts) => observeRdd(run, facts, limits) ?? []),
    ]),
});

function observe(run: Run, scan: FileScan, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const fragment = fragmentOf(run, scan.site);
  const facts = fragment?.stages[0];
  if (fragment === null || facts === undefined || fragment.stages.length > 1 || !readsItAlone(fragment, scan))
    return null;
  const { fileCount: files, bytes } = scan;
  const splits = facts.succeeded.length;
  if (files === null || bytes === null || files === 0 || bytes === 0 || splits === 0) return null;
  if (splits !== facts.stage.taskCount) return null;
  const slots = wholeSlots(run, facts);
  const wanted = Math.max(slots, Math.ceil(bytes / MAX_SPLIT_BYTES));
  const small = bytes / splits < limits.max_small_split_bytes && splits >= limits.min_small_ratio * wanted;
  if (small && splits >= 2 * files) return tooSmall(run, scan, facts, wanted);
  const expected = splitsBySpark(bytes, files, slots);
  if (bytes < limits.min_unsplit_bytes || expected < limits.min_unsplit_ratio * splits || splits >= slots) return null;
  return unsplit(run, scan, facts, expected);
}

/** Nodes that take other tasks than the scan has splits, or need not read it all. */
const NARROWING = /^(Coalesce|LocalLimit|CollectLimit|GlobalLimit|TakeOrderedAndProject|Union|CartesianProduct)/;

function readsItAlone(fragment: PlanFragment, { site }: FileScan): boolean {
  if (fragment.reads.length > 0) return false;
  return fragment.sites.every((one) => one === site || (one.children.length > 0 && !NARROWING.test(one.name)));
}

/** Source: FilePartition.maxSplitBytes: the default, at least the cost of opening, at most an equal part for each core. */
function splitsBySpark(bytes: number, files: number, slots: number): number {
  const perCore = (bytes + files * OPEN_COST_BYTES) / slots;
  return Math.ceil(bytes / Math.min(MAX_SPLIT_BYTES, Math.max(OPEN_COST_BYTES, perCore)));
}

function overheadMs(run: Run, facts: StageFacts): number {
  return fixedTaskMs(run, facts, (row) => run.application.tasks.columns.inputBytes.at(row));
}

function tooSmall(run: Run, scan: FileScan, facts: StageFacts, wanted: number): PlanObservation {
  const { site, bytes, fileCount } = scan;
  const table = tableOf(scan);
  const splits = facts.succeeded.length;
  const overhead = overheadMs(run, facts);
  const set = settingOf(run, KEY, site.execution);
  return {
    subject: scan.location,
    coveredMs: (splits - wanted) * overhead,
    title: `${table} was read in ${formatCount(splits)} splits of ${formatBytes((bytes ?? 0) / splits)}`,
    confidence: 0.8,
    evidence: [
      metric(
        siteAddress(site),
        `${countNoun(fileCount ?? 0, 'file')} with ${formatBytes(bytes ?? 0)} were cut into ${formatCount(splits)} tasks; ${countNoun(wanted, 'task')} would do.`,
        'split_count',
        splits,
        'tasks',
      ),
    ],
    advice: [
      set !== null && (parseSize(set) ?? MAX_SPLIT_BYTES) < MAX_SPLIT_BYTES
        ? `Set ${KEY}=128m (${describeSetting(run, KEY, '128 MB', site.execution)}).`
        : `Lower spark.sql.files.minPartitionNum (${describeSetting(run, 'spark.sql.files.minPartitionNum', 'the default parallelism', site.execution)}), or the split size of the reader.`,
    ],
    conf: { [KEY]: '128m' },
    changes: [{ kind: 'repartition', stageRow: facts.stage.row, taskCount: wanted, overheadMs: overhead }],
    stages: [facts],
  };
}

function unsplit(run: Run, scan: FileScan, facts: StageFacts, expected: number): PlanObservation {
  const { site, bytes, fileCount, format } = scan;
  const table = tableOf(scan);
  const splits = facts.succeeded.length;
  const set = parseSize(settingOf(run, KEY, site.execution));
  const raised = set !== null && set > MAX_SPLIT_BYTES;
  return {
    subject: scan.location,
    coveredMs: taskTimeOf([facts]),
    title: `${table} was read in ${countNoun(splits, 'split')}, ${formatBytes((bytes ?? 0) / splits)} each, beside idle cores`,
    confidence: 0.75,
    evidence: [
      metric(
        siteAddress(site),
        `${countNoun(fileCount ?? 0, `${format === '' ? '' : `${format} `}file`)} with ${formatBytes(bytes ?? 0)} made ${countNoun(splits, 'task')}; Spark makes ${formatCount(expected)} of files that it can split.`,
        'split_count',
        splits,
        'tasks',
      ),
    ],
    advice: raised
      ? [`Set ${KEY}=128m (${describeSetting(run, KEY, '128 MB', site.execution)}).`]
      : [
          'Write the files in a form that can be split: Parquet, ORC, or text compressed with bzip2 or not at all; gzip and multi-line JSON or CSV cannot be.',
          `As long as the files stay as they are: repartition(${expected}) right after the read, so that only the read is narrow.`,
        ],
    ...(raised ? { conf: { [KEY]: '128m' } } : {}),
    changes: [
      { kind: 'repartition', stageRow: facts.stage.row, taskCount: expected, overheadMs: overheadMs(run, facts) },
    ],
    stages: [facts],
  };
}

/** A stage of RDDs that reads files (`textFile`) in fewer splits than there are slots. Reads of cached rows count as input too and are none. */
function observeRdd(run: Run, facts: StageFacts, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const splits = facts.succeeded.length;
  if (splits === 0 || facts.stage.parentIds.length > 0 || readsPlan(run, facts)) return null;
  const bytes = sumOf(run, facts, 'inputBytes');
  if (bytes < limits.min_unsplit_bytes || readsCache(run, facts)) return null;
  const slots = wholeSlots(run, facts);
  const expected = splitsBySpark(bytes, 1, slots);
  if (expected < limits.min_unsplit_ratio * splits || splits >= slots) return null;
  return {
    subject: facts.callSite,
    coveredMs: taskTimeOf([facts]),
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) read ${formatBytes(bytes)} in ${countNoun(splits, 'split')} beside idle cores`,
    confidence: 0.65,
    evidence: [
      metric(
        facts.address,
        `${formatBytes(bytes / splits)} a task; ${countNoun(expected, 'task')} would use the cores.`,
        'split_count',
        splits,
        'tasks',
      ),
    ],
    advice: [
      `Read with more splits: textFile(path, ${expected}), or repartition(${expected}) right after the read where the files are gzipped.`,
    ],
    changes: [
      { kind: 'repartition', stageRow: facts.stage.row, taskCount: expected, overheadMs: overheadMs(run, facts) },
    ],
    stages: [facts],
  };
}

/** True for a stage of a query that reads files, whose scan says more. */
function readsPlan(run: Run, { stage }: StageFacts): boolean {
  const id = stage.sqlExecutionId;
  return id !== null && fileScansOf(run).some(({ site }) => site.execution.executionId === id);
}

function readsCache(run: Run, { stage }: StageFacts): boolean {
  return run.application.rdds.some(({ rddId }) => stage.rddIds.includes(rddId));
}
