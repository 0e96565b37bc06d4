import { access, constants, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { SparkConfiguration } from '../../../kernel/config.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { JOB_PROPERTY } from '../cluster/driver-ui.ts';
import { childEnvironment, pythonOf, pythonPathOf } from './child-environment.ts';
import { createFolder, type JobFolder } from './job-folder.ts';
import type { JobProcess } from './job-record.ts';
import { renderProperties } from './properties-file.ts';
import { startProcess } from './start-process.ts';

/** A Python job. */
export interface PythonJob {
  readonly id: string;
  readonly name: string;
  /** Path of the script; null: `code`. */
  readonly script: string | null;
  readonly code: string | null;
  readonly args: readonly string[];
  /** Properties, the caller's over the configuration's. */
  readonly conf: Readonly<Record<string, string>>;
}

/** What a launch needs to know. */
export interface LaunchSettings {
  readonly config: Pick<SparkConfiguration, 'master' | 'home'>;
  /** With its token; null: none. */
  readonly remote: () => Promise<string | null>;
  readonly environment: NodeJS.ProcessEnv;
}

/** What was started. */
export interface Launched {
  readonly process: JobProcess;
  /** Where the driver's page will be, when it has one. */
  readonly ui: string | null;
}

/**
 * Starts a Python job: with spark-submit where a master is configured, else as a program that speaks Spark Connect.
 * Errors: `failed_precondition` when neither can be, `resource_exhausted` when the disk is full.
 */
export async function launchPython(job: PythonJob, folder: JobFolder, settings: LaunchSettings): Promise<Launched> {
  if (process.platform === 'win32') {
    throw new HeadgateError('failed_precondition', 'Python jobs need a system with /bin/sh; this is Windows.', {
      hint: 'Run Headgate in WSL, or run SQL with execute_spark_sql.',
    });
  }
  return settings.config.master === null
    ? launchClient(job, folder, settings)
    : submit(job, folder, settings, settings.config.master);
}

async function submit(
  job: PythonJob,
  folder: JobFolder,
  { config: { home }, environment }: LaunchSettings,
  master: string,
): Promise<Launched> {
  const program = home === null ? null : join(home, 'bin', 'spark-submit');
  if (home === null || program === null || !(await isExecutable(program))) {
    throw new HeadgateError('failed_precondition', 'Python jobs need an installed Spark, and none is configured.', {
      hint: 'Name the folder whose bin/spark-submit runs jobs at spark.home in the configuration, or set SPARK_HOME.',
      ...(home === null ? {} : { details: { spark_home: home } }),
    });
  }
  const port = await freePort();
  const properties = {
    ...job.conf,
    [JOB_PROPERTY]: job.id,
    'spark.ui.port': String(port),
    'spark.ui.killEnabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
  };
  const defaults = await sparkDefaults(environment.SPARK_CONF_DIR ?? join(home, 'conf'));
  const script = await writeFiles(job, folder, { 'spark.properties': defaults + renderProperties(properties) });
  const command = [
    program,
    ...['--master', master, '--deploy-mode', 'client', '--name', job.name],
    ...['--properties-file', join(folder.path, 'spark.properties'), script, ...job.args],
  ];
  const started = await startProcess(folder, command, childEnvironment(environment, { SPARK_HOME: home }));
  return { process: started, ui: `http://${environment.SPARK_LOCAL_IP ?? '127.0.0.1'}:${port}` };
}

async function launchClient(job: PythonJob, folder: JobFolder, settings: LaunchSettings): Promise<Launched> {
  const { environment } = settings;
  const remote = await settings.remote();
  const { home } = settings.config;
  const hasPython = environment.PYSPARK_PYTHON !== undefined || environment.PYSPARK_DRIVER_PYTHON !== undefined;
  if (remote === null || (home === null && !hasPython)) {
    throw new HeadgateError(
      'failed_precondition',
      'Python jobs need a master, or a Python with PySpark; neither is configured.',
      {
        hint: 'Name spark.master and spark.home in the configuration, or set PYSPARK_PYTHON for Spark Connect. SQL runs with `query`.',
      },
    );
  }
  const script = await writeFiles(job, folder, {});
  const own = { SPARK_REMOTE: remote, ...(home === null ? {} : { PYTHONPATH: pythonPathOf(home) }) };
  const command = [pythonOf(environment), script, ...job.args];
  return { process: await startProcess(folder, command, childEnvironment(environment, own)), ui: null };
}

async function writeFiles(job: PythonJob, folder: JobFolder, files: Record<string, string>): Promise<string> {
  const code = job.code === null ? {} : { 'main.py': job.code };
  await createFolder(folder, { ...files, ...code });
  return job.script ?? join(folder.path, 'main.py');
}

/** A properties file takes the place of Spark's own: what that says comes first, so that it can be overridden. */
async function sparkDefaults(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'spark-defaults.conf'), 'utf8').catch(() => '');
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** A port that nobody listens on now. Should another take it first, Spark takes the next and the job's page is not found. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
