import { z } from 'zod';
import type { PipelineRunRecord } from '../../kernel/pipelines.ts';
import type { Step } from '../definition/steps.ts';

const Moment = z.string();

/** Which rows of an incremental source a run loads. `from` is outside of a watermark's window, `to` outside of a range's. */
const SourceWindow = z.object({
  source: z.string(),
  column: z.string(),
  type: z.string(),
  dialect: z.enum(['postgres', 'duckdb', 'spark']),
  from: z.string().nullable(),
  to: z.string().nullable(),
  kind: z.enum(['watermark', 'range']),
});
export type SourceWindow = z.infer<typeof SourceWindow>;

const RunError = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type RunError = z.infer<typeof RunError>;

const CheckResult = z.object({
  on: z.string(),
  check: z.string(),
  ok: z.boolean(),
  action: z.enum(['stop', 'warn']),
  /** What was found, a sentence. */
  found: z.string(),
  bad_rows: z.number().nullable(),
  /** Rows that break it, quoted; at most 5. */
  samples: z.array(z.string()),
});
export type CheckResult = z.infer<typeof CheckResult>;

const StepState = z.object({
  id: z.string(),
  kind: z.enum(['source', 'transformation', 'destination']),
  state: z.enum(['pending', 'running', 'succeeded', 'failed']),
  attempt: z.int(),
  started_at: Moment.nullable(),
  ended_at: Moment.nullable(),
  rows_in: z.number().nullable(),
  rows_out: z.number().nullable(),
  checks: z.array(CheckResult),
  error: RunError.nullable(),
});
export type StepState = z.infer<typeof StepState>;

const RunDetail = z.object({
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  from: Moment.nullable(),
  to: Moment.nullable(),
  /** A backfill: rows of incremental sources are chosen by its dates. */
  backfill: z.boolean(),
  resumed_from: z.string().nullable(),
  /** Null until it is planned. */
  windows: z.array(SourceWindow).nullable(),
  steps: z.array(StepState),
  error: RunError.nullable(),
});
/** What a run is and came to, as the store keeps it. */
export type RunDetail = z.infer<typeof RunDetail>;

/** Reads what the store keeps of a run. */
export function readDetail({ detail }: Pick<PipelineRunRecord, 'detail'>): RunDetail {
  return RunDetail.parse(JSON.parse(detail));
}

/** The state of a step that did not begin. */
export function pendingStep({ id, kind }: Pick<Step, 'id' | 'kind'>): StepState {
  const none = { started_at: null, ended_at: null, rows_in: null, rows_out: null, error: null };
  return { id, kind, state: 'pending', attempt: 0, ...none, checks: [] };
}
