import { runChecked, runCommand } from './command.ts';

/**
 * Installs Debian packages with apt-get; through sudo when this user is not root.
 * Errors: no apt-get on this machine, or no right to use it. The message names the packages.
 */
export async function installDebianPackages(packages: readonly string[]): Promise<void> {
  if (!(await answers('apt-get', ['--version']))) {
    throw new Error(`install ${packages.join(' ')} by hand: there is no apt-get on this machine`);
  }
  const isRoot = process.getuid?.() === 0;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const aptGet = (args: readonly string[]) =>
    isRoot ? runChecked('apt-get', args, { env }) : runChecked('sudo', ['-n', '-E', 'apt-get', ...args], { env });
  await aptGet(['update']);
  await aptGet(['install', '--yes', '--no-install-recommends', ...packages]);
}

/** Whether a command exists and ends with exit code 0. */
export async function answers(command: string, args: readonly string[]): Promise<boolean> {
  try {
    return (await runCommand(command, args, { timeoutMs: 60_000 })).exitCode === 0;
  } catch {
    return false;
  }
}
