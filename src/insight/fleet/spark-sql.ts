/** Spark SQL of the measures that a summary of a log has: what `describeRun` and `runMeasures` compute, over raw logs. */

/** The fields of events that are read. Source: JsonProtocol of Spark 3.0 to 4.3. */
const EVENT = [
  'Event STRING',
  '`Timestamp` BIGINT',
  '`Executor ID` STRING',
  '`Executor Metrics` STRUCT<JVMHeapMemory: BIGINT>',
  '`Job ID` BIGINT',
  '`Submission Time` BIGINT',
  '`Completion Time` BIGINT',
  '`Job Result` STRUCT<Result: STRING>',
  '`Stage ID` BIGINT',
  '`Stage Attempt ID` BIGINT',
  '`Stage Info` STRUCT<`Stage ID`: BIGINT, `Stage Attempt ID`: BIGINT, `Number of Tasks`: BIGINT, `Submission Time`: BIGINT, `Completion Time`: BIGINT, `Failure Reason`: STRING>',
  '`Task End Reason` STRUCT<Reason: STRING>',
  '`Task Info` STRUCT<`Task ID`: BIGINT, `Launch Time`: BIGINT, `Finish Time`: BIGINT, `Executor ID`: STRING>',
  '`Task Executor Metrics` STRUCT<JVMHeapMemory: BIGINT>',
  '`Task Metrics` STRUCT<`Executor CPU Time`: BIGINT, `JVM GC Time`: BIGINT, `Memory Bytes Spilled`: BIGINT, `Disk Bytes Spilled`: BIGINT, `Input Metrics`: STRUCT<`Bytes Read`: BIGINT>, `Output Metrics`: STRUCT<`Bytes Written`: BIGINT>, `Shuffle Read Metrics`: STRUCT<`Fetch Wait Time`: BIGINT, `Remote Bytes Read`: BIGINT, `Local Bytes Read`: BIGINT>, `Shuffle Write Metrics`: STRUCT<`Shuffle Bytes Written`: BIGINT>>',
  'executionId BIGINT',
  'modifiedConfigs MAP<STRING, STRING>',
].join(', ');

/** Events of which a run has few: their lines come as they are, and the engine's own definitions read them. */
const FEW = [
  'SparkListenerLogStart',
  'SparkListenerApplicationStart',
  'SparkListenerApplicationEnd',
  'SparkListenerEnvironmentUpdate',
  'SparkListenerResourceProfileAdded',
  'SparkListenerExecutorAdded',
  'SparkListenerBlockManagerAdded',
  'SparkListenerExecutorRemoved',
];

const SQL_START = 'org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart';

/** Reasons that count as killed, not failed. Source: AppStatusListener.onTaskEnd; as in the collector of tasks. */
const KILLED = "('TaskKilled', 'TaskCommitDenied')";

const ENDED = "Event = 'SparkListenerTaskEnd'";
const STARTED = "Event = 'SparkListenerTaskStart'";
const ID = '`Task Info`.`Task ID`';
const REASON = '`Task End Reason`.Reason';
const DURATION = 'greatest(0, `Task Info`.`Finish Time` - `Task Info`.`Launch Time`)';

/** Sums over the task ends that have metrics, by the name that the summary gives them. Spark leaves out what is 0 in some versions. */
const METRICS: Readonly<Record<string, string>> = {
  cpu_ns: '`Executor CPU Time`',
  gc_ms: '`JVM GC Time`',
  fetch_wait_ms: '`Shuffle Read Metrics`.`Fetch Wait Time`',
  input_bytes: '`Input Metrics`.`Bytes Read`',
  output_bytes: '`Output Metrics`.`Bytes Written`',
  shuffle_remote_bytes: '`Shuffle Read Metrics`.`Remote Bytes Read`',
  shuffle_local_bytes: '`Shuffle Read Metrics`.`Local Bytes Read`',
  shuffle_write_bytes: '`Shuffle Write Metrics`.`Shuffle Bytes Written`',
  memory_spilled_bytes: '`Memory Bytes Spilled`',
  disk_spilled_bytes: '`Disk Bytes Spilled`',
};

