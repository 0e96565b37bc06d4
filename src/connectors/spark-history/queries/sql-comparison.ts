import { z } from 'zod';
import type { Application, SqlExecution } from '../../../eventlog/index.ts';
import { diffPlans, type PlanChange, type PlanDiff } from '../../../insight/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog, quoteLog } from '../../../kernel/log-text.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { type ApplicationPair, pairInput, type Side, sideOnWire } from '../application-pair.ts';
import { firstRows } from '../first-rows.ts';
import { count, sparkNumber } from '../parameters.ts';
import type { LoadedApplication } from '../spark-history.ts';
import { elapsedMs } from '../times.ts';
import { rankSqlExecutions, sqlById } from './sql-executions.ts';

const DESCRIPTION_CHARS = 200;
const TEXT_CHARS = 240;
/** Differences of a plan that are shown; more are counted. */
const MAX_CHANGES = 30;

/** Input of the tools that compare two SQL executions. */
export const sqlPairInput = {
  ...pairInput,
  execution_id1: sparkNumber().optional(),
  execution_id2: sparkNumber().optional(),
  top_n: count(10),
};

/** The execution asked for, else the longest. Errors: `not_found` when there is none. */
export function executionOrLongest(application: Application, executionId: number | undefined): SqlExecution {
  if (executionId !== undefined) return sqlById(application, executionId);
  const [longest] = rankSqlExecutions(application, application.sqlExecutions, 'duration');
  if (longest !== undefined) return longest;
  throw new HeadgateError('not_found', `Application ${labelLog(application.appId)} has no SQL executions.`, {
    hint: 'Compare its stages with compare_stages, or the whole runs with compare_job_performance.',
  });
}

/** One side on the wire. */
export function sqlSideOnWire(loaded: LoadedApplication, sql: SqlExecution, operatorCount: number): Side {
  return {
    ...sideOnWire(loaded),
    execution_id: sql.executionId,
    status: sql.status,
    description: quoteLog(sql.description, DESCRIPTION_CHARS),
    duration_ms: elapsedMs(sql, loaded.application),
    operator_count: operatorCount,
  };
}

const CHANGE_COLUMNS = ['change', 'subject', 'a', 'b'] as const;
const OPERATOR_COLUMNS = [
  'operator',
  'a_node',
  'b_node',
  'a_rows',
  'b_rows',
  'a_bytes',
  'b_bytes',
  'a_ms',
  'b_ms',
  'delta_ms',
] as const;

/** Schema of a plan diff: what changed in structure, and the operators whose time or data changed most. */
export const planDiffOutput = z.object({
  changes: tableSchema(CHANGE_COLUMNS),
  operators: tableSchema(OPERATOR_COLUMNS),
});

/** A plan diff on the wire. */
export function planDiffOnWire(diff: PlanDiff, topN: number): z.input<typeof planDiffOutput> {
  const ranked = diff.operators
    .filter(({ left, right }) => [left, right].some((side) => side !== null && (side.timeMs ?? side.rows) !== null))
    .toSorted((x, y) => weightOf(y) - weightOf(x));
  return {
    changes: firstRows(diff.changes, MAX_CHANGES, CHANGE_COLUMNS, (change) => ({
      change: change.kind,
      subject: quoteLog(change.subject, TEXT_CHARS),
      a: textOf(change, 'left'),
      b: textOf(change, 'right'),
    })),
    operators: firstRows(ranked, topN, OPERATOR_COLUMNS, ({ left, right }) => ({
      operator: namesOf(left?.name, right?.name),
      a_node: left?.nodeId ?? null,
      b_node: right?.nodeId ?? null,
      a_rows: left?.rows ?? null,
      b_rows: right?.rows ?? null,
      a_bytes: left?.bytes ?? null,
      b_bytes: right?.bytes ?? null,
      a_ms: rounded(left?.timeMs),
      b_ms: rounded(right?.timeMs),
      delta_ms: rounded(
        left?.timeMs == null && right?.timeMs == null ? null : (right?.timeMs ?? 0) - (left?.timeMs ?? 0),
      ),
    })),
  };
}

function textOf(change: PlanChange, side: 'left' | 'right'): string | null {
  const text = change[side];
  return text === null ? null : quoteLog(text, TEXT_CHARS);
}

function namesOf(left: string | undefined, right: string | undefined): string {
  if (left === undefined || right === undefined || left === right) return labelLog(left ?? right ?? '');
  return `${labelLog(left)} → ${labelLog(right)}`;
}

const rounded = (ms: number | null | undefined): number | null => (ms == null ? null : Math.round(ms * 10) / 10);

/** Operators rank by how far their times are apart, then by the longer time, then by rows. */
function weightOf({ left, right }: PlanDiff['operators'][number]): number {
  const a = left?.timeMs ?? 0;
  const b = right?.timeMs ?? 0;
  const rows = Math.max(left?.rows ?? 0, right?.rows ?? 0);
  return Math.abs(b - a) * 1e6 + Math.max(a, b) * 1e3 + Math.min(rows, 1e12) / 1e12;
}

/** Compares the executions that the input names. */
export function compareExecutions(
  { a, b }: ApplicationPair,
  input: { execution_id1?: number | undefined; execution_id2?: number | undefined },
): { left: SqlExecution; right: SqlExecution; diff: PlanDiff } {
  const left = executionOrLongest(a.application, input.execution_id1);
  const right = executionOrLongest(b.application, input.execution_id2);
  return { left, right, diff: diffPlans(left, right) };
}
