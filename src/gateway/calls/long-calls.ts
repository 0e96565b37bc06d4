import { z } from 'zod';
import type { Caller } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Operation, OperationContext } from '../../kernel/operation.ts';
import type { PolicyPort } from '../../kernel/policy.ts';
import { redactText } from '../../kernel/redaction.ts';
import type { Output, Progress, Tool, ToolContext } from '../../kernel/tool.ts';
import type { Fitted } from '../budget/fit-result.ts';
import { newOperationId } from '../operations/operation-id.ts';
import type { Operations, Report } from '../operations/operations.ts';
import { enforce } from '../policy/policy.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { checkArguments } from './check-arguments.ts';
import { fitToolOutput } from './tool-result.ts';

/** A call of a tool that may take longer than its client waits. */
export interface LongCall {
  readonly tool: Tool;
  /** As they came, without the confirm token. */
  readonly args: unknown;
  /** The same, checked. */
  readonly input: Output;
  readonly context: ToolContext;
  /** Aborted when the client goes away. */
  readonly client: AbortSignal | undefined;
  /** Told how a run that its call did not wait for has ended: `ok` or an error code. */
  readonly ended: (outcome: string) => void;
}

/** What a run that was begun again after a crash tells. */
export interface RepeatedRun {
  readonly tool: Tool;
  readonly args: unknown;
  readonly caller: Caller;
}

/** Runs tools as operations. */
export interface LongCalls {
  /** Its result when it comes in time, else the operation that it goes on as. Errors: those of the handler, while it is waited for. */
  run(call: LongCall): Promise<Fitted | Operation>;
}

/** What long calls are made of. */
export interface LongCallsParts {
  readonly catalog: Catalog;
  readonly policy: PolicyPort;
  readonly operations: Operations;
  /** A call that takes longer answers with its operation. Milliseconds. */
  readonly waitMs: number;
  /** Logs an error that is our bug and returns what a caller may see of it. */
  readonly failure: (error: unknown, where: string) => HeadgateError;
  readonly report: Report;
  /** Told of a run that is begun again, before it begins, and of how it ended. Errors: then it is not begun. */
  readonly repeats: (run: RepeatedRun, ended: string | null) => Promise<void>;
}

/** A client that waits on the command line has nothing else to do, and its process ends with the call. */
const WAITS_FOR_EVER: ReadonlySet<Caller['via']> = new Set(['cli']);
/** How long a result that is there waits for its row. Milliseconds. */
const ROW_PATIENCE_MS = 2_000;
/** The longest that a timer can wait. Milliseconds. */
const MAX_TIMER_MS = 2_147_483_647;

/** What the store keeps of a call that may be repeated. */
const KeptCall = z.object({
  arguments: z.record(z.string(), z.unknown()),
  scopes: z.array(z.enum(['read', 'write', 'admin'])),
  via: z.enum(['mcp-http', 'mcp-stdio', 'rest', 'cli']),
});

/** Long calls over the operations; says of every repeatable tool how it is repeated. */
export function createLongCalls(parts: LongCallsParts): LongCalls {
  const { catalog, policy, operations, waitMs, failure, report, repeats } = parts;
  for (const entry of catalog.entries.filter(({ tool }) => tool.long?.repeatable === true)) {
    operations.recoverWith(entry.tool.name, (payload, operation) => repeat(entry, payload, operation));
  }

  /** Runs the handler; an error that is our bug is logged here, once, whoever waits for the result. */
  async function produce(tool: Tool, args: unknown, input: Output, context: ToolContext): Promise<Fitted> {
    try {
      return fitToolOutput(tool, args, await tool.call(input, context));
    } catch (error) {
      throw error instanceof HeadgateError || context.signal.aborted ? error : failure(error, tool.name);
    }
  }

  async function repeat(entry: CatalogEntry, payload: Output, operation: OperationContext): Promise<Output> {
    const kept = KeptCall.parse(payload);
    const { tool } = entry;
    const caller = { ...operation.caller, scopes: new Set(kept.scopes), via: kept.via, abilities: NONE };
    // What is allowed may have changed since it was begun.
    enforce(policy.decide(caller, tool));
    const input = checkArguments(entry, kept.arguments);
    const run = { tool, args: kept.arguments, caller };
    await repeats(run, null);
    const context = { caller, signal: operation.signal, progress: operation.progress, operationId: operation.id };
    try {
      const { output } = await produce(tool, kept.arguments, input, context);
      await repeats(run, 'ok');
      return output;
    } catch (error) {
      await repeats(run, outcomeOf(error));
      throw error;
    }
  }

  return {
    async run(call) {
      const { tool, context, client } = call;
      const run = new LongToolRun(call, produce);
      if (tool.long?.repeatable === true) await run.handTo(operations);
      const done = run.begin();
      const stop = () => run.stop(operations, client?.aborted === true, report);
      context.signal.addEventListener('abort', stop, { once: true });
      const patience = WAITS_FOR_EVER.has(context.caller.via) ? null : patienceOf(waitMs);
      try {
        const first =
          patience === null ? await done : await Promise.race([done, patience.over, abortOf(context.signal)]);
        if (first !== undefined) return await run.settled(first, operations);
        return await run.handOver(operations, report);
      } finally {
        patience?.end();
        context.signal.removeEventListener('abort', stop);
      }
    },
  };
}

