import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Connector } from '../../kernel/connector.ts';
import type { Table } from '../../kernel/table.ts';
import { createSparkHistory } from './connector.ts';
import { rowsOf } from './fixtures/call-tool.ts';
import { folderSource, toolContext } from './fixtures/fake-logs.ts';

const FIXTURES = fileURLToPath(new URL('../../../tests/fixtures/spark/', import.meta.url));
const EVERYTHING = 10_000;
const QUANTILES = '0,0.05,0.25,0.5,0.75,0.95,1';

type Row = Readonly<Record<string, unknown>>;

/** The real History Server's answers about one attempt; see RECORDED.md beside the logs. */
interface Oracle {
  readonly application: { readonly id: string };
  readonly attempt_id: string | null;
  readonly jobs: readonly Row[];
  readonly stages: readonly Row[];
  readonly task_summaries: Readonly<Record<string, Row>>;
  readonly executors: readonly Row[];
  readonly sql: readonly Row[];
}

const fixtures: Array<{ id: string; path: string; oracle: string | null }> = JSON.parse(
  readFileSync(path.join(FIXTURES, 'index.json'), 'utf8'),
);
const connectors: Connector[] = [];

const cases = fixtures.flatMap((fixture) => {
  if (fixture.oracle === null) return [];
  const oracles: Oracle[] = JSON.parse(gunzipSync(readFileSync(path.join(FIXTURES, fixture.oracle))).toString());
  const connector = createSparkHistory(
    { sources: [folderSource('recorded', path.join(FIXTURES, fixture.path))] },
    { clock: () => 0 },
  );
  connectors.push(connector);
  return oracles.map((oracle) => ({ title: `${fixture.id} ${oracle.attempt_id ?? ''}`.trim(), oracle, connector }));
});

afterAll(() => Promise.all(connectors.map((connector) => connector.close())));

/** Calls a tool about the application of an oracle. */
async function ask({ connector, oracle }: (typeof cases)[0], name: string, input: Row = {}): Promise<Row> {
  const tool = connector.tools.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  const about = {
    app_id: oracle.application.id,
    ...(oracle.attempt_id === null ? {} : { app_attempt_id: oracle.attempt_id }),
  };
  return tool.output.parse(await tool.call(tool.input.parse({ ...about, ...input }), toolContext()));
}

const pick = (row: Row | undefined, names: Readonly<Record<string, string>>): Row =>
  Object.fromEntries(Object.entries(names).map(([ours, theirs]) => [ours, row?.[theirs] ?? null]));

/** Rows of ours and of the History Server under our names. */
function compare(table: unknown, theirs: readonly Row[], names: Readonly<Record<string, string>>): void {
  const identity = Object.fromEntries(Object.keys(names).map((name) => [name, name]));
  const key = (row: Row) => JSON.stringify(row);
  const ours = rowsOf(table as Table).map((row) => pick(row, identity));
  expect(ours.toSorted((a, b) => key(a).localeCompare(key(b)))).toEqual(
    theirs.map((row) => pick(row, names)).toSorted((a, b) => key(a).localeCompare(key(b))),
  );
}

const JOB_NAMES = {
  job_id: 'jobId',
  status: 'status',
  task_count: 'numTasks',
  failed_task_count: 'numFailedTasks',
  skipped_task_count: 'numSkippedTasks',
  failed_stage_count: 'numFailedStages',
};
const STAGE_NAMES = {
  stage_id: 'stageId',
  attempt_id: 'attemptId',
  status: 'status',
  task_count: 'numTasks',
  failed_task_count: 'numFailedTasks',
  executor_run_time_ms: 'executorRunTime',
  jvm_gc_time_ms: 'jvmGcTime',
  input_bytes: 'inputBytes',
  output_bytes: 'outputBytes',
  shuffle_read_bytes: 'shuffleReadBytes',
  shuffle_write_bytes: 'shuffleWriteBytes',
  memory_spilled_bytes: 'memoryBytesSpilled',
  disk_spilled_bytes: 'diskBytesSpilled',
};
const EXECUTOR_NAMES = {
  executor_id: 'id',
  active: 'isActive',
  total_cores: 'totalCores',
  task_count: 'totalTasks',
  failed_task_count: 'failedTasks',
  input_bytes: 'totalInputBytes',
  shuffle_read_bytes: 'totalShuffleRead',
  shuffle_write_bytes: 'totalShuffleWrite',
  max_memory_bytes: 'maxMemory',
};
/** The History Server gives the driver the age of the application instead of the time of its tasks, and no GC time. */
const EXECUTOR_TIME_NAMES = { executor_id: 'id', task_time_ms: 'totalDuration', gc_time_ms: 'totalGCTime' };
const SQL_NAMES = { execution_id: 'id', status: 'status', duration_ms: 'duration' };

