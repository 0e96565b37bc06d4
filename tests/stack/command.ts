import { spawn } from 'node:child_process';

/** How a command is run: where, with which environment, and for how long at most. */
export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** The command is killed after this time, and the promise rejects. Default: 10 minutes. */
  timeoutMs?: number;
}

/** What a finished command left. */
export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const TAIL_LINES = 30;

/**
 * Runs a command to its end and returns its exit code and output.
 * Errors: the command cannot be started, or runs longer than `timeoutMs`.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const timeoutMs = options.timeoutMs ?? 600_000;
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${shown(command, args)} ran longer than ${timeoutMs} ms\n${lastLines(output.stderr)}`));
    }, timeoutMs);
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new Error(`${command} cannot be started: ${cause.message}`, { cause }));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ exitCode: code ?? (signal === null ? 1 : 128), ...output });
    });
  });
}

/** Like {@link runCommand}, and an exit code other than 0 is an error that quotes the last lines of the output. */
export async function runChecked(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = await runCommand(command, args, options);
  if (result.exitCode !== 0) {
    const output = lastLines(result.stderr || result.stdout);
    throw new Error(`${shown(command, args)} ended with exit code ${result.exitCode}\n${output}`);
  }
  return result;
}

/** The last lines of a program's output: what an error message quotes. */
export function lastLines(text: string, count = TAIL_LINES): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function shown(command: string, args: readonly string[]): string {
  return [command, ...args].join(' ');
}
