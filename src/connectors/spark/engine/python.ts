import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { PythonOutcome, SqlOptions } from '../../../kernel/sql-engine.ts';
import { findFailure } from '../jobs/find-failure.ts';
import { splitLines } from '../jobs/read-log.ts';

/** What Python prints that is kept, characters of its end. */
const OUTPUT_CHARS = 100_000;
/** How long it may take to end when it is asked. Milliseconds. */
const TERM_MS = 3_000;

/** The code that runs before the caller's: `spark` is the session whose id is in the address. */
const PRELUDE = `from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
`;

/** How Python is started. */
export interface PythonCommand {
  readonly python: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs Python to its end. Errors: `failed_precondition` with what it raised, `cancelled`. */
export async function runPython(
  code: string,
  { python, env }: PythonCommand,
  { signal }: SqlOptions,
): Promise<PythonOutcome> {
  const child = spawn(python, ['-'], { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] = (printed[name] + text).slice(-OUTPUT_CHARS);
    });
  }
  // A program that ends early leaves its input unread: its exit code tells why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(`${PRELUDE}${code}\n`);
  const stop = () => endGroup(child.pid);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null];
    if (signal.aborted) throw new HeadgateError('cancelled', 'The Python code was cancelled.');
    if (exitCode === 0) return { output: printed.stdout };
    const failure = findFailure(splitLines(printed.stderr), exitCode);
    throw new HeadgateError('failed_precondition', failure.message.replace('The job', 'The Python code'), {
      details: failure.details ?? {},
    });
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    throw new HeadgateError('failed_precondition', `${python} cannot be started.`, {
      hint: 'Set PYSPARK_PYTHON to a Python with pyspark[connect].',
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  setTimeout(() => signalGroup(pid, 'SIGKILL'), TERM_MS).unref();
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