/** Sums of tasks, by the name that the summary gives them. */
const TASKS: Readonly<Record<string, string>> = {
  task_starts: `count_if(${STARTED})`,
  started_id_sum: `coalesce(sum(CAST(${ID} AS DECIMAL(38, 0))) FILTER (WHERE ${STARTED}), 0)`,
  task_ends: `count_if(${ENDED})`,
  /** A resubmission ends a task that ended before. */
  first_ends: `count_if(${ENDED} AND ${REASON} <> 'Resubmitted')`,
  ended_id_sum: `coalesce(sum(CAST(${ID} AS DECIMAL(38, 0))) FILTER (WHERE ${ENDED} AND ${REASON} <> 'Resubmitted'), 0)`,
  failed_tasks: `count_if(${ENDED} AND ${REASON} NOT IN ('Success') AND ${REASON} NOT IN ${KILLED})`,
  task_ms: `coalesce(sum(${DURATION}) FILTER (WHERE ${ENDED}), 0)`,
  failed_task_ms: `coalesce(sum(${DURATION}) FILTER (WHERE ${ENDED} AND ${REASON} <> 'Success' AND ${REASON} NOT IN ${KILLED}), 0)`,
  killed_task_ms: `coalesce(sum(${DURATION}) FILTER (WHERE ${ENDED} AND ${REASON} IN ${KILLED}), 0)`,
  /** What no whole log has: a task without times or a known reason, a negative number. */
  odd_tasks: `count_if(${ENDED} AND (${ID} IS NULL OR ${REASON} IS NULL OR ${REASON} = 'UnknownReason' OR coalesce(\`Task Info\`.\`Finish Time\`, 0) <= 0 OR coalesce(\`Task Info\`.\`Launch Time\`, 0) <= 0 OR least(${Object.values(
    METRICS,
  )
    .map((field) => `coalesce(\`Task Metrics\`.${field}, 0)`)
    .join(', ')}) < 0))`,
  ...Object.fromEntries(
    Object.entries(METRICS).map(([name, field]) => [
      name,
      `coalesce(sum(\`Task Metrics\`.${field}) FILTER (WHERE ${ENDED}), 0)`,
    ]),
  ),
};

const HEAP = 'coalesce(`Task Executor Metrics`.JVMHeapMemory, `Executor Metrics`.JVMHeapMemory)';
const HEAP_OF =
  "CASE Event WHEN 'SparkListenerTaskEnd' THEN `Task Info`.`Executor ID` WHEN 'SparkListenerStageExecutorMetrics' THEN `Executor ID` END";

/** What is told of one job, one stage attempt, or of the rest of a log: the group that an event belongs to. */
const GROUP = `
  CASE WHEN Event LIKE 'SparkListenerJob%' THEN 'job'
    WHEN Event IN ('SparkListenerStageSubmitted', 'SparkListenerStageCompleted', 'SparkListenerTaskStart', 'SparkListenerTaskEnd') THEN 'stage'
    ELSE 'rest' END AS kind,
  coalesce(\`Job ID\`, \`Stage Info\`.\`Stage ID\`, CASE WHEN Event IN ('SparkListenerTaskStart', 'SparkListenerTaskEnd') THEN \`Stage ID\` END, 0) AS id,
  CASE WHEN Event IN ('SparkListenerTaskStart', 'SparkListenerTaskEnd') THEN coalesce(\`Stage Attempt ID\`, 0) ELSE coalesce(\`Stage Info\`.\`Stage Attempt ID\`, 0) END AS attempt`;

const COMPLETED = "Event = 'SparkListenerStageCompleted'";
const RUN = 'completed = 1 AND (stage_start IS NOT NULL OR failed)';

/** How Spark writes a path depends on its version: `file:/a`, `file:///a`. What follows is the same. */
const SCHEME = '^([a-z0-9]+:)?/*';

/** Merges overlapping and touching spans, as `unite` does. */
const UNITED = `
  aggregate(
    array_sort(filter(spans, span -> span.e > span.s)),
    CAST(array() AS ARRAY<STRUCT<s: BIGINT, e: BIGINT>>),
    (done, span) -> CASE
      WHEN size(done) = 0 OR span.s > element_at(done, -1).e THEN concat(done, array(span))
      WHEN span.e > element_at(done, -1).e THEN concat(slice(done, 1, size(done) - 1), array(named_struct('s', element_at(done, -1).s, 'e', span.e)))
      ELSE done END)`;

/**
 * One row of JSON for each log of the files that a glob names, with what `SparkSummary` of spark-record.ts says. `logOf` are their
 * paths or URIs, without a quote in them, each with the number of its log. Works on Spark 3.5 and 4.x; reads the files once.
 */
