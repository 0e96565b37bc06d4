import { formatCount } from '../../kernel/units.ts';
import { joinRows, rowsInto } from '../facts/join-sides.ts';
import { fragmentOf, type PlanFragment } from '../facts/plan-fragments.ts';
import { metricOf, type PlanSite, rowsOut, siteAddress, sitesNamed } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import type { Change } from '../replay/changes.ts';
import { bySubject, type PlanObservation, taskTimeOf } from './by-subject.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_ratio: {
    value: 10,
    min: 1.1,
    max: 1e9,
    unit: 'times',
    meaning: 'rows that came out of an operator over those that went in (of a join: over its larger side)',
    source: 'rule survey: 10 times a warning; spark-advisor flags 3 by bytes from 50 GB',
  },
  min_rows: {
    value: 1e6,
    min: 1,
    max: 1e15,
    unit: 'rows',
    meaning: 'rows that came out',
    source: 'a core makes some millions of rows a second (Spark 4.3): fewer cost no second',
  },
} as const;

/**
 * Data explosion: a join whose keys repeat on both sides, an explode, or a rollup made many times the rows that it was given.
 *
 * Input: final plan, rows in and out. Change: the stage, and those that its rows went on to, scaled to the rows that went in.
 * A cartesian product is spark/cartesian-join.
 */
export const dataExplosion = defineRule({
  id: 'spark/data-explosion',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    bySubject(
      run,
      sitesNamed(
        run.application.sqlExecutions,
        /^(SortMergeJoin|ShuffledHashJoin|BroadcastHashJoin|Generate|Expand)/,
      ).flatMap((site) => observe(run, site, limits) ?? []),
    ),
});

interface Growth {
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** Part of the work that stays when only as many rows come out as go in. */
  readonly factor: number;
}

function growthOf(site: PlanSite): Growth | null {
  if (/Join/.test(site.name)) {
    const rows = joinRows(site);
    if (rows === null) return null;
    const larger = Math.max(rows.left, rows.right);
    const both = rows.left + rows.right;
    return { rowsIn: larger, rowsOut: rows.out, factor: (both + larger) / (both + rows.out) };
  }
  const rowsIn = rowsInto(site.children[0]);
  const out = rowsOut(site);
  if (rowsIn === null || out === null) return null;
  return { rowsIn, rowsOut: out, factor: (2 * rowsIn) / (rowsIn + out) };
}

function observe(run: Run, site: PlanSite, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const growth = growthOf(site);
  if (growth === null || growth.rowsOut < limits.min_rows) return null;
  if (growth.rowsOut < limits.min_ratio * Math.max(1, growth.rowsIn)) return null;
  const fragments = carriers(run, site, growth.rowsOut);
  const stages = fragments.flatMap((fragment) => fragment.stages);
  const factor = Math.min(1, growth.factor);
  const join = /Join/.test(site.name);
  return {
    subject: `${site.name} ${site.node.simpleString.slice(0, 200).replace(/#\d+L?/g, '')}`,
    coveredMs: taskTimeOf(stages) * (1 - factor),
    title: `${join ? 'A join' : site.name === 'Expand' ? 'A rollup, cube or distinct' : 'An explode'} made ${formatCount(growth.rowsOut)} rows of ${formatCount(growth.rowsIn)}`,
    confidence: join ? 0.65 : 0.45,
    evidence: [
      metric(
        siteAddress(site),
        `${site.name}: ${formatCount(growth.rowsIn)} rows in${join ? ' on its larger side' : ''}, ${formatCount(growth.rowsOut)} rows out.`,
        'output_rows',
        growth.rowsOut,
        'rows',
      ),
    ],
    advice: adviceFor(site, join),
    ...(stages.length > 0 && factor < 1
      ? { changes: stages.map((facts): Change => ({ kind: 'scale-tasks', stageRow: facts.stage.row, factor })) }
      : {}),
    stages,
  };
}

/** Part of the rows that must reach an exchange for the stage beyond it to do the same work again. */
const CARRIED_SHARE = 0.5;

/** Deepest chain of exchanges that is followed. */
const MAX_CHAIN = 8;

/** The fragment of an operator, and those above it that its rows went on to unreduced. */
function carriers(run: Run, site: PlanSite, rows: number): PlanFragment[] {
  const found: PlanFragment[] = [];
  let at: PlanFragment | null = fragmentOf(run, site);
  while (at !== null && found.length < MAX_CHAIN) {
    found.push(at);
    const written = metricOf(at.top, 'shuffle records written') ?? 0;
    const above: PlanSite | null = at.top.parent;
    at = at.kind === 'shuffle' && above !== null && written >= CARRIED_SHARE * rows ? fragmentOf(run, above) : null;
  }
  return found;
}

function adviceFor(site: PlanSite, join: boolean): string[] {
  if (join)
    return [
      'Keys repeat on both sides: join by the full key, or bring one side to a row a key first (dropDuplicates, or aggregate before the join).',
    ];
  if (site.name === 'Expand')
    return [
      'Aggregate to the finest grouping first and roll that up, or count distinct values with approx_count_distinct, one pass each.',
    ];
  return [
    'Filter and aggregate before the explode where the result allows it, and explode only the columns that are needed: every other column is copied to each row.',
  ];
}
