import { join } from 'node:path';
import { type CommandResult, lastLines, runCommand } from './command.ts';
import type { SparkInstallation } from './spark.ts';

/** One application to run. */
export interface Submission {
  script: string;
  args?: readonly string[];
  master: string;
  properties?: Readonly<Record<string, string>>;
  env?: NodeJS.ProcessEnv;
  cwd: string;
  /** Default: 5 minutes. */
  timeoutMs?: number;
  /** The exit codes that are expected. Default: 0. */
  exitCodes?: readonly number[];
}

/** Runs a Python application with spark-submit in client mode, to its end. Errors: an exit code that is not expected. */
export async function submitPython(spark: SparkInstallation, submission: Submission): Promise<CommandResult> {
  return run(spark, 'spark-submit', submission, [submission.script, ...(submission.args ?? [])]);
}

/** Runs a Scala script line by line in spark-shell, which it must leave itself. Errors: an exit code that is not expected. */
export async function submitScala(spark: SparkInstallation, submission: Submission): Promise<CommandResult> {
  return run(spark, 'spark-shell', submission, ['-I', submission.script]);
}

async function run(
  spark: SparkInstallation,
  command: 'spark-submit' | 'spark-shell',
  submission: Submission,
  rest: readonly string[],
): Promise<CommandResult> {
  const properties = Object.entries(submission.properties ?? {}).flatMap(([key, value]) => [
    '--conf',
    `${key}=${value}`,
  ]);
  const result = await runCommand(
    join(spark.sparkHome, 'bin', command),
    ['--master', submission.master, ...properties, ...rest],
    {
      cwd: submission.cwd,
      env: { ...spark.env, ...submission.env },
      timeoutMs: submission.timeoutMs ?? 300_000,
    },
  );
  if (!(submission.exitCodes ?? [0]).includes(result.exitCode)) {
    throw new Error(`${submission.script} ended with exit code ${result.exitCode}\n${lastLines(result.stderr)}`);
  }
  return result;
}
