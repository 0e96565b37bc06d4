import type { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { ToolContext, ToolDefinition } from '../../../kernel/tool.ts';
import type { SparkHistory } from '../spark-history.ts';

/**
 * Answers a resource with what a tool answers, given the variables of its URI as the tool's arguments.
 * Errors: `invalid_argument` when a variable is not of the tool's form; what the tool throws.
 */
export async function readThrough<I extends z.ZodObject, O extends z.ZodObject>(
  tool: ToolDefinition<{ readonly spark: SparkHistory }, I, O>,
  values: Readonly<Record<string, unknown>>,
  context: ToolContext & { readonly spark: SparkHistory },
): Promise<z.input<O>> {
  const input = tool.input.safeParse(values);
  if (input.success) return tool.handler(input.data, context);
  const wrong = input.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new HeadgateError('invalid_argument', `The URI does not name a part of an application (${wrong}).`, {
    hint: 'Stages and SQL executions are numbers from 0: spark://applications/{id}/stages/12.',
  });
}

/** A variable of a URI as a number; NaN, which no tool accepts, when it is none. */
export function numberOf(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
