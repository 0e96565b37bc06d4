import type { Requirement } from './requirement.ts';

const ISSUE = 'issue: Run things, Pipelines';

/** What is promised of ETL pipelines. */
export const requirements = [
  {
    id: 'pipelines.definition-forms',
    behaviour: 'A definition is taken as an object, as YAML and as JSON, and means the same.',
    source: ISSUE,
  },
  {
    id: 'pipelines.definition-problems',
    behaviour: 'Everything that is wrong in a definition is told at once, each with its path.',
    source: ISSUE,
  },
  {
    id: 'pipelines.unknown-steps',
    behaviour: 'SQL, checks and destinations that name a step which is not there are refused with the nearest names.',
    source: 'issue: Bad input',
  },
  {
    id: 'pipelines.cycles',
    behaviour: 'Transformations that read one another in a circle are refused, and the circle is told.',
    source: 'issue: Bad input',
  },
  {
    id: 'pipelines.bound-values',
    behaviour: 'A parameter reaches SQL as a bound value or as a checked name, never as text.',
    source: 'issue: Bad input',
  },
  {
    id: 'pipelines.one-statement',
    behaviour: 'A step is one statement; stacked ones are refused before anything runs.',
    source: 'issue: Bad input',
  },
  { id: 'pipelines.paths-stay', behaviour: 'No parameter takes a path out of its folder.', source: 'issue: Bad input' },
  {
    id: 'pipelines.python-needs-spark',
    behaviour: 'A Python transformation without Spark is refused when the pipeline is created.',
    source: ISSUE,
  },
  {
    id: 'pipelines.probed',
    behaviour: 'Creating a pipeline tells what the platforms say of its tables, columns and SQL, and writes nothing.',
    source: ISSUE,
  },
  {
    id: 'pipelines.versions',
    behaviour:
      'Versions never change, a run keeps the one that it began with, and two updates at once leave one of them.',
    source: ISSUE,
  },
  { id: 'pipelines.tenants', behaviour: 'Pipelines, runs and watermarks are of one tenant.', source: ISSUE },
  {
    id: 'pipelines.moves-rows',
    behaviour: 'Rows go from sources through SQL into destinations, with counts for each step.',
    source: ISSUE,
  },
  {
    id: 'pipelines.in-database',
    behaviour: 'Without an engine, rows between tables of one database are computed in that database.',
    source: ISSUE,
  },
  {
    id: 'pipelines.incremental',
    behaviour: 'An incremental source loads each row once, in windows that are stored before anything is read.',
    source: ISSUE,
  },
  { id: 'pipelines.lag', behaviour: 'Rows that are newer than the lag wait for a later run.', source: ISSUE },
  {
    id: 'pipelines.checks',
    behaviour:
      'A check that stops fails the run with rows that break it and leaves every destination as it was; one that warns does not.',
    source: ISSUE,
  },
  {
    id: 'pipelines.retries',
    behaviour: 'Only errors that can pass are tried again, as often as the definition says.',
    source: ISSUE,
  },
  { id: 'pipelines.errors-named', behaviour: 'An error names its step and keeps the platform code.', source: ISSUE },
  {
    id: 'pipelines.resume',
    behaviour:
      'A failed run goes on from where it failed, with the rows that it was planned with, and loads nothing twice.',
    source: ISSUE,
  },
  {
    id: 'pipelines.half-loaded',
    behaviour: 'A run that would add rows twice beside a half-loaded one is refused, and the schedule resumes instead.',
    source: ISSUE,
  },
  {
    id: 'pipelines.one-effect',
    behaviour: 'A process that is killed at any point of a run leaves a run that another process ends with one effect.',
    source: ISSUE,
  },
  {
    id: 'pipelines.one-at-a-time',
    behaviour: 'A pipeline runs once at a time unless its definition allows more, whatever the number of processes.',
    source: ISSUE,
  },
  { id: 'pipelines.lease', behaviour: 'A worker that lost its lease writes nothing more.', source: ISSUE },
  {
    id: 'pipelines.backfill',
    behaviour:
      'A backfill runs each day or hour of a range in its time zone, in order, and leaves the watermark as it is.',
    source: ISSUE,
  },
  { id: 'pipelines.cancel', behaviour: 'A run that is cancelled ends as cancelled and loads nothing.', source: ISSUE },
  {
    id: 'pipelines.timeout',
    behaviour: 'A run that takes longer than its timeout fails with deadline_exceeded.',
    source: ISSUE,
  },
  {
    id: 'pipelines.schedule-dst',
    behaviour: 'Schedules keep their local time over changes of the clock, and run once where an hour comes twice.',
    source: ISSUE,
  },
  {
    id: 'pipelines.schedule-once',
    behaviour: 'A moment of a schedule runs once, whatever the number of processes that look at it.',
    source: ISSUE,
  },
  {
    id: 'pipelines.catch-up',
    behaviour:
      'Moments that passed while nothing ran are left out, run once, or run each in turn, as the definition says.',
    source: ISSUE,
  },
  { id: 'pipelines.paused', behaviour: 'A paused pipeline is not scheduled and can still be executed.', source: ISSUE },
  {
    id: 'pipelines.replacing-asked',
    behaviour: 'A definition whose runs replace a table that has rows is stored after approval.',
    source: ISSUE,
  },
  {
    id: 'pipelines.delete',
    behaviour: 'Deleting asks for approval, says what is lost, and keeps the history.',
    source: ISSUE,
  },
  {
    id: 'pipelines.active-resource',
    behaviour: 'pipelines://active shows what runs and what is due, and tells its watchers of changes.',
    source: 'issue: Tools',
  },
  {
    id: 'pipelines.template',
    behaviour:
      'The prompt data_pipeline_template gives a definition of the real schema that create_etl_pipeline accepts.',
    source: 'issue: Tools',
  },
  {
    id: 'pipelines.tools-cost',
    behaviour: 'All tools of pipelines together are listed in 2,800 tokens.',
    source: 'issue: Tools',
  },
  {
    id: 'pipelines.history',
    behaviour: 'The history of runs is paged, newest first, over the runs of deleted pipelines too.',
    source: ISSUE,
  },
  {
    id: 'pipelines.examples',
    behaviour: 'The example pipelines run as they are documented.',
    source: 'issue: Documents and samples',
  },
] as const satisfies readonly Requirement[];
