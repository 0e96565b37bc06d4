import { labelLog, quoteLogLine } from '../../kernel/log-text.ts';
import { countNoun, formatBytes, formatDuration, formatShare } from '../../kernel/units.ts';
import { isDriver, isLocalMode } from '../facts/capacity.ts';
import { driverHeapBytes, GIB, MIB, memorySetting, roundUpMemory } from '../facts/executor-memory.ts';
import { gapsWithin, type Interval } from '../facts/intervals.ts';
import type { Run } from '../facts/run.ts';
import { parseSize, settingOf } from '../facts/settings.ts';
import { type StageFacts, stageAddress } from '../facts/stage-facts.ts';
import { noTime, severityOf, wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion, type ThresholdValues } from './rule.ts';

/** TaskSetManager.canFetchMoreResults of Spark 3 and 4. */
const TOO_LARGE = /results of (\d+) tasks? \(([\d.]+) ([KMGT])i?B\) is bigger than spark\.driver\.maxResultSize/;

/** Source: spark.driver.maxResultSize of Spark 4.3. */
const DEFAULT_MAX_RESULT_BYTES = GIB;

const THRESHOLDS = {
  min_used_ratio: {
    value: 0.95,
    min: 0.5,
    max: 1,
    unit: 'ratio',
    meaning:
      'highest heap in use of the driver over spark.driver.memory, together with a full collection or large results',
    source: 'DataFlint: above 95 %',
  },
  min_result_ratio: {
    value: 0.7,
    min: 0.1,
    max: 1,
    unit: 'ratio',
    meaning: 'results of one stage attempt over spark.driver.maxResultSize, from which more data makes the job fail',
    source: 'a third more data reaches the limit',
  },
  large_result_ratio: {
    value: 0.02,
    min: 0.001,
    max: 1,
    unit: 'ratio',
    meaning: 'results of one stage attempt over the heap of the driver',
    source:
      'results are compressed; decompressed, as rows and on their way to Python they take about ten times as much: a fifth of the heap',
  },
  headroom: {
    value: 1.25,
    min: 1,
    max: 10,
    unit: '×',
    meaning: 'new size over what was needed',
    source: 'DataFlint adds 20 %; 80 % full afterwards',
  },
} as const;
type Limits = ThresholdValues<typeof THRESHOLDS>;

/**
 * Driver memory: what the tasks send to the driver is too much for it, or nearly, or its heap is full.
 *
 * Input: result sizes, the error of a job or stage that exceeded spark.driver.maxResultSize, the driver's peak heap and full
 * collections. Saving: the time after a job with large results in which nothing ran, because the driver took them apart; a
 * failure, or the risk of one, has no time to replay. In local mode the heap is the tasks' own and is
 * spark/memory-underprovisioned.
 */
export const driverMemory = defineRule({
  id: 'spark/driver-memory',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => {
    const exceeded = resultsExceeded(run, limits);
    if (exceeded !== null) return [exceeded];
    const largest = largestResult(run);
    const results = resultsNearLimit(run, largest, limits) ?? resultsLarge(run, largest, limits);
    return [heapFull(run, largest, limits), results].filter((one) => one !== null);
  },
});

interface Result {
  readonly facts: StageFacts;
  readonly bytes: number;
}

/** The stage attempt that sent most to the driver. */
function largestResult(run: Run): Result | null {
  const { tasks } = run.application;
  let largest: Result | null = null;
  for (const facts of run.stages) {
    let bytes = 0;
    for (let position = 0; position < facts.succeeded.length; position++) {
      bytes += Math.max(0, tasks.columns.resultSizeBytes.at(facts.succeeded[position] as number));
    }
    if (bytes > (largest?.bytes ?? 0)) largest = { facts, bytes };
  }
  return largest;
}

function resultsExceeded(run: Run, { headroom }: Limits): Suspicion | null {
  const { stages, jobs } = run.application;
  const stage = stages.find((one) => TOO_LARGE.test(one.failureReason ?? ''));
  const job = jobs.find((one) => TOO_LARGE.test(one.error ?? ''));
  const text = stage?.failureReason ?? job?.error ?? '';
  const match = TOO_LARGE.exec(text);
  if (match === null) return null;
  const counted = Math.max(1, Number(match[1]));
  const bytes = parseSize(`${match[2]}${match[3]}`) ?? 0;
  const taskCount = stage?.taskCount ?? counted;
  const neededBytes =
    Math.ceil(((bytes / counted) * Math.max(counted, taskCount) * headroom) / (256 * MIB)) * 256 * MIB;
  return {
    title: `The results of ${countNoun(taskCount, 'task')} were more than spark.driver.maxResultSize allows`,
    severity: 'warning',
    impact: noTime(),
    confidence: 0.95,
    evidence: [
      {
        fact: `${quoteLogLine(text.slice(match.index), 200)}.`,
        address: stage === undefined ? `jobs/${job?.jobId ?? 0}` : stageAddress(stage),
      },
      metric(
        stage === undefined ? 'jobs' : stageAddress(stage),
        `${formatBytes(bytes / counted)} a task: about ${formatBytes((bytes / counted) * taskCount)} in all.`,
        'result_bytes',
        Math.round((bytes / counted) * taskCount),
        'bytes',
      ),
    ],
    advice: [
      'Collect less: aggregate or limit() on the executors, write the result to storage, toLocalIterator() in place of collect() or toPandas().',
      `If the driver is to have it all: spark.driver.maxResultSize=${memorySetting(neededBytes)}, and a driver with several times that memory (spark.driver.memory is ${memorySetting(driverHeapBytes(run.application))}).`,
    ],
    stages: stage === undefined ? [] : [stageAddress(stage)],
    conf: {
      'spark.driver.maxResultSize': memorySetting(neededBytes),
      ...(driverHeapBytes(run.application) < 2 * neededBytes
        ? { 'spark.driver.memory': memorySetting(roundUpMemory(2 * neededBytes)) }
        : {}),
    },
  };
}

