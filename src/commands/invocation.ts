import { type ErrorBody, HeadgateError } from '../kernel/errors.ts';

/** How Headgate was started: what another program needs to start it again, from any folder, with an empty PATH. */
export interface Launcher {
  /** Absolute path of a Node that runs Headgate. */
  readonly node: string;
  /** Absolute path of `bin/headgate.mjs`. */
  readonly path: string;
}

/** One run of the command line. */
export interface Invocation {
  readonly launcher: Launcher;
  /** Results and errors go to stdout as JSON. */
  readonly json: boolean;
  /** Aborted by SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  /** What the process will exit with: 0 done, 1 failed, 2 wrong usage, 128 and its number when a signal ended it. */
  exitCode: number;
  /** What a command exits with that a signal ends, as shells have it: 130 for SIGINT, 143 for SIGTERM. */
  interruptedExitCode: number;
}

/** Exit code of a command line that makes no sense. */
export const USAGE_EXIT_CODE = 2;

/** An error of whoever typed the command: it exits with 2. */
export class UsageError extends HeadgateError {}

/** Writes a result: `value` as JSON when asked for, else the text. */
export function print(invocation: Invocation, value: unknown, text: string): void {
  process.stdout.write(`${invocation.json ? JSON.stringify(value, null, 2) : text}\n`);
}

/** Writes an error where the invocation wants it, and sets the exit code. */
export function printError(invocation: Invocation, error: unknown): void {
  const body = bodyOf(error);
  invocation.exitCode = exitCodeOf(error, invocation);
  if (invocation.json) process.stdout.write(`${JSON.stringify({ error: body }, null, 2)}\n`);
  else process.stderr.write(`error: ${body.message}\n${body.hint === undefined ? '' : `${body.hint}\n`}`);
  if (!(error instanceof HeadgateError))
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
}

function exitCodeOf(error: unknown, { interruptedExitCode }: Invocation): number {
  if (error instanceof UsageError) return USAGE_EXIT_CODE;
  return error instanceof HeadgateError && error.code === 'cancelled' ? interruptedExitCode : 1;
}

/** The error that another process of ours told. */
export function errorOf({ code, message, hint, details }: ErrorBody): HeadgateError {
  return new HeadgateError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}

/** What a user sees of an error; anything that Headgate did not throw on purpose is a bug of ours. */
export function bodyOf(error: unknown): ErrorBody {
  if (error instanceof HeadgateError) return error.toBody();
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message: `Headgate failed: ${message}`, hint: 'Please report this.', retryable: false };
}
