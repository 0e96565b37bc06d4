import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { OPERATION_STATES } from '../../../kernel/operation.ts';
import { cursorAt, readPage, tableSchema } from '../../../kernel/table.ts';
import { defineTool } from '../../../kernel/tool.ts';
import { progressText, timeOf, viewOf } from '../operation-view.ts';
import type { Operations } from '../operations.ts';

const COLUMNS = ['operation_id', 'tool', 'title', 'state', 'progress', 'created_at', 'ended_at', 'error_code'] as const;

/** Operations of the caller's tenant, newest first. */
export const listOperations = defineTool<{ operations: Operations }>()({
  name: 'list_operations',
  title: 'List operations',
  description: 'Long runs of this gateway, newest first. get_operation gives a result.',
  risk: 'read',
  toolsets: ['operations'],
  input: z.object({
    states: z.array(z.enum(OPERATION_STATES)).min(1).optional(),
    tool: z.string().min(1).max(200).optional(),
    length: z.int().min(1).max(500).default(20),
    cursor: z.string().optional(),
  }),
  output: z.object({ operations: tableSchema(COLUMNS) }),
  example: {},
  async handler({ states, tool, length, cursor }, { operations, caller }) {
    const page = readPage({ cursor, length }, () => {
      throw new HeadgateError('invalid_argument', 'cursor: is not one that list_operations handed out.');
    });
    const found = await operations.list(caller.tenant, {
      limit: page.length,
      offset: page.offset,
      ...(states === undefined ? {} : { states }),
      ...(tool === undefined ? {} : { tool }),
    });
    const rows = found.operations.map((operation) => {
      const { title } = viewOf(operation);
      const { id, state, progress, createdAt, endedAt, error } = operation;
      const far = progress === null ? null : progressText(progress);
      const ended = endedAt === null ? null : timeOf(endedAt);
      return [id, operation.tool, title, state, far, timeOf(createdAt), ended, error?.code ?? null];
    });
    const next = page.offset + rows.length;
    const truncated = next < found.total;
    const table = { columns: [...COLUMNS], rows, total: found.total, truncated };
    return { operations: truncated ? { ...table, cursor: cursorAt(next) } : table };
  },
});
