import { labelLog } from '../../kernel/log-text.ts';
import { formatCount, formatDuration, formatShare } from '../../kernel/units.ts';
import { fragmentOf } from '../facts/plan-fragments.ts';
import { metricOf, type PlanSite, siteAddress, sitesNamed } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import { sparkRelease } from '../facts/settings.ts';
import { sumOf } from '../facts/sql-stages.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { bySubject, type PlanObservation, savePart, taskTimeOf } from './by-subject.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_share: {
    value: 0.2,
    min: 0.01,
    max: 1,
    unit: 'share',
    meaning: 'part of the task time of the stage that went to Python',
    source: 'rule survey: presence and share of stage time; below a fifth another rewrite is worth more',
  },
  min_rows: {
    value: 1000,
    min: 1,
    max: 1e15,
    unit: 'rows',
    meaning: 'rows that went through Python',
    source: 'fewer rows are a start of Python processes, which every application pays once',
  },
} as const;

/**
 * Python functions in a query: rows leave the JVM, one by one or in Arrow batches, and come back.
 *
 * Input: final plan; time in Python from the metrics of Spark 4.1 and later, else the time of the stage in which the JVM did not
 * compute. Change: the stage without that time for a function of rows, which built-in functions replace; for a vectorised one
 * without what carrying the data takes.
 */
export const pythonUdf = defineRule({
  id: 'spark/python-udf',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    bySubject(
      run,
      sitesNamed(run.application.sqlExecutions, PYTHON).flatMap((site) => observe(run, site, limits) ?? []),
    ),
});

const PYTHON =
  /^(BatchEvalPython|ArrowEvalPython|MapInPandas|MapInArrow|PythonMapInArrow|FlatMapGroupsIn\w+|FlatMapCoGroupsIn\w+|AggregateInPandas|ArrowAggregatePython|WindowInPandas|ArrowWindowPython)/;

/** PythonEvalType.SQL_ARROW_BATCHED_UDF: a function of single rows that Arrow carries. */
const ARROW_BATCHED = /, 101$/;

/** True for a function that is called once a row. */
function isRowAtATime(site: PlanSite): boolean {
  if (/^BatchEvalPython(?!UDTF)/.test(site.name)) return true;
  return site.name.startsWith('ArrowEvalPython') && ARROW_BATCHED.test(site.node.simpleString.slice(-200).trim());
}

/** Part of the time in Python that built-in functions take for the same: measured with Spark 4.3, arithmetic takes a twentieth. */
const BUILT_IN_PART = 0.1;

interface PythonTime {
  readonly ms: number;
  /** What would go. */
  readonly savedMs: number;
  /** What would go of a long run, which starts its Python workers once. */
  readonly steadyMs: number;
  readonly measured: boolean;
}

function timeOf(run: Run, site: PlanSite, stages: readonly StageFacts[], rowwise: boolean): PythonTime | null {
  const told = metricOf(site, 'time to run Python workers');
  const code = metricOf(site, 'time to execute Python code') ?? metricOf(site, 'time to process Python code');
  const taskMs = taskTimeOf(stages);
  if (told !== null) {
    const ms = Math.min(taskMs, told);
    const starting =
      (metricOf(site, 'time to start Python workers') ?? 0) +
      (metricOf(site, 'time to initialize Python workers') ?? 0);
    const steady = Math.max(Math.min(ms, code ?? 0), ms - starting);
    if (rowwise)
      return { ms, savedMs: ms * (1 - BUILT_IN_PART), steadyMs: steady * (1 - BUILT_IN_PART), measured: true };
    const carried = code === null ? 0 : Math.max(0, steady - code);
    return { ms, savedMs: carried, steadyMs: carried, measured: true };
  }
  if (!rowwise) return null;
  const waited = stages.reduce((sum, facts) => sum + outsideJvmMs(run, facts), 0);
  const saved = waited * (1 - BUILT_IN_PART);
  return waited > 0 ? { ms: waited, savedMs: saved, steadyMs: saved, measured: false } : null;
}

/** Run time in which the JVM neither computed, collected garbage nor waited for a shuffle, ms: mostly Python, some of it I/O. */
function outsideJvmMs(run: Run, facts: StageFacts): number {
  const cpuMs = sumOf(run, facts, 'executorCpuTimeNs') / 1e6;
  if (cpuMs <= 0) return 0;
  const others =
    sumOf(run, facts, 'jvmGcTimeMs') +
    sumOf(run, facts, 'shuffleFetchWaitTimeMs') +
    sumOf(run, facts, 'shuffleWriteTimeNs') / 1e6;
  return Math.max(0, sumOf(run, facts, 'executorRunTimeMs') - cpuMs - others);
}

function observe(run: Run, site: PlanSite, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const stages = fragmentOf(run, site)?.stages ?? [];
  const taskMs = taskTimeOf(stages);
  const rows = rowsThrough(site);
  if (taskMs <= 0 || rows === null || rows < limits.min_rows) return null;
  const rowwise = isRowAtATime(site);
  const time = timeOf(run, site, stages, rowwise);
  if (time === null || time.steadyMs < limits.min_share * taskMs) return null;
  const name = functionsOf(site);
  return {
    subject: `${site.name} ${name}`,
    coveredMs: time.savedMs,
    title: `${rowwise ? 'A Python function of single rows' : 'A Python function'} took ${formatShare(time.ms / taskMs)} of its stage: ${name}`,
    confidence: time.measured ? (rowwise ? 0.75 : 0.6) : 0.55,
    evidence: [
      metric(
        siteAddress(site),
        `${formatCount(rows)} rows went through Python; ${time.measured ? 'Python workers ran' : 'tasks ran without computing in the JVM for'} ${formatDuration(time.ms)} of ${formatDuration(taskMs)} task time.`,
        'python_time_ms',
        time.ms,
        'ms',
      ),
    ],
    advice: adviceFor(run, site, rowwise),
    changes: savePart(run, stages, time.savedMs / taskMs),
    stages,
  };
}

function rowsThrough(site: PlanSite): number | null {
  return metricOf(site, 'number of output rows');
}

/** Names of the functions, as far as the text of the node shows them: `label(kilometres#2)#3` → `label`. */
function functionsOf(site: PlanSite): string {
  const names = new Set(
    [...site.node.simpleString.slice(0, 2000).matchAll(/([\w<>]+)\([^()]*\)#\d+/g)].map((match) => match[1] ?? ''),
  );
  return names.size === 0 ? labelLog(site.name) : labelLog([...names].slice(0, 3).join(','));
}

function adviceFor(run: Run, site: PlanSite, rowwise: boolean): string[] {
  if (!rowwise)
    return [
      'Pass fewer columns into the function, filter before it, and raise spark.sql.execution.arrow.maxRecordsPerBatch where batches are small.',
    ];
  const advice = [
    'Write it with built-in functions (pyspark.sql.functions, or expr): they run in the JVM and the optimiser sees through them.',
    'Where no built-in function does it, use a pandas UDF (@pandas_udf), which takes a batch at a time.',
  ];
  if (site.name.startsWith('BatchEvalPython'))
    advice.push(
      (sparkRelease(run) ?? 0) >= 305
        ? 'Or keep it and let Arrow carry the rows: @udf(useArrow=True), spark.sql.execution.pythonUDF.arrow.enabled=true.'
        : 'Spark 3.5 and later carry rows by Arrow: spark.sql.execution.pythonUDF.arrow.enabled=true.',
    );
  return advice;
}