/** One run of a handler, waited for by its call, and from some moment on by an operation. */
class LongToolRun {
  readonly #call: LongCall;
  readonly #produce: (tool: Tool, args: unknown, input: Output, context: ToolContext) => Promise<Fitted>;
  readonly #controller = new AbortController();
  readonly #id = newOperationId();
  #running: Promise<Fitted> | null = null;
  #operation: Operation | null = null;
  #tell: (progress: Progress) => void;
  #last: Progress | null = null;

  constructor(
    call: LongCall,
    produce: (tool: Tool, args: unknown, input: Output, context: ToolContext) => Promise<Fitted>,
  ) {
    this.#call = call;
    this.#produce = produce;
    this.#tell = call.context.progress;
  }

  /** Begins the handler, once. */
  begin(): Promise<Fitted> {
    const { tool, args, input, context } = this.#call;
    const { ask: _ask, letGo: _letGo, ...rest } = context;
    this.#running ??= this.#produce(tool, args, input, {
      ...rest,
      signal: this.#controller.signal,
      operationId: this.#id,
      progress: (progress) => {
        this.#last = progress;
        this.#tell(progress);
      },
    });
    // Whoever waits sees it; between two of them nobody does.
    this.#running.catch(() => {});
    return this.#running;
  }

  /** Makes an operation of it, begun or not. Errors: those of the store. */
  async handTo(operations: Operations): Promise<Operation> {
    const { tool, args, input, context } = this.#call;
    const toClient = this.#tell;
    this.#operation = await operations.start(context.caller, {
      id: this.#id,
      tool: tool.name,
      title: redactText(tool.long?.title(input) ?? tool.title),
      ...keptOf(tool, args, context.caller),
      work: async (operation) => {
        operation.signal.addEventListener('abort', () => this.#controller.abort(operation.signal.reason));
        if (this.#last !== null) operation.progress(this.#last);
        this.#tell = (progress) => {
          toClient(progress);
          operation.progress(progress);
        };
        return (await this.begin()).output;
      },
    });
    return this.#operation;
  }

  /** Ends the wait for it: from now on it is an operation, whose end is told to whoever asked for that. */
  async handOver(operations: Operations, report: Report): Promise<Fitted | Operation> {
    const { context, ended } = this.#call;
    try {
      const operation = this.#operation ?? (await this.handTo(operations));
      this.begin().then(
        () => ended('ok'),
        (error: unknown) => ended(outcomeOf(error)),
      );
      return await operations.get(context.caller.tenant, operation.id);
    } catch (error) {
      if (this.#operation !== null) return this.#operation;
      report('A long call could not become an operation: its client waits for it.', error);
      return this.begin();
    }
  }

  /** The result, once its row says so too. */
  async settled(fitted: Fitted, operations: Operations): Promise<Fitted> {
    if (this.#operation !== null) {
      await operations.settled(this.#operation.tenant, this.#operation.id, ROW_PATIENCE_MS);
    }
    return fitted;
  }

  /** The client went away, or the gateway closes: then what is an operation is left to it. */
  stop(operations: Operations, clientGone: boolean, report: Report): void {
    const operation = this.#operation;
    if (operation === null) this.#controller.abort(new HeadgateError('cancelled', 'The call was cancelled.'));
    else if (clientGone) {
      operations
        .cancel(operation.tenant, operation.id)
        .catch((error: unknown) => report('An operation whose client went away could not be cancelled.', error));
    }
  }
}

const NONE: Caller['abilities'] = { elicitation: false, progress: false, tasks: false };

/** What is kept to repeat a call: nothing of one that holds secrets, or that may not be repeated. */
function keptOf(tool: Tool, args: unknown, caller: Caller): { payload?: Output } {
  if (tool.long?.repeatable !== true) return {};
  const payload = { arguments: args ?? {}, scopes: [...caller.scopes], via: caller.via };
  const text = JSON.stringify(payload.arguments);
  return redactText(text) === text ? { payload } : {};
}

function outcomeOf(error: unknown): string {
  return error instanceof HeadgateError ? error.code : 'cancelled';
}

/** How long a call is waited for. */
interface Patience {
  /** Resolves when it is over. */
  readonly over: Promise<undefined>;
  /** Lets go of the timer. */
  end(): void;
}

function patienceOf(ms: number): Patience {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), Math.min(ms, MAX_TIMER_MS)).unref();
  return { over: promise, end: () => clearTimeout(timer) };
}

/** Rejects when the signal is aborted. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(new HeadgateError('cancelled', 'The call was cancelled by its caller.'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