/**
 * Paths of the summary's metrics. A History Server with a store on disk counts the failed tasks into `duration` and
 * `schedulerDelay`, though into nothing else: where there are some these two are not compared. Source: SPARK-26119.
 */
const SUMMARY_NAMES: Readonly<Record<string, string>> = {
  duration_ms: 'duration',
  executor_run_time_ms: 'executorRunTime',
  executor_cpu_time_ns: 'executorCpuTime',
  executor_deserialize_time_ms: 'executorDeserializeTime',
  jvm_gc_time_ms: 'jvmGcTime',
  scheduler_delay_ms: 'schedulerDelay',
  getting_result_time_ms: 'gettingResultTime',
  result_serialization_time_ms: 'resultSerializationTime',
  result_size_bytes: 'resultSize',
  peak_execution_memory_bytes: 'peakExecutionMemory',
  memory_spilled_bytes: 'memoryBytesSpilled',
  disk_spilled_bytes: 'diskBytesSpilled',
  input_bytes: 'inputMetrics.bytesRead',
  input_records: 'inputMetrics.recordsRead',
  output_bytes: 'outputMetrics.bytesWritten',
  output_records: 'outputMetrics.recordsWritten',
  shuffle_read_bytes: 'shuffleReadMetrics.readBytes',
  shuffle_read_records: 'shuffleReadMetrics.readRecords',
  shuffle_fetch_wait_time_ms: 'shuffleReadMetrics.fetchWaitTime',
  shuffle_write_bytes: 'shuffleWriteMetrics.writeBytes',
  shuffle_write_records: 'shuffleWriteMetrics.writeRecords',
  shuffle_write_time_ns: 'shuffleWriteMetrics.writeTime',
};

const valueAt = (row: Row, dotted: string): unknown =>
  dotted.split('.').reduce<unknown>((value, name) => (value as Row | undefined)?.[name], row);

describe.each(cases)('the recorded log $title', (recorded) => {
  const { oracle } = recorded;

  it('has the jobs that the History Server has [spark-history.agrees-with-history-server]', async () => {
    const { jobs } = await ask(recorded, 'list_jobs', { length: EVERYTHING });
    compare(jobs, oracle.jobs, JOB_NAMES);
  });

  it('has the stages that the History Server has [spark-history.agrees-with-history-server]', async () => {
    const { stages } = await ask(recorded, 'list_stages', { length: EVERYTHING });
    compare(stages, oracle.stages, STAGE_NAMES);
  });

  it('has the executors that the History Server has [spark-history.agrees-with-history-server]', async () => {
    const { executors } = await ask(recorded, 'list_executors', { include_inactive: true, length: EVERYTHING });
    compare(executors, oracle.executors, EXECUTOR_NAMES);
    const table = executors as Table;
    const workers = { ...table, rows: table.rows.filter(([id]) => id !== 'driver') };
    compare(
      workers,
      oracle.executors.filter(({ id }) => id !== 'driver'),
      EXECUTOR_TIME_NAMES,
    );
  });

  it('has the SQL executions that the History Server has [spark-history.agrees-with-history-server]', async () => {
    const { executions } = await ask(recorded, 'list_sql_executions', { limit: 0 });
    compare(
      executions,
      oracle.sql.filter(({ status }) => status !== 'RUNNING'),
      SQL_NAMES,
    );
  });

  it('has the task quantiles that the History Server has [spark-history.quantiles-as-spark]', async () => {
    for (const [stage, summary] of Object.entries(oracle.task_summaries)) {
      const [stage_id, attempt_id] = stage.split('.').map(Number);
      const { task_metrics } = await ask(recorded, 'get_stage_task_summary', {
        stage_id,
        attempt_id,
        quantiles: QUANTILES,
      });
      const { metrics } = task_metrics as { metrics: Record<string, number[]> };
      const zeros = QUANTILES.split(',').map(() => 0);
      const allSucceeded = oracle.stages.some(
        ({ stageId, attemptId, numFailedTasks, numKilledTasks }) =>
          stageId === stage_id && attemptId === attempt_id && numFailedTasks === 0 && numKilledTasks === 0,
      );
      const names = Object.keys(SUMMARY_NAMES).filter(
        (name) => allSucceeded || !['scheduler_delay_ms', 'duration_ms'].includes(name),
      );
      expect([stage, Object.fromEntries(names.map((name) => [name, metrics[name] ?? zeros]))]).toEqual([
        stage,
        Object.fromEntries(names.map((name) => [name, valueAt(summary, SUMMARY_NAMES[name] ?? '')])),
      ]);
    }
  });
});
