import { z } from 'zod';
import { OPERATION_STATES } from '../../kernel/operation.ts';
import type { Risk, Tool } from '../../kernel/tool.ts';
import { inputSchemaOf, type JsonSchema, outputSchemaOf } from './json-schema.ts';

/** What a call answers whose result takes longer. */
export const ListedOperation = z.object({
  id: z.string(),
  state: z.enum(OPERATION_STATES),
  progress: z.object({ done: z.number(), total: z.number().optional(), message: z.string().optional() }).nullable(),
  hint: z.string(),
});

/** What a client may assume of a tool before it calls it. */
export interface ToolHints {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly openWorldHint: boolean;
}

/** A tool as clients see it; every face prints this. */
export interface ToolDescription {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly risk: Risk;
  readonly toolsets: readonly string[];
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema;
  readonly annotations: ToolHints;
}

/** Describes a tool: its schemas come from zod, its annotations from its risk. Throws when a schema has no JSON Schema. */
export function describeTool(tool: Tool): ToolDescription {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    risk: tool.risk,
    toolsets: tool.toolsets,
    inputSchema: inputSchemaOf(tool.input),
    outputSchema: outputSchemaOf(
      tool.long === undefined ? tool.output : tool.output.extend({ operation: ListedOperation.optional() }),
    ),
    annotations: {
      readOnlyHint: tool.risk === 'read',
      destructiveHint: tool.risk === 'destructive',
      // The systems that a gateway can reach are those that its configuration names.
      openWorldHint: false,
    },
  };
}
