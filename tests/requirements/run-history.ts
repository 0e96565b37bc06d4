import type { Requirement } from './requirement.ts';

/** What the history of runs promises. */
export const requirements = [
  {
    id: 'run-history.kept',
    behaviour: 'A run is kept in the store with what it took, cost and had as configuration, and comes back as it was.',
    source: 'issue: History',
  },
  {
    id: 'run-history.replaced',
    behaviour: 'A log that is read again replaces its run; runs are never counted twice.',
    source: 'issue: History',
  },
  { id: 'run-history.tenants', behaviour: 'A tenant sees no run of another.', source: 'design: The vocabulary' },
  {
    id: 'run-history.found',
    behaviour: 'Runs are found by name and time, the latest first; none that was masked less than is asked for now.',
    source: 'issue: History',
  },
  {
    id: 'run-history.retention',
    behaviour: 'Runs are forgotten after the configured days, of every tenant, and no younger one.',
    source: 'issue: History, Retention',
  },
  {
    id: 'run-history.configured',
    behaviour: 'The keys of logical applications, the retention and the limits of advice are configured.',
    source: 'issue: History',
  },
  {
    id: 'run-history.logical-name',
    behaviour:
      'Dates, counters and random ids in names do not tell logical applications apart; configured properties do.',
    source: 'issue: History',
  },
  {
    id: 'run-history.record',
    behaviour: 'The record of a run is small, has no secret, and says what a comparison and a fleet need.',
    source: 'issue: History',
  },
  {
    id: 'run-history.change-found',
    behaviour: 'The run where the runs became slower is found, with by how much.',
    source: 'issue: History',
  },
  {
    id: 'run-history.no-false-change',
    behaviour: 'Seasons, volumes and lone outliers are no changes; a drift is none either, it is told as a drift.',
    source: 'issue: History',
  },
  {
    id: 'run-history.anomaly',
    behaviour: 'A run that stands out is marked; one that read more, and took as much longer, is explained.',
    source: 'issue: History',
  },
  {
    id: 'run-history.what-changed',
    behaviour: 'At a change stand the differences in configuration, plan, versions, volume, findings and stages.',
    source: 'issue: History',
  },
  {
    id: 'run-history.forecast',
    behaviour: 'The next run is forecast with an interval, and when it misses its deadline.',
    source: 'issue: History',
  },
  {
    id: 'run-history.few-runs',
    behaviour: 'With too few runs that is what is said: no number is made up.',
    source: 'issue: Bad input',
  },
  {
    id: 'run-history.order-free',
    behaviour: 'Neither the order in which runs arrive, nor a run that arrives twice, changes an answer.',
    source: 'issue: Shown by, property tests',
  },
  {
    id: 'run-history.scale-free',
    behaviour: 'Runs that all take so many times as long have the same changes.',
    source: 'issue: Shown by, property tests',
  },
  {
    id: 'run-history.numbers-are-sane',
    behaviour: 'No runs whatever make a NaN, an infinite or a negative time.',
    source: 'issue: Bad input',
  },
  {
    id: 'run-history.reads-missing-logs',
    behaviour: 'Logs that are not in the history yet are read first, within bounds, and what is left is stated.',
    source: 'issue: History',
  },
  {
    id: 'run-history.outlives-logs',
    behaviour: 'A run that was remembered is in the history after its log is gone.',
    source: 'issue: History',
  },
  {
    id: 'run-history.store-gone',
    behaviour: 'Without a store, and when it fails, the answer comes from the logs and says what was not stored.',
    source: 'issue: Bad input',
  },
] satisfies readonly Requirement[];
