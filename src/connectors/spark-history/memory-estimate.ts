import type { Application, PlanNode, SqlExecution, StoredRdd } from '../../eventlog/index.ts';

/** Bytes of one object of the model beside its texts: measured sizes of V8 objects with their arrays, rounded up. */
const STAGE_BYTES = 2200;
const JOB_BYTES = 600;
const EXECUTOR_BYTES = 1200;
const PEAKS_BYTES = 300;
const RDD_BYTES = 600;
const BLOCK_BYTES = 300;
const SQL_BYTES = 800;
/** A plan that was not parsed yet: its logged text, and room for what it becomes when somebody asks for it. */
const UNPARSED_PLAN_BYTES = 64 << 10;
const PLAN_NODE_BYTES = 300;
const PLAN_METRIC_BYTES = 120;
const MAP_ENTRY_BYTES = 80;
const BATCH_BYTES = 600;
const BASE_BYTES = 20_000;

const sum = <T>(items: Iterable<T>, bytesOf: (item: T) => number): number => {
  let total = 0;
  for (const item of items) total += bytesOf(item);
  return total;
};

/** Two bytes a character: the upper bound of a V8 string. */
const textBytes = (text: string | null): number => (text === null ? 0 : 2 * text.length);

const recordBytes = (record: Readonly<Record<string, string>>): number =>
  sum(Object.entries(record), ([key, value]) => MAP_ENTRY_BYTES + textBytes(key) + textBytes(value));

function planBytes(root: PlanNode | null): number {
  let bytes = 0;
  const open = root === null ? [] : [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    bytes += PLAN_NODE_BYTES + textBytes(node.name) + textBytes(node.simpleString) + recordBytes(node.metadata);
    bytes += node.metrics.length * PLAN_METRIC_BYTES;
    open.push(...node.children);
  }
  return bytes;
}

/** True while the plans of an execution are properties that are computed when they are first read: to look at them would parse them. */
const isUnparsed = (sql: SqlExecution): boolean => Object.getOwnPropertyDescriptor(sql, 'plan')?.get !== undefined;

const parsedPlanBytes = (sql: SqlExecution): number =>
  textBytes(sql.physicalPlanText) +
  planBytes(sql.plan) +
  (sql.initialPlan === sql.plan ? 0 : planBytes(sql.initialPlan)) +
  sql.metricValues.size * MAP_ENTRY_BYTES;

const rddBytes = (rdd: StoredRdd): number => RDD_BYTES + (rdd.blocks.length + rdd.distribution.length) * BLOCK_BYTES;

/** Estimated bytes that a parsed application holds in memory. An estimate that errs upwards: the cache's unit of account. */
export function estimateBytes(application: Application): number {
  const { environment } = application;
  return (
    BASE_BYTES +
    application.tasks.byteLength +
    sum(application.tasks.errors, textBytes) +
    sum(application.jobs, (job) => JOB_BYTES + textBytes(job.description) + textBytes(job.error)) +
    sum(
      application.stages,
      (stage) =>
        STAGE_BYTES +
        textBytes(stage.details) +
        textBytes(stage.failureReason) +
        stage.executorPeaks.size * (MAP_ENTRY_BYTES + PEAKS_BYTES) +
        stage.accumulators.length * (MAP_ENTRY_BYTES + PLAN_METRIC_BYTES),
    ) +
    application.executors.length * EXECUTOR_BYTES +
    sum(
      application.sqlExecutions,
      (sql) =>
        SQL_BYTES +
        textBytes(sql.description) +
        textBytes(sql.details) +
        textBytes(sql.error) +
        (isUnparsed(sql) ? UNPARSED_PLAN_BYTES : parsedPlanBytes(sql)),
    ) +
    sum(application.rdds, rddBytes) +
    sum(application.streamingQueries, (query) => query.batches.length * BATCH_BYTES) +
    sum(
      [
        environment.jvm,
        environment.spark,
        environment.hadoop,
        environment.system,
        environment.metrics,
        environment.classpath,
      ],
      recordBytes,
    )
  );
}
