import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog, quoteLogLine } from '../../../kernel/log-text.ts';
import { SqlParameters, SqlText } from '../../../kernel/sql-result.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { countNoun, formatDuration } from '../../../kernel/units.ts';
import { advising } from '../advice/advising.ts';
import { Advisory, gapsOutput, renderAdvisories } from '../advice/advisory.ts';
import { checkExplainable } from '../advice/explain.ts';
import { explainWithFacts } from '../advice/explain-query.ts';
import { conditionsOf, type Plan, type PlanNode, relationOf } from '../advice/plan/plan-nodes.ts';
import { offerNames } from '../catalog/offer-names.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

const COLUMNS = [
  'id',
  'parent',
  'node',
  'relation',
  'index',
  'rows_estimated',
  'rows_actual',
  'loops',
  'cost',
  'self_ms',
  'blocks_hit',
  'blocks_read',
  'rows_removed',
  'detail',
] as const;
/** Without ANALYZE nothing was measured: those columns are left out. */
const PLANNED_COLUMNS = COLUMNS.filter(
  (column) => !['rows_actual', 'loops', 'self_ms', 'blocks_hit', 'blocks_read', 'rows_removed'].includes(column),
);
const DETAIL_CHARS = 160;
/** Nodes of plans that people can still read; the rest is cut, and told. */
const MAX_NODES = 200;

export const explainQuery = definePostgresTool({
  name: 'explain_query',
  title: 'Explain a PostgreSQL query',
  description:
    'Plan of a statement and what is wrong with it. `analyze` runs it (SELECT only). Without `parameters` for $n: the generic plan. `hypothetical_indexes` shows the plan as if they existed.',
  risk: 'read',
  toolsets: ['postgres'],
  input: z.object({
    sql: SqlText,
    parameters: SqlParameters.optional(),
    analyze: z.boolean().default(false),
    hypothetical_indexes: z
      .array(
        z.object({
          table: z.string().min(1).max(200),
          columns: z.array(z.string().min(1).max(200)).min(1).max(32),
          using: z
            .string()
            .regex(/^[a-z]+$/)
            .optional(),
        }),
      )
      .max(20)
      .optional(),
    database: z.string().optional(),
  }),
  output: z.object({
    database: z.string(),
    cost: z.number(),
    planning_ms: z.number().nullable(),
    execution_ms: z.number().nullable(),
    nodes: tableSchema(COLUMNS),
    findings: z.array(Advisory),
    hypothetical: z
      .object({
        cost_before: z.number().optional(),
        cost_after: z.number().optional(),
        indexes: z.array(z.object({ statement: z.string(), size_bytes: z.number(), used: z.boolean() })).optional(),
        error: z.record(z.string(), z.unknown()).optional(),
      })
      .optional(),
    settings: z.record(z.string(), z.string()).optional(),
    gaps: gapsOutput,
  }),
  example: { sql: 'SELECT relname FROM pg_class ORDER BY relpages DESC LIMIT 5', analyze: true },
  renderText: (output) =>
    [
      `Cost ${output.cost}${output.execution_ms === null ? '' : `, ran ${formatDuration(output.execution_ms)}`}, ${countNoun(output.nodes.total, 'node')}, ${countNoun(output.findings.length, 'finding')}.`,
      ...(output.hypothetical?.cost_after === undefined
        ? []
        : [`With the hypothetical indexes: ${output.hypothetical.cost_before} → ${output.hypothetical.cost_after}.`]),
      ...(output.hypothetical?.error === undefined
        ? []
        : [`Hypothetical indexes: ${String(output.hypothetical.error.message)}`]),
      ...renderAdvisories(output.findings),
      ...output.nodes.rows.map((row) => `  ${row.join(' | ')}`),
      ...output.gaps.map((gap) => `gap: ${gap}`),
    ].join('\n'),
  handler: async (input, context) => {
    const { analyze, hypothetical_indexes: wanted = [] } = input;
    if (analyze && wanted.length > 0) {
      throw new HeadgateError('invalid_argument', 'A plan with indexes that do not exist cannot run.', {
        hint: 'Leave out analyze, or hypothetical_indexes.',
      });
    }
    const query = await checkExplainable(input.sql, input);
    const named = context.databases.find(context.caller.tenant, input.database);
    try {
      const explained = await advising(context, input.database, {}, ({ client, server }) =>
        explainWithFacts(client, query, { analyze, hypothetical: wanted, server }),
      );
      const { plan, findings, hypothetical, gaps } = explained;
      return {
        database: named.name,
        cost: plan.cost,
        planning_ms: plan.planningMs,
        execution_ms: plan.executionMs,
        nodes: nodesTable(plan),
        findings: [...findings],
        ...(hypothetical === null ? {} : { hypothetical }),
        ...settingsOf(plan),
        gaps: [...gaps],
      };
    } catch (error) {
      throw await offerNames(error, named, input.sql, context.signal);
    }
  },
});

/** Settings that differ from their defaults and change plans; the one that asks for a generic plan is Headgate's own. */
function settingsOf({ settings }: Plan): { settings?: Record<string, string> } {
  const theirs = Object.entries(settings).filter(([name]) => name !== 'plan_cache_mode');
  if (theirs.length === 0) return {};
  return { settings: Object.fromEntries(theirs.map(([name, value]) => [labelLog(name), labelLog(value)])) };
}

function nodesTable(plan: Plan) {
  const columns = plan.executionMs === null ? PLANNED_COLUMNS : [...COLUMNS];
  return toTable(plan.nodes, { offset: 0, length: MAX_NODES }, columns, cellsOf);
}

function cellsOf(node: PlanNode) {
  const { wire } = node;
  const relation = relationOf(node);
  const alias = wire.Alias !== undefined && wire.Alias !== wire['Relation Name'] ? ` ${labelLog(wire.Alias)}` : '';
  const detail = conditionsOf(node).join('; ');
  const removed = (wire['Rows Removed by Filter'] ?? 0) + (wire['Rows Removed by Join Filter'] ?? 0);
  return {
    id: node.id,
    parent: node.parent,
    node: node.name,
    relation: relation === null ? null : labelLog(relation) + alias,
    index: wire['Index Name'] === undefined ? null : labelLog(wire['Index Name']),
    rows_estimated: node.rowsEstimated,
    rows_actual: node.rowsActual,
    loops: node.loops,
    cost: wire['Total Cost'],
    self_ms: node.selfMs === null ? null : Math.round(node.selfMs * 1000) / 1000,
    blocks_hit: wire['Shared Hit Blocks'] ?? null,
    blocks_read: wire['Shared Read Blocks'] ?? null,
    rows_removed: removed === 0 ? null : removed,
    detail: detail === '' ? null : quoteLogLine(detail, DETAIL_CHARS),
  };
}
