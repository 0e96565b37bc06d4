import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { MAX_SQL_CHARS, renderSqlRows, sqlRowsShape } from '../../../kernel/sql-result.ts';
import type { ToolContext } from '../../../kernel/tool.ts';
import { countNoun, formatBytes, formatDuration } from '../../../kernel/units.ts';
import type { RunOptions, SparkConnect } from '../../../spark-connect/index.ts';
import { whole } from '../parameters.ts';
import { defineSparkJobTool, requireTenant, requireWrite, type SparkPlatform } from '../spark.ts';
import { approvalFor } from '../sql/approval-for.ts';
import { cellOf } from '../sql/cells.ts';
import { classify, type Statement } from '../sql/classify.ts';
import { requireReadablePaths } from '../sql/file-paths.ts';
import { firstRows, runStatement } from '../sql/run-statement.ts';
import { writeResult } from '../sql/write-result.ts';

const MAX_ROWS = 10_000;
const DEFAULT_ROWS = 100;
/** Rows that a file can have when a limit is given. */
const MAX_FILE_ROWS = 1_000_000_000;
const MAX_PARAMETERS = 10_000;

const INPUT = z.object({
  sql: z.string().optional(),
  query: z.string().optional().describe('Same as sql'),
  parameters: z
    .union([z.array(z.unknown()), z.record(z.string(), z.unknown())])
    .optional()
    .describe('Values of ? or :name'),
  format: z.enum(['json', 'csv', 'arrow']).default('json'),
  limit: whole(1, MAX_FILE_ROWS).optional().describe('Rows: 100 as json, all in a file'),
});
type Input = z.output<typeof INPUT>;

export const executeSparkSql = defineSparkJobTool({
  name: 'execute_spark_sql',
  title: 'Execute SQL on Spark',
  description:
    'Runs one statement and gives its rows, or a file of them (csv, arrow). What changes something needs the scope write. Long ones: submit_spark_job with query.',
  risk: 'write',
  riskOf: (input) => (isRead(classify(sqlOf(input))) ? 'read' : 'write'),
  toolsets: ['spark'],
  input: INPUT,
  output: z.object({
    engine: z.literal('spark'),
    command: z.string(),
    ...sqlRowsShape,
    file: z.object({ path: z.string(), format: z.string(), rows: z.number(), bytes: z.number() }).optional(),
    duration_ms: z.number().nonnegative(),
  }),
  example: { sql: 'SELECT id % 3 AS rest, count(*) AS numbers FROM range(10) GROUP BY 1', limit: 20 },
  long: { title: (input) => `SQL on Spark: ${titleOf(input.sql ?? input.query ?? '')}`, repeatable: false },
  approval: async (input, { spark }) => approvalFor(sqlOf(input), spark),
  handler: async (input, { spark, ...context }) => {
    requireTenant(spark.config, context.caller.tenant);
    const statement = classify(sqlOf(input));
    if (!isRead(statement)) requireWrite(context.caller, statement.command);
    else requireReadablePaths(statement.paths, spark.config.roots);
    const started = performance.now();
    const { tenant, subject } = context.caller;
    const answer = await spark.sessions.use(tenant, subject, (session) =>
      answerOf(session, statement, input, { spark, ...context }),
    );
    return {
      engine: 'spark' as const,
      command: statement.command,
      ...answer,
      duration_ms: Math.round(performance.now() - started),
    };
  },
  renderText: ({ command, columns, rows, truncated, file, duration_ms }) => {
    const took = `in ${formatDuration(duration_ms)}`;
    if (file !== undefined)
      return `${countNoun(file.rows, 'row')} (${formatBytes(file.bytes)}) in ${file.path}, ${took}.`;
    if (columns.length === 0) return `${command} done ${took}.`;
    return renderSqlRows({ columns, rows, truncated, notes: [`It took ${formatDuration(duration_ms)}.`] });
  },
});

function sqlOf({ sql, query }: Pick<Input, 'sql' | 'query'>): string {
  if (sql !== undefined && query !== undefined && sql !== query) {
    throw new HeadgateError('invalid_argument', '`sql` and `query` say different things: one is wanted.');
  }
  const given = sql ?? query;
  if (given === undefined || given === '') throw new HeadgateError('invalid_argument', '`sql` is wanted.');
  return given;
}

const isRead = ({ effect }: Statement): boolean => effect === 'query' || effect === 'show';

const titleOf = (sql: string): string => (sql.length > MAX_SQL_CHARS ? 'too long' : classify(sql).command);

async function answerOf(
  session: SparkConnect,
  statement: Statement,
  input: Input,
  { spark, signal, progress }: ToolContext & { spark: SparkPlatform },
) {
  const { parameters = [], format, limit } = input;
  if (Object.keys(parameters).length > MAX_PARAMETERS) {
    throw new HeadgateError('invalid_argument', `More than ${MAX_PARAMETERS} parameters were given.`);
  }
  const options: RunOptions = { signal, parameters, onProgress: progress };
  if (format === 'json') return jsonOf(session, statement, Math.min(limit ?? DEFAULT_ROWS, MAX_ROWS), options);
  const rows = await runStatement(session, withLimit(statement, limit), null, options);
  const written = await writeResult(rows, { folder: spark.resultFolder, format, limit: limit ?? null, signal });
  return {
    columns: rows.columns.map(({ name }) => name),
    types: rows.columns.map(({ type }) => type),
    rows: [],
    total: written.rows,
    truncated: false,
    file: { ...written, format },
  };
}

/** A file has the rows that were asked for, and no more than that. */
function withLimit(statement: Statement, limit: number | undefined): Statement {
  if (limit === undefined || statement.effect !== 'query') return statement;
  return { ...statement, sql: `SELECT * FROM (\n${statement.sql}\n) LIMIT ${limit}` };
}

async function jsonOf(session: SparkConnect, statement: Statement, limit: number, options: RunOptions) {
  const result = await runStatement(session, statement, limit, options);
  const { rows, more } = await firstRows(result, limit);
  return {
    columns: result.columns.map(({ name }) => name),
    types: result.columns.map(({ type }) => type),
    rows: rows.map((row) => row.map(cellOf)),
    total: more ? null : rows.length,
    truncated: more,
  };
}
