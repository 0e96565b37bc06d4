import { formatCount, formatShare } from '../../kernel/units.ts';
import { fragmentOf } from '../facts/plan-fragments.ts';
import { metricOf, type PlanSite, siteAddress, sitesNamed } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import { bySubject, type PlanObservation, savePart, taskTimeOf } from './by-subject.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_copied_rows: {
    value: 100_000,
    min: 1,
    max: 1e15,
    unit: 'rows',
    meaning: 'rows that were written again without a change',
    source: 'a core writes some 100,000 rows of Parquet a second',
  },
  max_changed_share: {
    value: 0.3,
    min: 0,
    max: 1,
    unit: 'share',
    meaning: 'rows that were changed, of all that were written',
    source: 'DataFlint: less than 30 % of the records of the replaced files changed',
  },
} as const;

/**
 * Copy on write: a MERGE, UPDATE or DELETE wrote whole files again to change a few of their rows.
 *
 * Input: rows copied, inserted, updated and deleted, which MERGE counts in Spark 4.1 and later (MergeRows) and in Delta Lake
 * (MergeIntoCommand). Iceberg's own commit metrics are not in event logs. Change: the stage without the copied rows.
 */
export const copyOnWrite = defineRule({
  id: 'spark/copy-on-write',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    bySubject(
      run,
      sitesNamed(run.application.sqlExecutions, /Merge|Update|Delete|ReplaceData/).flatMap(
        (site) => observe(run, site, limits) ?? [],
      ),
    ),
});

/** By what Spark 4.3 (MergeRowsExec) and Delta Lake (MergeIntoCommand) call them. */
const COPIED = [
  'number of target rows copied unmodified because they did not match any action',
  'number of target rows rewritten unmodified',
];
const CHANGED = [
  ['number of target rows inserted', 'number of inserted rows'],
  ['number of target rows updated', 'number of updated rows'],
  ['number of target rows deleted', 'number of deleted rows'],
] as const;

function observe(run: Run, site: PlanSite, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const copied = metricOf(site, ...COPIED);
  if (copied === null || copied < limits.min_copied_rows) return null;
  const changed = CHANGED.reduce((sum, names) => sum + (metricOf(site, ...names) ?? 0), 0);
  if (changed > limits.max_changed_share * (copied + changed)) return null;
  const stages = fragmentOf(run, site)?.stages ?? [];
  const part = copied / (copied + changed);
  return {
    subject: site.node.simpleString.slice(0, 200).replace(/#\d+L?/g, ''),
    coveredMs: taskTimeOf(stages) * part,
    title: `${formatCount(copied)} unchanged rows were written again to change ${formatCount(changed)}`,
    confidence: 0.6,
    evidence: [
      metric(
        siteAddress(site),
        `${formatCount(copied)} rows copied, ${formatCount(changed)} inserted, updated or deleted: ${formatShare(changed / (copied + changed))} of what was written.`,
        'copied_rows',
        copied,
        'rows',
      ),
    ],
    advice: [
      'Write changes beside the data: merge-on-read on Iceberg (write.merge.mode=merge-on-read), deletion vectors on Delta (delta.enableDeletionVectors=true).',
      'Cluster or partition the table by the key of the change, so that fewer files hold rows to change; put the partition into the MERGE condition.',
    ],
    ...(stages.length > 0 ? { changes: savePart(run, stages, part) } : {}),
    stages,
  };
}
