import type { z } from 'zod';
import type { Caller } from './caller.ts';

/** `read` changes nothing, `write` changes something that can be undone or added to, `destructive` loses something. */
export type Risk = 'read' | 'write' | 'destructive';

/** Progress of a call: `done` of `total` in any unit. */
export interface Progress {
  readonly done: number;
  readonly total?: number;
  readonly message?: string;
}

/** A question to the person behind the client, as a flat form. */
export interface Question {
  /** Tells this question from others of the same tool. */
  readonly key: string;
  readonly message: string;
  /** Fields are strings, numbers, booleans or enums. */
  readonly form: z.ZodObject;
}

/** What the person said. `content` fits the question's form. */
export type Answer =
  | { readonly action: 'accept'; readonly content: Record<string, unknown> }
  | { readonly action: 'decline' | 'cancel' };

/** What a handler knows of its call. */
export interface ToolContext {
  readonly caller: Caller;
  /** Aborted when the caller cancels or goes away; a handler stops its work then. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  /**
   * Asks the person behind the client; absent when the client cannot be asked. The handler is run again from its start
   * with the answer at hand, so it asks before it acts, and at most once.
   */
  readonly ask?: (question: Question) => Promise<Answer>;
}

/** JSON object of a result. */
export type Output = Record<string, unknown>;

/** A tool before its connector has bound its dependencies `D`. One definition, five faces. */
export interface ToolDefinition<D, I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** One paragraph for a model: what it answers, and which tool to use next. */
  readonly description: string;
  readonly risk: Risk;
  /** Named groups that the surface policy can select, e.g. `spark-history`, `spark-history-compact`. */
  readonly toolsets: readonly string[];
  readonly input: I;
  readonly output: O;
  /** Arguments that show the tool at work on the bundled sample event logs; used by the generated reference. */
  readonly example?: Record<string, unknown>;
  readonly handler: (input: z.output<I>, context: ToolContext & D) => Promise<z.input<O>>;
  /** Short text form beside the structured content: the answer in the first lines. */
  readonly renderText?: (output: z.output<O>) => string;
}

/** A tool as the gateway sees it: dependencies bound, types erased. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly risk: Risk;
  readonly toolsets: readonly string[];
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly example?: Record<string, unknown>;
  readonly call: (input: unknown, context: ToolContext) => Promise<Output>;
  readonly renderText?: (output: Output) => string;
}

/** Declares a tool; only types happen here. */
export function defineTool<D>() {
  return <I extends z.ZodObject, O extends z.ZodObject>(definition: ToolDefinition<D, I, O>): ToolDefinition<D, I, O> =>
    definition;
}

/** Binds a definition to its dependencies. The input must already be validated by `tool.input`. */
export function bindTool<D, I extends z.ZodObject, O extends z.ZodObject>(
  definition: ToolDefinition<D, I, O>,
  dependencies: D,
): Tool {
  const { handler, renderText, ...rest } = definition;
  return {
    ...rest,
    call: async (input, context) =>
      (await handler(input as z.output<I>, { ...context, ...dependencies })) as unknown as Output,
    ...(renderText === undefined ? {} : { renderText: (output: Output) => renderText(output as z.output<O>) }),
  };
}
