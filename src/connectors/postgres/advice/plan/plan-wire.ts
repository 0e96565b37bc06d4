import { z } from 'zod';
import { HeadgateError } from '../../../../kernel/errors.ts';

const Count = z.number();
const Names = z.array(z.string());

/**
 * One node of `EXPLAIN (FORMAT JSON)` as PostgreSQL 12 to 18 write it. Times are ms per loop, rows per loop, spaces kB, costs in
 * the planner's unit. What only ANALYZE measures is absent without it. Source: `src/backend/commands/explain.c`.
 */
const NodeFields = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  Schema: z.string().optional(),
  Alias: z.string().optional(),
  'Index Name': z.string().optional(),
  'CTE Name': z.string().optional(),
  'Subplan Name': z.string().optional(),
  'Parent Relationship': z.string().optional(),
  'Join Type': z.string().optional(),
  Strategy: z.string().optional(),
  Operation: z.string().optional(),
  'Parallel Aware': z.boolean().optional(),
  'Startup Cost': Count,
  'Total Cost': Count,
  'Plan Rows': Count,
  'Plan Width': Count,
  'Actual Total Time': Count.optional(),
  'Actual Rows': Count.optional(),
  'Actual Loops': Count.optional(),
  Filter: z.string().optional(),
  'Index Cond': z.string().optional(),
  'Recheck Cond': z.string().optional(),
  'Hash Cond': z.string().optional(),
  'Merge Cond': z.string().optional(),
  'Join Filter': z.string().optional(),
  'Sort Key': Names.optional(),
  'Group Key': Names.optional(),
  'Rows Removed by Filter': Count.optional(),
  'Rows Removed by Join Filter': Count.optional(),
  'Rows Removed by Index Recheck': Count.optional(),
  'Heap Fetches': Count.optional(),
  'Exact Heap Blocks': Count.optional(),
  'Lossy Heap Blocks': Count.optional(),
  'Sort Method': z.string().optional(),
  'Sort Space Used': Count.optional(),
  'Sort Space Type': z.string().optional(),
  'Hash Batches': Count.optional(),
  'Original Hash Batches': Count.optional(),
  'Peak Memory Usage': Count.optional(),
  'HashAgg Batches': Count.optional(),
  'Disk Usage': Count.optional(),
  'Workers Planned': Count.optional(),
  'Workers Launched': Count.optional(),
  'Shared Hit Blocks': Count.optional(),
  'Shared Read Blocks': Count.optional(),
  'Temp Read Blocks': Count.optional(),
  'Temp Written Blocks': Count.optional(),
});

/** A node with its children, outermost first. */
export type PlanNodeWire = z.infer<typeof NodeFields> & { Plans?: PlanNodeWire[] | undefined };

const PlanNode: z.ZodType<PlanNodeWire> = NodeFields.extend({
  get Plans(): z.ZodOptional<z.ZodArray<z.ZodType<PlanNodeWire>>> {
    return z.array(PlanNode).optional();
  },
});

const Explained = z
  .array(
    z.object({
      Plan: PlanNode,
      Settings: z.record(z.string(), z.string()).optional(),
      'Planning Time': Count.optional(),
      'Execution Time': Count.optional(),
      JIT: z.object({ Functions: Count, Timing: z.object({ Total: Count }).optional() }).optional(),
      Triggers: z
        .array(
          z.object({
            'Trigger Name': z.string(),
            'Constraint Name': z.string().optional(),
            Time: Count.optional(),
            Calls: Count,
          }),
        )
        .optional(),
    }),
  )
  .min(1);

/** What EXPLAIN answers about one statement. */
export type ExplainedWire = z.infer<typeof Explained>[number];

/** Reads the answer of `EXPLAIN (FORMAT JSON)`, text or parsed. Errors: `internal` when the server sends another shape. */
export function parseExplained(answer: unknown): ExplainedWire {
  const json: unknown = typeof answer === 'string' ? JSON.parse(answer) : answer;
  const parsed = Explained.safeParse(json);
  const [first] = parsed.success ? parsed.data : [];
  if (first !== undefined) return first;
  throw new HeadgateError('internal', 'The server explained the statement in a form that Headgate does not know.', {
    cause: parsed.error,
  });
}
