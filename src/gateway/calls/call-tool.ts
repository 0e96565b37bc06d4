import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Caller } from '../../kernel/caller.ts';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import type { Operation } from '../../kernel/operation.ts';
import type { Decision, PolicyPort } from '../../kernel/policy.ts';
import { label } from '../../kernel/quoted.ts';
import type { Progress, Tool, ToolContext } from '../../kernel/tool.ts';
import type { TraceHeaders } from '../../kernel/trace.ts';
import { hashArguments, type Recorder } from '../audit/record-call.ts';
import type { Fitted } from '../budget/fit-result.ts';
import type { Operations } from '../operations/operations.ts';
import { enforce } from '../policy/policy.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { ApprovalNote, Approvals } from './approvals.ts';
import type { Catalog } from './catalog.ts';
import { checkArguments } from './check-arguments.ts';
import { splitConfirmToken } from './confirm-token.ts';
import { InputNeeded } from './input-needed.ts';
import { createLongCalls } from './long-calls.ts';
import { settledWithin } from './settled-within.ts';
import { fitToolOutput, presentOperation, presentResult, type ToolResult } from './tool-result.ts';

/** What a face brings to a call beside its arguments. */
export interface CallOptions {
  /** Aborting it stops the work. */
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly ask?: ToolContext['ask'] | undefined;
  readonly log?: ToolContext['log'] | undefined;
  readonly letGo?: ToolContext['letGo'] | undefined;
  /** The trace that the call is part of, as it came. */
  readonly trace?: TraceHeaders | undefined;
}

/** What one act is called in audit, metrics and log. */
interface Act {
  readonly name: string;
  /** Label in the metrics: a name of ours, never a caller's text. */
  readonly label: string;
  readonly arguments: unknown;
  /** Whether the answer waits for its audit entry: not at all, for a moment to say when it failed, or until it is written. */
  readonly audited: 'aside' | 'with-patience' | 'first';
}

/** The one way to every handler, for all faces. */
export interface Calls {
  /**
   * Finds, checks, allows, runs, checks again, cuts, audits and measures one tool call.
   * Errors: always a `HeadgateError`, save `InputNeeded`, which only a face that gave `ask` can see.
   */
  callTool(name: string, args: unknown, caller: Caller, options?: CallOptions): Promise<ToolResult>;
  /** Runs a resource, prompt or route handler under the same cancellation, audit and error rules. It needs the scope `read`. */
  perform<T>(
    name: string,
    args: unknown,
    caller: Caller,
    options: CallOptions,
    work: (context: ToolContext) => Promise<T>,
  ): Promise<T>;
  /** Refuses what the policy denies before it is called: audited like a call. Errors: `permission_denied`. */
  refuse(name: string, args: unknown, caller: Caller, options: CallOptions, denied: Decision): Promise<void>;
  /** Logs an error that is our bug under an id and returns what a caller may see of it. */
  failure(error: unknown, where: string): HeadgateError;
  /** Refuses new calls, waits up to `graceMs` for those that run, then aborts them. */
  drain(graceMs: number): Promise<void>;
}

/** What the calls are made of. */
export interface CallsParts {
  readonly catalog: Catalog;
  readonly policy: PolicyPort;
  readonly recorder: Recorder;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly tracing: Tracing;
  readonly approvals: Approvals;
  readonly operations: Operations;
  /** A call of a long tool that takes longer answers with its operation. Milliseconds. */
  readonly waitMs: number;
}

/** How long the answer to what only reads waits for its audit entry. A store that works takes a few ms. */
const AUDIT_PATIENCE_MS = 1_000;

/** How long an aborted handler may take to stop before the gateway closes without it. */
const ABORT_GRACE_MS = 1_000;

