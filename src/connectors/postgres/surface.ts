import type { Prompt } from '../../kernel/prompt.ts';
import type { Resource } from '../../kernel/resource.ts';
import { bindTool, type Tool, type ToolDefinition } from '../../kernel/tool.ts';
import { errorTroubleshooting } from './prompts/error-troubleshooting.ts';
import { sqlBestPractices } from './prompts/sql-best-practices.ts';
import { schemaResource } from './resources/schema.ts';
import { tableDataResource } from './resources/table-data.ts';
import type { PostgresToolDependencies } from './tool-dependencies.ts';
import { bulkLoadFromSpark } from './tools/bulk-load-from-spark.ts';
import { cancelQuery } from './tools/cancel-query.ts';
import { createTable } from './tools/create-table.ts';
import { executeDml } from './tools/execute-dml.ts';
import { executeQuery } from './tools/execute-query.ts';
import { explainQuery } from './tools/explain-query.ts';
import { getDatabaseHealth } from './tools/get-database-health.ts';
import { getTableSchema } from './tools/get-table-schema.ts';
import { listActiveQueries } from './tools/list-active-queries.ts';
import { listTables } from './tools/list-tables.ts';
import { listTopQueries } from './tools/list-top-queries.ts';
import { recommendIndexes } from './tools/recommend-indexes.ts';

/** Tools, in the order in which they are listed. */
const TOOLS = [
  executeQuery,
  executeDml,
  listTables,
  getTableSchema,
  createTable,
  bulkLoadFromSpark,
  explainQuery,
  recommendIndexes,
  getDatabaseHealth,
  listTopQueries,
  listActiveQueries,
  cancelQuery,
] as const;

/** A resource of this room before it is bound to its databases. */
export type ResourceFactory = (dependencies: PostgresToolDependencies) => Resource;
const RESOURCES: readonly ResourceFactory[] = [schemaResource, tableDataResource];

/** A prompt of this room before it is bound to its databases. */
export type PromptFactory = (dependencies: PostgresToolDependencies) => Prompt;
const PROMPTS: readonly PromptFactory[] = [sqlBestPractices, errorTroubleshooting];

/** Everything that callers see of PostgreSQL, bound to the databases. */
export function postgresSurface(dependencies: PostgresToolDependencies): {
  tools: Tool[];
  resources: Resource[];
  prompts: Prompt[];
} {
  return {
    tools: TOOLS.map((tool) => bindTool(tool as ToolDefinition<PostgresToolDependencies>, dependencies)),
    resources: RESOURCES.map((factory) => factory(dependencies)),
    prompts: PROMPTS.map((factory) => factory(dependencies)),
  };
}
