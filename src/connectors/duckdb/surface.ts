import { bindTool, type Tool, type ToolDefinition } from '../../kernel/tool.ts';
import type { LocalToolDependencies } from './tool-dependencies.ts';
import { createTable } from './tools/create-table.ts';
import { executeDml } from './tools/execute-dml.ts';
import { executeQuery } from './tools/execute-query.ts';
import { getTableSchema } from './tools/get-table-schema.ts';
import { listTables } from './tools/list-tables.ts';

/** Tools, in the order in which they are listed. */
const TOOLS = [executeQuery, executeDml, listTables, getTableSchema, createTable] as const;

/** The tools of the local database, bound to it. */
export function localTools(dependencies: LocalToolDependencies): Tool[] {
  return TOOLS.map((tool) => bindTool(tool as unknown as ToolDefinition<LocalToolDependencies>, dependencies));
}
