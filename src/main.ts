import { constants } from 'node:os';
import { type Invocation, type Launcher, print, printError, USAGE_EXIT_CODE } from './commands/invocation.ts';
import { bypassProxyForLoopback } from './configuration/loopback-proxy.ts';
import { HeadgateError } from './kernel/errors.ts';

/**
 * Runs the command line and resolves to the exit code. Commands load what they use when they run.
 * With `--json` among the arguments every outcome is JSON on stdout, wrong usage included.
 */
export async function main(args: readonly string[], launcher: Launcher): Promise<number> {
  bypassProxyForLoopback();
  const interruption = new AbortController();
  const invocation: Invocation = {
    launcher,
    json: wantsJson(args),
    signal: interruption.signal,
    exitCode: 0,
    interruptedExitCode: 0,
  };
  stopOnSignals(interruption, invocation);
  endWhenOutputFails();
  try {
    await run(args, invocation);
  } catch (error) {
    printError(invocation, error);
  }
  return invocation.exitCode;
}

/** `--json` counts wherever it stands among the options, so that a wrong command line is answered as JSON too. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  if (options.includes('--stdio')) return false;
  return options.some((word) => word === '--json' || word.startsWith('--json='));
}

async function run(args: readonly string[], invocation: Invocation): Promise<void> {
  const { version } = await import('./version.ts');
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${version}\n`);
    return;
  }
  const [{ CommanderError }, { createProgram }] = await Promise.all([
    import('commander'),
    import('./commands/program.ts'),
  ]);
  try {
    await createProgram(invocation, version).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0)
      reportUsage(invocation, error.code === 'commander.help' ? 'No command was given.' : error.message);
  }
}

/** Commander has already told a person what is wrong; a program gets it as JSON. */
function reportUsage(invocation: Invocation, message: string): void {
  invocation.exitCode = USAGE_EXIT_CODE;
  if (!invocation.json) return;
  const usage = new HeadgateError('invalid_argument', message.replace(/^error: /, '').split('\n')[0] ?? message, {
    hint: 'headgate --help lists the commands; headgate COMMAND --help lists what a command takes.',
  });
  print(invocation, { error: usage.toBody() }, '');
}

/** How long after the first signal another one is the same wish: a process group and its leader both pass it on. */
const SAME_WISH_MS = 1_000;

/** The first signal that asks to stop aborts; one that comes later means at once. */
function stopOnSignals(interruption: AbortController, invocation: Invocation): void {
  let firstAt: number | null = null;
  const stop = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (firstAt !== null && now - firstAt > SAME_WISH_MS) process.exit(invocation.interruptedExitCode);
    if (firstAt !== null) return;
    firstAt = now;
    invocation.interruptedExitCode = 128 + constants.signals[signal];
    interruption.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

/** `headgate … | head` closes our output early: that is no error. A full disk is one, and nothing more can be written. */
function endWhenOutputFails(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`error: The output could not be written: ${error.message}.\n`);
    process.exit(1);
  });
  // Where errors cannot be told there is nobody to tell it to; the exit code still says how the command ended.
  process.stderr.on('error', () => {});
}
