import type { SqlExecution } from '../../eventlog/index.ts';
import { formatCount } from '../../kernel/units.ts';
import { rowsInto } from '../facts/join-sides.ts';
import { fragmentOf } from '../facts/plan-fragments.ts';
import { type PlanSite, siteAddress, sitesNamed, sitesOf } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import { stagesOfExecution } from '../facts/sql-stages.ts';
import type { Change } from '../replay/changes.ts';
import { bySubject, type PlanObservation, savePart, taskTimeOf } from './by-subject.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_chars: {
    value: 1000,
    min: 100,
    max: 1e9,
    unit: 'characters',
    meaning: 'length of the condition in the plan; Spark shortens lists but not chains of OR',
    source: 'DataFlint: 1,000',
  },
  min_values: {
    value: 200,
    min: 2,
    max: 1e9,
    unit: 'values',
    meaning: 'values of one list, of which the plan shows 25 and counts the rest',
    source: 'a list of more is data: it is parsed, planned and sent to every task with each query',
  },
  ns_per_comparison: {
    value: 12,
    min: 0,
    max: 1e6,
    unit: 'ns',
    meaning: 'core time of one comparison for one row',
    source: 'measured with Spark 4.3, a chain of 30 comparisons',
  },
  ns_uncompiled: {
    value: 27,
    min: 0,
    max: 1e6,
    unit: 'ns',
    meaning: 'the same in a chain of more than 100, whose code the JVM does not compile',
    source:
      'measured with Spark 4.3, a chain of 600; HotSpot leaves methods above 8,000 bytes of code (HugeMethodLimit)',
  },
} as const;

/**
 * Long filter: a condition of hundreds of comparisons, which is evaluated for every row, or a list of hundreds of values.
 *
 * Input: text of the filter, rows that it got. Change: the stage without those comparisons, which a join with a small table
 * replaces. A list is looked up by hash and costs planning alone. Planning is taken from the driver's time before
 * the first job of the query.
 */
export const longFilter = defineRule({
  id: 'spark/long-filter',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    bySubject(
      run,
      filtersOf(run).flatMap((site) => observe(run, site, limits) ?? []),
    ),
});

/** Filters of the final plans; of a query whose result AQE found to be empty, which then has no filter, those that were planned. */
function filtersOf(run: Run): PlanSite[] {
  const { sqlExecutions } = run.application;
  const planned = sqlExecutions.flatMap((execution) => {
    // The first plan is decoded when it is asked for: most queries need not.
    if (hasFilter(execution)) return [];
    const { plan, initialPlan } = execution;
    const emptied = plan !== null && initialPlan !== null && plan !== initialPlan;
    return emptied ? sitesOf({ ...execution, plan: initialPlan }).filter(({ name }) => name === 'Filter') : [];
  });
  return [...sitesNamed(sqlExecutions, /^Filter$/), ...planned];
}

function hasFilter(execution: SqlExecution): boolean {
  return sitesOf(execution).some(({ name }) => name === 'Filter');
}

/** Comparisons beyond which generated code is too long to be compiled. */
const MAX_COMPILED = 100;

/** Longest condition that is looked into, characters. */
const MAX_TEXT = 2_000_000;

function observe(run: Run, site: PlanSite, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const text = site.node.simpleString;
  const values = listValues(text.slice(0, MAX_TEXT));
  if (text.length < limits.min_chars && values < limits.min_values) return null;
  const comparisons = comparisonsIn(text.slice(0, MAX_TEXT));
  const rows = rowsInto(site.children[0]) ?? 0;
  const stages = fragmentOf(run, site)?.stages ?? [];
  const taskMs = taskTimeOf(stages);
  const nsEach = comparisons > MAX_COMPILED ? limits.ns_uncompiled : limits.ns_per_comparison;
  const savedMs = Math.min(0.9 * taskMs, (rows * comparisons * nsEach) / 1e6);
  const long = values >= limits.min_values;
  return {
    subject: text.slice(0, 200).replace(/#\d+L?/g, ''),
    coveredMs: savedMs,
    title: long
      ? `A filter compares with a list of ${formatCount(values)} values`
      : `A filter of ${formatCount(comparisons)} comparisons was evaluated for ${formatCount(rows)} rows`,
    confidence: 0.6,
    evidence: [
      metric(
        siteAddress(site),
        `The condition has ${formatCount(text.length)} characters in the plan, ${formatCount(comparisons)} comparisons${long ? ` and a list of ${formatCount(values)} values` : ''}; ${formatCount(rows)} rows went through it.`,
        'condition_chars',
        text.length,
        'characters',
      ),
    ],
    advice: [
      'Put the values into a small table and join it: SELECT /*+ BROADCAST(v) */ … FROM t LEFT SEMI JOIN v ON t.key = v.key.',
      ...(long ? [] : ['A chain of OR over one column is an IN list, which is looked up by hash.']),
    ],
    changes: [
      ...savePart(run, stages, taskMs > 0 ? savedMs / taskMs : 0),
      ...withoutPlanning(run, site, comparisons * PLAN_MS_PER_COMPARISON + values * PLAN_MS_PER_VALUE),
    ],
    stages,
  };
}

/** Comparison operators of a condition; a list counts as one. */
function comparisonsIn(text: string): number {
  return (
    text.match(/ (?:<=>|<=|>=|=|<|>|INSET|IN|LIKE|RLIKE) |\b(?:Contains|StartsWith|EndsWith|RLike)\(/g)?.length ?? 0
  );
}

/** Values of the longest list: those shown and those that Spark counts (`... 1975 more fields`); Spark 3.5 shows all of an INSET. */
function listValues(text: string): number {
  let most = 0;
  for (const match of text.matchAll(/\.\.\. (\d{1,9}) more fields/g)) most = Math.max(most, Number(match[1]) + SHOWN);
  if (most > 0) return most;
  const listed = / (?:INSET|IN) (.*)/s.exec(text)?.[1] ?? '';
  return listed === '' || listed.includes(' OR ') ? 0 : listed.split(',').length;
}

/** Source: spark.sql.debug.maxToStringFields, 25. */
const SHOWN = 25;

/** Time of the driver that each comparison, and each value of a list, adds to planning, ms. Measured with Spark 4.3 and 3.5 on chains of 600 and lists of 2,000. */
const PLAN_MS_PER_COMPARISON = 1.3;
const PLAN_MS_PER_VALUE = 0.12;

/** Largest part of the driver's time before a query that its filter is taken to cost. */
const MAX_PLANNING_PART = 0.9;

/** The driver's time between what ran before a query and its first stage, less what the filter adds to it. */
function withoutPlanning(run: Run, site: PlanSite, planningMs: number): Change[] {
  const began = site.execution.submissionTime;
  const first = stagesOfExecution(run, site.execution.executionId)[0]?.span?.start ?? null;
  if (began === null || first === null || run.window === null) return [];
  let from = run.window.start;
  for (const { end } of run.jobIntervals) if (end <= began) from = Math.max(from, end);
  const savedMs = Math.min(planningMs, MAX_PLANNING_PART * (first - from));
  return savedMs > 0 ? [{ kind: 'save-driver-time', from, to: first, savedMs }] : [];
}