/** Builds the call path over its parts. */
export function createCalls(parts: CallsParts): Calls {
  const { catalog, policy, recorder, metrics, logger, tracing, approvals, operations, waitMs } = parts;
  const running = new Map<Promise<unknown>, AbortController>();
  let closing = false;

  /** A controller of its own for each call: `AbortSignal.any` would tie every call to a signal that lives as long as the process. */
  async function cancellable<T>(
    caller: Caller,
    options: CallOptions,
    work: (context: ToolContext) => Promise<T>,
  ): Promise<T> {
    throwIfCancelled(options.signal);
    const controller = new AbortController();
    const abort = () => controller.abort();
    options.signal?.addEventListener('abort', abort, { once: true });
    const context: ToolContext = {
      caller,
      signal: controller.signal,
      progress: options.progress ?? (() => {}),
      ...(options.ask === undefined ? {} : { ask: options.ask }),
      ...(options.log === undefined ? {} : { log: options.log }),
      ...(options.letGo === undefined ? {} : { letGo: options.letGo }),
    };
    const done = work(context).catch((error: unknown) => {
      if (options.signal?.aborted) throw cancelled(error);
      throw controller.signal.aborted ? shuttingDown(error) : error;
    });
    running.set(done, controller);
    try {
      return await done;
    } finally {
      running.delete(done);
      options.signal?.removeEventListener('abort', abort);
    }
  }

  function failure(error: unknown, where: string): HeadgateError {
    const id = randomUUID();
    logger.error({ err: error, error_id: id, where }, 'a call failed inside Headgate');
    return new HeadgateError('internal', `${where} failed inside Headgate (error ${id}).`, {
      hint: `The gateway's log has the cause under ${id}.`,
      details: { error_id: id },
      cause: error,
    });
  }

  async function accounted<T>(
    act: Act,
    caller: Caller,
    work: () => Promise<T>,
  ): Promise<{ value: T; unstored: string | null }> {
    const at = new Date();
    const started = performance.now();
    const ended = await settle(act, work);
    const { outcome } = ended;
    const durationMs = performance.now() - started;
    logger.debug({ tool: act.name, via: caller.via, outcome, duration_ms: Math.round(durationMs) }, 'call');
    metrics.callEnded({ tool: act.label, via: caller.via, outcome, seconds: durationMs / 1000 });
    const patienceMs = act.audited === 'with-patience' ? AUDIT_PATIENCE_MS : Number.POSITIVE_INFINITY;
    const written = recorder.record({ at, ...entryOf(act, caller), outcome, durationMs }, patienceMs);
    const unstored = act.audited === 'aside' ? null : await written;
    if ('thrown' in ended) throw ended.thrown;
    return { value: ended.value, unstored };
  }

  /** What came of the work: errors are as a caller may see them. */
  async function settle<T>(
    act: Act,
    work: () => Promise<T>,
  ): Promise<{ outcome: string; value: T } | { outcome: string; thrown: unknown }> {
    try {
      if (closing) throw shuttingDown();
      const value = await work();
      return { outcome: isHandedOver(value) ? 'running' : 'ok', value };
    } catch (error) {
      if (error instanceof InputNeeded) return { outcome: 'input_required', thrown: error };
      const seen = error instanceof HeadgateError ? error : failure(error, act.name);
      return { outcome: seen.code, thrown: seen };
    }
  }

  /** A span carries the name of what is called, never its arguments. */
  function traced<T>(act: Act, caller: Caller, options: CallOptions, work: () => Promise<T>): Promise<T> {
    const attributes = { 'headgate.call': act.label, 'headgate.via': caller.via, 'headgate.tenant': caller.tenant };
    return tracing.request(`call ${act.label}`, attributes, options.trace ?? {}, work);
  }

  /** What somebody said is kept before it is acted upon. */
  async function noteApproval(act: Act, caller: Caller, what: ApprovalNote): Promise<void> {
    const entry = { at: new Date(), ...entryOf(act, caller) };
    if (what === 'approved') await recorder.announce(entry, what);
    else await recorder.record({ ...entry, outcome: what, durationMs: 0 }, AUDIT_PATIENCE_MS);
  }

  /** The end of a run that its call did not wait for. */
  function endLater(act: Act, caller: Caller, outcome: string): void {
    void recorder.record({ at: new Date(), ...entryOf(act, caller), outcome, durationMs: 0 }, Number.POSITIVE_INFINITY);
  }

  const longCalls = createLongCalls({
    catalog,
    policy,
    operations,
    waitMs,
    failure,
    report: (message, error) => logger.warn({ err: error }, message),
    async repeats({ tool, args, caller }, ended) {
      const act: Act = { name: tool.name, label: tool.name, arguments: args, audited: 'first' };
      if (ended !== null) endLater(act, caller, ended);
      else if (tool.risk !== 'read') await recorder.announce({ at: new Date(), ...entryOf(act, caller) });
    },
  });

  async function runTool(
    act: Act,
    name: string,
    args: unknown,
    caller: Caller,
    options: CallOptions,
  ): Promise<ToolResult> {
    const entry = catalog.find(name);
    const { tool } = entry;
    const { payload: input, token } = splitConfirmToken(tool, checkArguments(entry, args));
    enforce(policy.decide(caller, tool, input));
    requireAbilities(tool, caller);
    const ended = await cancellable(caller, options, async (context) => {
      const note = (what: ApprovalNote) => noteApproval(act, caller, what);
      await approvals.settle({ tool, input, token, context, note });
      throwIfCancelled(options.signal);
      if (act.audited === 'first') await recorder.announce({ at: new Date(), ...entryOf(act, caller) });
      if (tool.long === undefined) return fitToolOutput(tool, args, await tool.call(input, context));
      const ended = (outcome: string) => endLater(act, caller, outcome);
      return longCalls.run({ tool, args: act.arguments, input, context, client: options.signal, ended });
    });
    if (!isFitted(ended)) return presentOperation(ended);
    metrics.resultSent({ tool: name, bytes: Buffer.byteLength(ended.json), cut: ended.cuts.length > 0 });
    return presentResult(tool, ended);
  }

  return {
    async callTool(name, args, caller, options = {}) {
      const known = catalog.has(name);
      const act: Act = {
        name: known ? name : label(name),
        label: known ? name : 'unknown',
        arguments: (known ? splitConfirmToken(catalog.find(name).tool, args).payload : args) ?? {},
        audited: known && catalog.find(name).tool.risk !== 'read' ? 'first' : 'with-patience',
      };
      const run = () => accounted(act, caller, () => runTool(act, name, args, caller, options));
      const { value, unstored } = await traced(act, caller, options, run);
      return unstored === null ? value : { ...value, text: `${value.text}\n\n${unstored}`, unstored };
    },
    async perform(name, args, caller, options, work) {
      const act: Act = { name, label: name, arguments: args, audited: 'aside' };
      const reading = async () => {
        enforce(policy.decideRead(caller, name));
        return cancellable(caller, options, work);
      };
      return (await traced(act, caller, options, () => accounted(act, caller, reading))).value;
    },
    async refuse(name, args, caller, options, denied) {
      const act: Act = { name, label: name, arguments: args, audited: 'aside' };
      await traced(act, caller, options, () => accounted(act, caller, async () => enforce(denied)));
    },
    failure,
    async drain(graceMs) {
      closing = true;
      await settledWithin(running.keys(), graceMs);
      for (const controller of running.values()) controller.abort();
      await settledWithin(running.keys(), ABORT_GRACE_MS);
      await recorder.flush();
    },
  };
}

/** Who does what, as the audit log has it. */
function entryOf({ name, arguments: args }: Act, { tenant, subject, via }: Caller) {
  return { tenant, subject, via, tool: name, argumentsHash: hashArguments(args) };
}

function requireAbilities({ name, requires = [] }: Tool, { abilities }: Caller): void {
  const lacking = requires.filter((ability) => abilities[ability] !== true);
  if (lacking.length === 0) return;
  throw new HeadgateError('failed_precondition', `${name} needs a client with ${lacking.join(' and ')}.`, {
    hint: 'Call it from an MCP client that declares these capabilities.',
  });
}

function isFitted(ended: Fitted | Operation): ended is Fitted {
  return 'json' in ended;
}

/** True for the answer of a call that goes on as an operation. */
function isHandedOver(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'operation' in value && 'json' in value;
}

function shuttingDown(cause?: unknown): HeadgateError {
  return new HeadgateError('unavailable', 'This gateway is shutting down.', { hint: 'Try again in a moment.', cause });
}

function cancelled(error: unknown): HeadgateError {
  if (error instanceof HeadgateError && error.code === 'cancelled') return error;
  return new HeadgateError('cancelled', 'The call was cancelled by its caller.', { cause: error });
}
