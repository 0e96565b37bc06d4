import type { CallToolResult } from '@modelcontextprotocol/server';
import type { ErrorBody } from '../../kernel/errors.ts';
import type { ToolResult } from '../calls/tool-result.ts';
import { toContentBlock } from './wire-content.ts';

/** A result as MCP has it: text for those who read, the object for those who compute. */
export function successResult({ output, text, content, unstored }: ToolResult): CallToolResult {
  return {
    content: content?.map(toContentBlock) ?? [{ type: 'text', text }],
    structuredContent: output,
    ...(unstored === undefined ? {} : { _meta: { 'headgate/not-stored': unstored } }),
  };
}

/** An error of a tool: a result with `isError` and the error's own object. */
export function errorResult(body: ErrorBody): CallToolResult {
  const hint = body.hint === undefined ? '' : `\n${body.hint}`;
  return {
    isError: true,
    content: [{ type: 'text', text: `${body.code}: ${body.message}${hint}` }],
    structuredContent: { ...body },
  };
}
