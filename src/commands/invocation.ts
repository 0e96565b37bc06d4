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
  /** What the process will exit with: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
  exitCode: number;
}

/** Exit code of a command line that makes no sense. */
export const USAGE_EXIT_CODE = 2;
/** Exit code of a command that a signal ended, as shells have it for SIGINT. */
export const INTERRUPTED_EXIT_CODE = 130;

/** Writes a result: `value` as JSON when asked for, else the text. */
export function print(invocation: Invocation, value: unknown, text: string): void {
  process.stdout.write(`${invocation.json ? JSON.stringify(value, null, 2) : text}\n`);
}

/** Writes an error where the invocation wants it, and sets the exit code. */
export function printError(invocation: Invocation, error: unknown, exitCode = 1): void {
  const body = bodyOf(error);
  invocation.exitCode = body.code === 'cancelled' ? INTERRUPTED_EXIT_CODE : exitCode;
  if (invocation.json) process.stdout.write(`${JSON.stringify({ error: body }, null, 2)}\n`);
  else process.stderr.write(`error: ${body.message}\n${body.hint === undefined ? '' : `${body.hint}\n`}`);
  if (!(error instanceof HeadgateError))
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
}

/** What a user sees of an error; anything that Headgate did not throw on purpose is a bug of ours. */
export function bodyOf(error: unknown): ErrorBody {
  if (error instanceof HeadgateError) return error.toBody();
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message: `Headgate failed: ${message}`, hint: 'Please report this.', retryable: false };
}
