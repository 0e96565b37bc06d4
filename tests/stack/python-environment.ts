import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runChecked } from './command.ts';
import { answers, installDebianPackages } from './debian-packages.ts';
import { withInstallLock } from './install-lock.ts';

const MARKER = '.headgate-installed.json';

/**
 * A Python virtual environment in `directory` with exactly these requirements, as pip writes them (`pyspark==4.3.0`).
 * Does nothing when it is there already; begins anew when an earlier installation was cut off.
 * Returns the path of its Python.
 */
export async function installPythonEnvironment(directory: string, requirements: readonly string[]): Promise<string> {
  const python = join(directory, 'bin', 'python');
  const wanted = JSON.stringify(requirements);
  if (await isInstalled(directory, wanted)) return python;
  await mkdir(dirname(directory), { recursive: true });
  return withInstallLock(directory, async () => {
    if (await isInstalled(directory, wanted)) return python;
    await rm(directory, { recursive: true, force: true });
    await runChecked(await findPython(), ['-m', 'venv', directory]);
    await runChecked(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements], {
      timeoutMs: 900_000,
    });
    await writeFile(join(directory, MARKER), wanted);
    return python;
  });
}

async function isInstalled(directory: string, wanted: string): Promise<boolean> {
  return (await readFile(join(directory, MARKER), 'utf8').catch(() => '')) === wanted;
}

/** `python3` with the modules that a virtual environment needs; Debian keeps them in a package of their own. */
async function findPython(): Promise<string> {
  if (!(await answers('python3', ['-c', 'import venv, ensurepip']))) {
    await installDebianPackages(['python3', 'python3-venv']);
  }
  return 'python3';
}