export function summaryQuery(glob: string, logOf: ReadonlyArray<readonly [path: string, log: number]>): string {
  const files = logOf.map(([path, log]) => `('${path.replace(new RegExp(SCHEME), '')}', ${log})`).join(', ');
  const taskColumns = Object.entries(TASKS).map(([name, sql]) => `${sql} AS ${name}`);
  const taskTotals = Object.keys(TASKS).map((name) => `'${name}', sum(${name})`);
  return `
WITH lines AS (
  SELECT files.log, text.value, from_json(text.value, '${EVENT}') AS parsed
  FROM (SELECT value, regexp_replace(_metadata.file_path, '${SCHEME}', '') AS file FROM text.\`${glob}\`) AS text
  JOIN (SELECT /*+ BROADCAST */ * FROM VALUES ${files} AS files(file, log)) AS files ON text.file = files.file
),
grouped AS (
  SELECT log, kind, id, attempt,
    count_if(trim(value) <> '' AND Event IS NULL) AS damaged,
    collect_list(CASE WHEN Event IN (${FEW.map((name) => `'${name}'`).join(', ')}) THEN value END) AS few,
    collect_set(CASE WHEN Event = '${SQL_START}' THEN executionId END) AS executions,
    collect_set(CASE WHEN Event = '${SQL_START}' THEN to_json(coalesce(modifiedConfigs, map())) END) AS configs,
    collect_set(CASE WHEN Event IN ('SparkListenerTaskStart', 'SparkListenerTaskEnd') THEN \`Task Info\`.\`Executor ID\` END) AS executors,
    max(struct(${HEAP} AS heap, ${HEAP_OF} AS executor)) FILTER (WHERE ${HEAP_OF} = 'driver') AS driver_heap,
    max(struct(${HEAP} AS heap, ${HEAP_OF} AS executor)) FILTER (WHERE ${HEAP_OF} <> 'driver') AS executor_heap,
    count_if(Event = 'SparkListenerJobStart') AS job_starts,
    count_if(Event = 'SparkListenerJobEnd') AS job_ends,
    min(\`Submission Time\`) FILTER (WHERE Event = 'SparkListenerJobStart') AS job_start,
    max(\`Completion Time\`) FILTER (WHERE Event = 'SparkListenerJobEnd') AS job_end,
    bool_and(\`Job Result\`.Result = 'JobSucceeded') FILTER (WHERE Event = 'SparkListenerJobEnd') AS job_ok,
    count_if(${COMPLETED}) AS completed,
    count_if(Event = 'SparkListenerStageSubmitted') AS submitted,
    max(\`Stage Info\`.\`Submission Time\`) FILTER (WHERE ${COMPLETED}) AS stage_start,
    max(\`Stage Info\`.\`Completion Time\`) FILTER (WHERE ${COMPLETED}) AS stage_end,
    coalesce(bool_or(\`Stage Info\`.\`Failure Reason\` IS NOT NULL) FILTER (WHERE ${COMPLETED}), false) AS failed,
    max(\`Stage Info\`.\`Number of Tasks\`) FILTER (WHERE ${COMPLETED}) AS expected,
    ${taskColumns.join(',\n    ')}
  FROM (SELECT *, ${GROUP} FROM (SELECT log, value, parsed.* FROM lines))
  GROUP BY log, kind, id, attempt
),
summed AS (
  SELECT log,
    filter(flatten(collect_list(few)), line -> line IS NOT NULL) AS few,
    array_distinct(flatten(collect_list(executions))) AS executions,
    array_distinct(flatten(collect_list(configs))) AS configs,
    array_distinct(flatten(collect_list(executors))) AS executors,
    max(driver_heap).heap AS driver_heap,
    max(executor_heap).heap AS executor_heap,
    sum(damaged) AS damaged,
    count_if(kind = 'job' AND job_starts > 0) AS jobs,
    count_if(kind = 'job' AND job_ends > 0 AND NOT job_ok) AS failed_jobs,
    count_if(kind = 'job' AND (job_starts <> 1 OR job_ends > 1 OR job_start IS NULL OR (job_ends = 1 AND job_end IS NULL))) AS odd_jobs,
    max_by(job_ok, struct(job_end, id)) FILTER (WHERE kind = 'job' AND job_ends > 0) AS last_job_ok,
    count_if(kind = 'stage' AND ${RUN}) AS stages,
    count_if(kind = 'stage' AND (completed <> 1 OR submitted > 1 OR stage_end IS NULL OR (failed AND stage_start IS NULL)
      OR (NOT failed AND stage_start IS NULL AND task_ends > 0)
      OR (NOT failed AND stage_start IS NOT NULL AND attempt = 0 AND task_ends < expected))) AS odd_stages,
    collect_list(CASE
      WHEN kind = 'job' AND job_starts > 0 THEN named_struct('s', job_start, 'e', coalesce(job_end, ${Number.MAX_SAFE_INTEGER}))
      WHEN kind = 'stage' AND ${RUN} THEN named_struct('s', stage_start, 'e', stage_end) END) AS spans,
    to_json(named_struct(${taskTotals.join(', ')})) AS tasks
  FROM grouped GROUP BY log
)
SELECT to_json(named_struct(
  'log', log, 'few', few, 'executions', size(filter(executions, one -> one IS NOT NULL)), 'configs', configs, 'executors', executors,
  'driver_heap', coalesce(driver_heap, 0), 'executor_heap', coalesce(executor_heap, 0), 'damaged', damaged,
  'jobs', jobs, 'failed_jobs', failed_jobs, 'odd_jobs', odd_jobs, 'last_job_ok', coalesce(last_job_ok, true),
  'stages', stages, 'odd_stages', odd_stages, 'spans', ${UNITED}, 'tasks', from_json(tasks, 'MAP<STRING, DECIMAL(38, 0)>'))) AS summary
FROM summed`;
}
