import { labelLog } from '../../../kernel/log-text.ts';
import { rfc3339 } from '../times.ts';
import type { SeenRun } from './collect-runs.ts';
import type { DescribedHistory } from './describe-history.ts';
import type { LogicalRuns } from './load-runs.ts';

export const RUN_COLUMNS = [
  'start_time',
  'app_id',
  'attempt_id',
  'server',
  'status',
  'duration_ms',
  'expected_ms',
  'mark',
  'input_bytes',
  'core_hours',
  'wasted_core_hours',
  'spark_version',
] as const;

export const APPLICATION_COLUMNS = [
  'application',
  'run_count',
  'failed_count',
  'last_start_time',
  'last_duration_ms',
] as const;

const MS_PER_HOUR = 3_600_000;

/** Runs as rows, the latest first. `mark`: `change` for the first after a change of level, else how the run stands out. */
export function runRows(runs: readonly SeenRun[], { judgement, unusual }: DescribedHistory) {
  const { history } = judgement;
  const expected = new Map(
    history?.runs.map((run, at) => [run.id, run.durationMs / Math.exp(history.fit.rawResiduals[at] ?? 0)]),
  );
  const changed = new Set(history?.changes.map(({ index }) => history.runs[index]?.id));
  return runs.toReversed().map(({ server, record }) => {
    const id = `${record.appId} ${record.attemptId ?? ''}`;
    const expectedMs = expected.get(id);
    return {
      start_time: rfc3339(record.startMs),
      app_id: labelLog(record.appId),
      attempt_id: record.attemptId === null ? null : labelLog(record.attemptId),
      server,
      status: record.status,
      duration_ms: record.durationMs,
      expected_ms: expectedMs === undefined ? null : Math.round(expectedMs),
      mark: changed.has(id) ? 'change' : (unusual.get(id)?.kind ?? null),
      input_bytes: record.measures.inputBytes,
      core_hours: hours(record.measures.coreMs),
      wasted_core_hours: hours(record.measures.wastedCoreMs),
      spark_version: record.sparkVersion === null ? null : labelLog(record.sparkVersion),
    };
  });
}

/** One logical application in a list. */
export function applicationCells({ key, runs }: LogicalRuns) {
  const last = runs.at(-1)?.record;
  return {
    application: labelLog(key),
    run_count: runs.length,
    failed_count: runs.filter(({ record }) => record.status === 'FAILED').length,
    last_start_time: rfc3339(last?.startMs ?? null),
    last_duration_ms: last?.durationMs ?? null,
  };
}

const hours = (coreMs: number): number => Number((coreMs / MS_PER_HOUR).toFixed(4));
