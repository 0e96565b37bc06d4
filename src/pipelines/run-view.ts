import { z } from 'zod';
import type { PipelineRunRecord, Watermark } from '../kernel/pipelines.ts';
import { oneLine } from '../kernel/quote.ts';
import { tableSchema, toTable } from '../kernel/table.ts';
import { countNoun } from '../kernel/units.ts';
import { type RunDetail, readDetail, type StepState } from './run/detail.ts';
import { timeOf } from './tool-dependencies.ts';

const STEP_COLUMNS = ['step', 'kind', 'state', 'attempt', 'rows_in', 'rows_out', 'duration_ms'] as const;
const MESSAGE_CHARS = 2_000;

const CheckView = z.object({
  on: z.string(),
  check: z.string(),
  ok: z.boolean(),
  action: z.string(),
  found: z.string(),
  samples: z.array(z.string()).optional(),
});

const ErrorView = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean(),
  step: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** A run as tools show it. Times are RFC 3339 UTC. */
export const RunView = z.object({
  execution_id: z.string(),
  pipeline_id: z.string(),
  version: z.int(),
  state: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
  trigger: z.string(),
  progress: z.object({ done: z.int(), total: z.int() }),
  created_at: z.string(),
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  resumed_from: z.string().nullable(),
  operation_id: z.string().nullable(),
  steps: tableSchema(STEP_COLUMNS),
  checks: z.array(CheckView),
  /** Rows of incremental sources that it loads: after `before`, up to `after`. */
  watermarks: z.array(z.object({ source: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
  error: ErrorView.nullable(),
});
export type RunView = z.input<typeof RunView>;

/** A run for whoever asks. */
export function viewRun(run: PipelineRunRecord): RunView {
  const detail = readDetail(run);
  const { steps } = detail;
  return {
    execution_id: run.id,
    pipeline_id: run.pipelineId,
    version: run.version,
    state: run.state,
    trigger: run.trigger,
    progress: { done: steps.filter(({ state }) => state === 'succeeded').length, total: steps.length },
    created_at: new Date(run.createdAt).toISOString(),
    started_at: timeOf(run.startedAt),
    ended_at: timeOf(run.endedAt),
    from: detail.from,
    to: detail.to,
    resumed_from: detail.resumed_from,
    operation_id: run.operationId,
    steps: toTable(steps, { offset: 0, length: steps.length }, STEP_COLUMNS, stepCells),
    checks: steps.flatMap(({ checks }) =>
      checks.map(({ on, check, ok, action, found, samples }) => ({
        on,
        check,
        ok,
        action,
        found,
        ...(samples.length === 0 ? {} : { samples }),
      })),
    ),
    watermarks: (detail.windows ?? []).map(({ source, from, to }) => ({ source, before: from, after: to })),
    error: errorView(detail),
  };
}

function stepCells({ id, kind, state, attempt, rows_in, rows_out, started_at, ended_at }: StepState) {
  const duration = started_at === null || ended_at === null ? null : Date.parse(ended_at) - Date.parse(started_at);
  return { step: id, kind, state, attempt, rows_in, rows_out, duration_ms: duration };
}

function errorView({ error }: RunDetail): RunView['error'] {
  if (error === null) return null;
  const { step, ...details } = error.details ?? {};
  return {
    code: error.code,
    message: error.message.slice(0, MESSAGE_CHARS),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    retryable: error.retryable,
    ...(typeof step === 'string' ? { step } : {}),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

/** One line: what became of a run. */
export function sentenceOfRun(view: z.output<typeof RunView>): string {
  const { execution_id, state, progress, error, steps } = view;
  const kind = steps.columns.indexOf('kind');
  const rowsOut = steps.columns.indexOf('rows_out');
  const loaded = steps.rows
    .filter((row) => row[kind] === 'destination')
    .reduce((sum, row) => sum + Number(row[rowsOut] ?? 0), 0);
  const far = state === 'running' ? `, ${progress.done} of ${progress.total} steps done` : '';
  const rows = state === 'succeeded' ? `, ${countNoun(loaded, 'row')} loaded` : '';
  const where = error?.step === undefined ? '' : ` in ${error.step}`;
  const why =
    error === null
      ? ''
      : `${where}: ${error.code}: ${oneLine(error.message)}${error.hint === undefined ? '' : ` ${error.hint}`}`;
  return `${execution_id} ${state}${far}${rows}${why}`;
}

/** Watermarks of a pipeline as tools show them. */
export const viewWatermarks = (watermarks: readonly Watermark[]) =>
  watermarks.map(({ source, value }) => ({ source, value }));
