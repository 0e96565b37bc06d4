import type { z } from 'zod';
import type { ApprovalNeed } from './approval.ts';
import type { Caller } from './caller.ts';
import type { Content } from './content.ts';
import type { Answer, Question } from './question.ts';

/** `read` changes nothing, `write` changes something that can be undone or added to, `destructive` loses something. */
export type Risk = 'read' | 'write' | 'destructive';

/** What only some clients can do. */
export type Ability = 'elicitation' | 'sampling' | 'roots';

/** Progress of a call: `done` of `total` in any unit. */
export interface Progress {
  readonly done: number;
  readonly total?: number;
  readonly message?: string;
}

/** Levels of messages to the client while a call runs. */
export type MessageLevel = 'debug' | 'info' | 'warning' | 'error';

/** How a handler asks. It is run again from its start with the answers so far at hand, so it asks before it acts. */
export interface Asker {
  /** Errors: `failed_precondition` when the client cannot answer this kind of question. */
  (question: Question): Promise<Answer>;
  /** Several at once. Answers by key. */
  all(questions: readonly Question[]): Promise<Record<string, Answer>>;
  /** Keys of questions that were answered so far and begin with this, in the order of answering. */
  answered(prefix: string): readonly string[];
}

/** What a handler knows of its call. */
export interface ToolContext {
  readonly caller: Caller;
  /** Aborted when the caller cancels or goes away; a handler stops its work then. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  /** Asks the client, its person or its model; absent when the client cannot be asked anything. */
  readonly ask?: Asker;
  /** Sends a message to a client that wants to follow; absent where none can be sent. */
  readonly log?: (level: MessageLevel, message: string) => void;
  /**
   * Ends the stream that the client waits on; it comes back for the answer. For calls that outlive what proxies allow;
   * absent where the client cannot come back.
   */
  readonly letGo?: () => void;
  /**
   * Of a `long` tool: the id of the operation that this run is, or becomes when it takes long. The same when the run is repeated
   * after a crash, so effects can be tied to it.
   */
  readonly operationId?: string;
}

/** JSON object of a result. */
export type Output = Record<string, unknown>;

/**
 * How a tool runs as an operation. Arguments of a `repeatable` tool are kept in the store until the run has ended, and of no
 * other tool; arguments in which secrets are recognized are not kept, and such a run is not repeated. Its handler cannot ask:
 * the call that began it may be over. `approval` is settled before it begins.
 */
export interface LongRun<I> {
  /** What runs, a short name. */
  readonly title: (input: I) => string;
  /** True: it may be run again from its arguments when the process that ran it died, with one effect all the same. */
  readonly repeatable: boolean;
}

/** A tool before its connector has bound its dependencies `D`. One definition, five faces. */
export interface ToolDefinition<D, I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** One paragraph for a model: what it answers, and which tool to use next. */
  readonly description: string;
  readonly risk: Risk;
  /**
   * What this very payload does where that may be less than `risk`: the policy decides a call by it. Errors: `invalid_argument` for a
   * payload that is none.
   */
  readonly riskOf?: (input: z.output<I>) => Risk;
  /** Named groups that the surface policy can select, e.g. `spark-history`, `spark-history-compact`. */
  readonly toolsets: readonly string[];
  /** What the client must be able to do; others are refused before the handler runs. */
  readonly requires?: readonly Ability[];
  readonly input: I;
  readonly output: O;
  /**
   * May take longer than a client waits: the gateway runs it as an operation. A call that is not done in time answers with
   * `operation`, whose result `get_operation` gives.
   */
  readonly long?: LongRun<z.output<I>>;
  /**
   * Says whether this very payload needs a person's yes, and to what; null: it does not. Runs before the handler and changes nothing.
   * `destructive` tools need one always. Handlers of such tools ask nothing else: an approval counts for one run. The gateway asks, or hands out a `confirm_token` that the same payload accepts once.
   */
  readonly approval?: (input: z.output<I>, context: ToolContext & D) => Promise<ApprovalNeed | null>;
  /** URI of the page (`ui://…`) that clients which show views (MCP Apps) show beside the result. */
  readonly view?: string;
  /** `view`: for pages that a client shows, not for models: listed for such clients alone, and without a token budget. */
  readonly audience?: 'view';
  /** Arguments that show the tool at work on the bundled sample event logs; used by the generated reference. */
  readonly example?: Record<string, unknown>;
  readonly handler: (input: z.output<I>, context: ToolContext & D) => Promise<z.input<O>>;
  /** Short text form beside the structured content: the answer in the first lines. */
  readonly renderText?: (output: z.output<O>) => string;
  /** What MCP clients show in place of the text: images, documents. */
  readonly content?: (output: z.output<O>) => readonly Content[];
}

/** A tool as the gateway sees it: dependencies bound, types erased. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly risk: Risk;
  readonly riskOf?: (input: unknown) => Risk;
  readonly toolsets: readonly string[];
  readonly requires?: readonly Ability[];
  readonly view?: string;
  readonly audience?: 'view';
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly long?: LongRun<unknown>;
  readonly approval?: (input: unknown, context: ToolContext) => Promise<ApprovalNeed | null>;
  readonly example?: Record<string, unknown>;
  readonly call: (input: unknown, context: ToolContext) => Promise<Output>;
  readonly renderText?: (output: Output) => string;
  readonly content?: (output: Output) => readonly Content[];
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
  const { handler, renderText, content, approval, long, riskOf, ...rest } = definition;
  return {
    ...rest,
    ...(long === undefined ? {} : { long: long as LongRun<unknown> }),
    ...(riskOf === undefined ? {} : { riskOf: (input) => riskOf(input as z.output<I>) }),
    ...(approval === undefined
      ? {}
      : { approval: (input, context) => approval(input as z.output<I>, { ...context, ...dependencies }) }),
    call: async (input, context) =>
      (await handler(input as z.output<I>, { ...context, ...dependencies })) as unknown as Output,
    ...(renderText === undefined ? {} : { renderText: (output: Output) => renderText(output as z.output<O>) }),
    ...(content === undefined ? {} : { content: (output: Output) => content(output as z.output<O>) }),
  };
}
