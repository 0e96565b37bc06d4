import type { Change } from './changes.ts';

/** Changes that a question asks for, with what they take for granted. */
export interface AskedChanges {
  readonly changes: readonly Change[];
  readonly assumptions: readonly string[];
  /** What was asked for and cannot be told from this log. */
  readonly gaps: readonly string[];
}

/** A question that asks for nothing. */
export const NO_CHANGES: AskedChanges = { changes: [], assumptions: [], gaps: [] };
