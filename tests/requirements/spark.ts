import type { Requirement } from './requirement.ts';

const source = 'issue 6: Spark';
const badInput = 'issue 6: Bad input';

/** What is promised of jobs and SQL on Spark. */
export const requirements = [
  {
    id: 'spark.registry',
    behaviour: 'A job is kept in the store, for its tenant alone, and once it has ended it stays as it ended.',
    source,
  },
  {
    id: 'spark.max-jobs',
    behaviour: 'No more jobs of a tenant run at the same time than are configured, also when they come at once.',
    source,
  },
  {
    id: 'spark.list-jobs',
    behaviour: 'Jobs are listed by status and date, newest first, a page at a time with the whole count.',
    source,
  },
  {
    id: 'spark.taken-over',
    behaviour: 'Jobs of a gateway that died are looked after by one other gateway, and end as they would have.',
    source,
  },
  {
    id: 'spark.survives-gateway',
    behaviour: 'A Python job goes on when the gateway is killed, and the next one tells its end and exit code.',
    source,
  },
  {
    id: 'spark.python-job',
    behaviour: 'Scripts and inline PySpark run in client mode, with their arguments, properties and exit code.',
    source,
  },
  {
    id: 'spark.jvm-job',
    behaviour: 'A jar with a main class runs on a worker by the submission API of the master.',
    source,
  },
  {
    id: 'spark.sql-job',
    behaviour: 'A query runs as a job through Spark Connect, and leaves its rows in an Arrow file.',
    source,
  },
  {
    id: 'spark.status',
    behaviour: 'The status of a running job has its progress, stages and metrics, and of any job its application.',
    source,
  },
  { id: 'spark.event-logs', behaviour: 'Jobs leave their event logs where the configuration says.', source },
  {
    id: 'spark.cancel',
    behaviour: 'Cancelling a job ends every process that it started and its application on the cluster.',
    source,
  },
  {
    id: 'spark.timeout',
    behaviour: 'A script that never ends is ended after timeout_s, and its error says so.',
    source: badInput,
  },
  {
    id: 'spark.waiting',
    behaviour: 'A job on a cluster without workers says that it waits for resources, and for how many workers.',
    source: badInput,
  },
  {
    id: 'spark.roots',
    behaviour: 'Scripts, jars and files come from configured folders only, also through links.',
    source,
  },
  {
    id: 'spark.conf-policy',
    behaviour: 'Properties that start other code, hold credentials or change rights are refused by name.',
    source,
  },
  {
    id: 'spark.secrets-kept-out',
    behaviour: 'Properties go through a file that nobody else reads; jobs get none of the secrets of the gateway.',
    source,
  },
  {
    id: 'spark.failure-told',
    behaviour: 'A failed job tells what was raised, with the error class and SQLSTATE of Spark.',
    source,
  },
  {
    id: 'spark.logs',
    behaviour: 'Logs are read by their last lines, from where one read before, by level and by pattern.',
    source,
  },
  { id: 'spark.log-pattern-safe', behaviour: 'A pattern that would work for ever is stopped and refused.', source },
  {
    id: 'spark.log-bounded',
    behaviour: 'The log of a job that never stops printing stays bounded, and the answer says what is missing.',
    source: badInput,
  },
  {
    id: 'spark.files-kept',
    behaviour: 'Logs of jobs that ended and files of results are removed after seven days.',
    source,
  },
  { id: 'spark.executor-logs', behaviour: 'Logs of executors are read from the pages of their workers.', source },
  {
    id: 'spark.sql-effect',
    behaviour: 'Statements that read need the scope read, those that change something the scope write.',
    source,
  },
  { id: 'spark.sql-approval', behaviour: 'Statements that lose something need an approval that shows them.', source },
  {
    id: 'spark.sql-unknown',
    behaviour: 'A statement whose effect cannot be known is taken for one that loses something.',
    source,
  },
  {
    id: 'spark.sql-one-statement',
    behaviour: 'One statement is run at a time, of a bounded length.',
    source: badInput,
  },
  {
    id: 'spark.sql-files',
    behaviour: 'SQL names files under configured folders or of storages, and no others.',
    source,
  },
  {
    id: 'spark.sql-bounded',
    behaviour: 'Spark is asked for one row more than the limit, and the answer says whether there are more.',
    source,
  },
  {
    id: 'spark.sql-exact',
    behaviour: 'Values are exact: long numbers, decimals, NaN and infinity come as text, nulls as null.',
    source: badInput,
  },
  {
    id: 'spark.sql-result-files',
    behaviour: 'Results become whole CSV or Arrow files that other programs read, or no file at all.',
    source,
  },
  {
    id: 'spark.sql-nearest',
    behaviour: 'Unknown tables and columns come with the names that exist.',
    source: badInput,
  },
  {
    id: 'spark.sql-columns-bounded',
    behaviour: 'A result with too many columns is refused before it is read.',
    source: badInput,
  },
  {
    id: 'spark.server-gone',
    behaviour: 'A server that is gone, also in the middle of a result, is an error that says so, and leaves no file.',
    source: badInput,
  },
  {
    id: 'spark.disk-full',
    behaviour: 'A full disk is an error that says so, and nothing half-written is left.',
    source: badInput,
  },
  { id: 'spark.tenants', behaviour: 'Spark is open to the configured tenants alone.', source },
  {
    id: 'spark.cluster-info',
    behaviour: 'The cluster resource has version, master, workers, cores, memory and applications.',
    source,
  },
  { id: 'spark.job-watched', behaviour: 'Who subscribes to a job is told when its state changes.', source },
  {
    id: 'spark.health',
    behaviour: 'The health of the master and of Spark Connect is told apart, each with its latency.',
    source,
  },
  {
    id: 'spark.surface',
    behaviour: 'One tool is one file with its test, and all of them together cost at most 2,500 tokens.',
    source,
  },
  {
    id: 'spark.engine',
    behaviour: 'Other rooms get SQL, views of files and rows, and files and tables written whole, over Spark Connect.',
    source,
  },
] as const satisfies readonly Requirement[];
