import type { Gap } from '../../eventlog/index.ts';
import { noTime } from './materiality.ts';
import { defineRule } from './rule.ts';

/** Gaps that mean lost events, as against a run that is not over or a log made small on purpose. */
const LOST: ReadonlySet<Gap['kind']> = new Set([
  'damaged-lines',
  'truncated-file',
  'damaged-block',
  'missing-file',
  'oversized-line',
  'lost-task-events',
  'dropped-by-server',
]);

/**
 * Incomplete log: something of the run is not in the log, so sums are lower bounds and other findings less sure.
 *
 * Input: the gaps that the reader states. Impact: unknown, so no time. A warning when events were lost or when the log stops
 * without an end, which also is what a killed driver leaves behind; information otherwise.
 */
export const incompleteLog = defineRule({
  id: 'spark/incomplete-log',
  thresholds: {},
  evaluate: (run) => {
    const { log, status } = run.application;
    if (!log.incomplete) return [];
    const lost = log.gaps.some((gap) => LOST.has(gap.kind));
    const stopped = status === 'INCOMPLETE';
    return [
      {
        title: lost
          ? 'Parts of the event log are missing or damaged'
          : stopped
            ? 'The event log stops before the application ended'
            : 'The event log is not complete',
        severity: lost || stopped ? 'warning' : 'info',
        impact: noTime(),
        confidence: 1,
        evidence:
          log.gaps.length === 0
            ? [{ fact: 'The reader marked the log as incomplete.', address: 'log' }]
            : log.gaps.map((gap) => ({ fact: gap.message, address: 'log', metric: gap.kind, value: gap.count })),
        advice: [
          lost ? 'Fetch the log again from where Spark wrote it; take all files of a rolling log together.' : '',
          stopped
            ? "If the application is not running any more, its driver was killed or crashed: read the driver's standard error and the cluster manager's reason."
            : '',
          status === 'RUNNING' ? 'The application is still running: ask again later.' : '',
        ].filter((advice) => advice !== ''),
        stages: [],
      },
    ];
  },
});
