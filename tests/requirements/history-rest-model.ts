import type { Requirement } from './requirement.ts';

/** What the engine must know of a log so that the REST of the History Server can be answered from it. */
export const requirements = [
  {
    id: 'history-rest-model.executors',
    behaviour:
      'Executors are listed as the History Server lists them: addresses, logs, storage memory, peaks, exclusions, what they had when they were removed, and the driver with the time of the application.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest-model.storage',
    behaviour:
      'Cached RDDs are listed with their blocks and with what each executor holds and has left, as far as the log tells, through replication, eviction and the loss of executors.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest-model.environment',
    behaviour:
      'The environment has all property lists sorted by name and all resource profiles; secrets are masked as Spark masks them.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest-model.processes',
    behaviour: 'Miscellaneous processes are listed with their logs.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest-model.streaming',
    behaviour: 'Paths of DStreams answer as a History Server does: no listener is attached.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest-model.sql',
    behaviour:
      'SQL executions have the plan graph and the metric texts of the History Server: totals, quantiles and the task with the largest value.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest-model.sql-lazily',
    behaviour:
      'Metric texts and accumulators of tasks are read in a second pass, on any number of threads with the same result, within bounded memory, and what had to be left out is stated.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest-model.accumulables',
    behaviour: 'Named accumulators of the user are known by stage and by task, as text as logged.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest-model.task-metrics',
    behaviour:
      'Every task metric of the REST of Spark 4.3 is a column, push-based shuffle included; columns of zeros take no memory.',
    source: 'issue: History Server REST',
  },
  {
    id: 'history-rest-model.full-errors',
    behaviour: 'Errors of tasks are kept up to 64 Ki characters each and 64 Mi together; what is cut is stated.',
    source: 'issue: History Server REST',
  },
] as const satisfies readonly Requirement[];
