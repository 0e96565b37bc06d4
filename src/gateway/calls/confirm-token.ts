import { z } from 'zod';
import type { Tool } from '../../kernel/tool.ts';

/** Parameter by which the same call comes back with its approval. */
const CONFIRM_TOKEN = 'confirm_token';

/** Longer than any that is handed out. Characters. */
const MAX_TOKEN_CHARS = 100;

const confirmToken = z
  .string()
  .min(1)
  .max(MAX_TOKEN_CHARS)
  .optional()
  .describe('Given by the refused call: sends it again, approved');

/** True for tools some or all of whose calls need somebody's yes. */
export function asksForApproval({ approval, risk }: Tool): boolean {
  return approval !== undefined || risk === 'destructive';
}

/** The tool as callers see it: with the parameter for the token where it can be needed. Errors: `TypeError` where a tool has one of its own. */
export function withConfirmToken(tool: Tool): Tool {
  if (!asksForApproval(tool)) return tool;
  if (CONFIRM_TOKEN in tool.input.shape)
    throw new TypeError(`${tool.name} has a parameter ${CONFIRM_TOKEN} of its own.`);
  return { ...tool, input: tool.input.safeExtend({ [CONFIRM_TOKEN]: confirmToken }) as unknown as z.ZodObject };
}

/** Arguments, and apart from them the token: neither handlers nor the hashes of audit and approval see it. */
export function splitConfirmToken<T>(tool: Tool, args: T): { payload: T; token: string | null } {
  if (!asksForApproval(tool) || typeof args !== 'object' || args === null || Array.isArray(args)) {
    return { payload: args, token: null };
  }
  const { [CONFIRM_TOKEN]: token, ...payload } = args as Record<string, unknown>;
  return { payload: payload as T, token: typeof token === 'string' ? token : null };
}