function heapFull(run: Run, largest: Result | null, limits: Limits): Suspicion | null {
  if (isLocalMode(run.application)) return null;
  const driver = run.application.executors.find(isDriver);
  const peakBytes = driver?.peakMetrics.JVMHeapMemory ?? 0;
  const heapBytes = driverHeapBytes(run.application);
  if (driver === undefined || !(peakBytes > 0) || peakBytes < limits.min_used_ratio * heapBytes) return null;
  const fullCollections = driver.peakMetrics.MajorGCCount ?? 0;
  const explained = (largest?.bytes ?? 0) >= limits.large_result_ratio * heapBytes;
  if (fullCollections === 0 && !explained) return null;
  const neededBytes = roundUpMemory(peakBytes * limits.headroom);
  return {
    title: `The driver's heap was ${formatShare(peakBytes / heapBytes)} full: ${formatBytes(peakBytes)} of ${formatBytes(heapBytes)}`,
    severity: 'warning',
    impact: noTime(),
    confidence: 0.7,
    evidence: [
      metric(
        `executors/${labelLog(driver.executorId)}`,
        `Peak heap ${formatBytes(peakBytes)}, ${countNoun(fullCollections, 'full collection')}${largest === null || !explained ? '' : `; stage ${largest.facts.stage.stageId} sent it ${formatBytes(largest.bytes)}`}.`,
        'peak_heap_bytes',
        peakBytes,
        'bytes',
      ),
    ],
    advice: [
      `Set spark.driver.memory=${memorySetting(neededBytes)} (now ${memorySetting(heapBytes)}), before the driver's JVM starts: as an option of spark-submit, not in the code.`,
      'Need less: no collect() or toPandas() of large results, no broadcast of large tables, fewer partitions and shorter histories (spark.ui.retainedTasks).',
    ],
    stages: explained && largest !== null ? [largest.facts.address] : [],
    conf: { 'spark.driver.memory': memorySetting(neededBytes) },
  };
}

function resultsNearLimit(run: Run, largest: Result | null, limits: Limits): Suspicion | null {
  const set = parseSize(settingOf(run, 'spark.driver.maxResultSize'));
  const limitBytes = set ?? DEFAULT_MAX_RESULT_BYTES;
  // 0 means no limit.
  if (largest === null || limitBytes <= 0 || largest.bytes < limits.min_result_ratio * limitBytes) return null;
  const neededBytes = Math.ceil((largest.bytes * limits.headroom) / (256 * MIB)) * 256 * MIB;
  return {
    title: `Stage ${largest.facts.stage.stageId} (${largest.facts.callSite}) sent ${formatBytes(largest.bytes)} to the driver, ${formatShare(largest.bytes / limitBytes)} of what it may`,
    severity: 'info',
    impact: noTime(),
    confidence: 0.85,
    evidence: [
      metric(
        largest.facts.address,
        `Results of ${countNoun(largest.facts.succeeded.length, 'task')}: ${formatBytes(largest.bytes)}; spark.driver.maxResultSize is ${set === null ? 'not set, 1 GiB' : formatBytes(limitBytes)}. Beyond it the job fails.`,
        'result_bytes',
        largest.bytes,
        'bytes',
      ),
    ],
    advice: [
      'Collect less before the data grows: aggregate on the executors, write the result to storage, toLocalIterator() in place of collect().',
    ],
    stages: [largest.facts.address],
    ...(neededBytes > limitBytes ? { conf: { 'spark.driver.maxResultSize': memorySetting(neededBytes) } } : {}),
  };
}

/** Results that take the driver long, though they fit. */
function resultsLarge(run: Run, largest: Result | null, limits: Limits): Suspicion | null {
  const heapBytes = driverHeapBytes(run.application);
  if (largest === null || largest.bytes < limits.large_result_ratio * heapBytes) return null;
  const { facts, bytes } = largest;
  const gap = gapAfter(run, facts);
  const impact = wallImpact(run, gap === null ? 0 : gap.end - gap.start);
  return {
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) sent ${formatBytes(bytes)} to a driver with a heap of ${formatBytes(heapBytes)}`,
    severity: severityOf(run, impact) ?? 'info',
    impact,
    confidence: 0.7,
    evidence: [
      metric(
        facts.address,
        `Results of ${countNoun(facts.succeeded.length, 'task')}: ${formatBytes(bytes)}, compressed. ${gap === null ? 'What the driver took for them is not in the log' : `No task ran for ${formatDuration(gap.end - gap.start)} after it`}.`,
        'result_bytes',
        bytes,
        'bytes',
      ),
    ],
    advice: [
      'Collect less: aggregate, limit() or select() on the executors, write the result to storage, toLocalIterator() in place of collect().',
      'For toPandas() set spark.sql.execution.arrow.pyspark.enabled=true, which takes a fraction of the time and memory.',
    ],
    stages: [facts.address],
    ...(gap === null
      ? {}
      : {
          changes: [{ kind: 'save-driver-time', from: gap.start, to: gap.end, savedMs: gap.end - gap.start }],
        }),
  };
}

/** The time without a job after the one that a stage ended; null where another one ran on. */
function gapAfter({ jobIntervals, window }: Run, { span }: StageFacts): Interval | null {
  if (window === null || span === null) return null;
  return gapsWithin(window, jobIntervals).find((gap) => gap.start >= span.end) ?? null;
}
