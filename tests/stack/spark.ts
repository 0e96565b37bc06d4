import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findJava } from './java.ts';
import { installPythonEnvironment } from './python-environment.ts';

/** The Spark versions that tests and fixtures use, pinned. */
export const SPARK_VERSIONS = { '3.5': '3.5.9', '4.3': '4.3.0' } as const;
export type SparkLine = keyof typeof SPARK_VERSIONS;

/** What a Spark is installed for, beyond its own programs (History Server, master, worker, spark-submit). */
export interface SparkExtras {
  /** pandas and pyarrow, for Python workloads that use them. */
  pandas?: boolean;
  /** The Python side of Spark Connect (which includes pandas and pyarrow). 4.3 only: the jar is part of its package. */
  connect?: boolean;
}

/** An installed Spark. */
export interface SparkInstallation {
  version: string;
  /** The virtual environment's folder. */
  directory: string;
  sparkHome: string;
  python: string;
  /** What Spark's programs need in their environment: SPARK_HOME, SPARK_LOCAL_IP, PYSPARK_PYTHON, PATH. */
  env: NodeJS.ProcessEnv;
}

const CACHE = fileURLToPath(new URL('../../.cache/spark', import.meta.url));

/**
 * Installs Spark of a line (`4.3`) from PyPI under `.cache/spark`, once, and Java when the machine has none.
 * Takes about a minute and 0.5 GB of disk the first time, and milliseconds after it.
 */
export async function installSpark(line: SparkLine, extras: SparkExtras = {}): Promise<SparkInstallation> {
  await findJava();
  const version = SPARK_VERSIONS[line];
  const suffix = extras.connect ? '-connect' : extras.pandas ? '-pandas' : '';
  const directory = join(CACHE, `${version}${suffix}`);
  await installPythonEnvironment(directory, requirementsOf(version, extras));
  return describeSpark(directory, version);
}

/** The installation in a virtual environment's folder, which may be a link to it. */
export async function describeSpark(directory: string, version: string): Promise<SparkInstallation> {
  const lib = join(directory, 'lib');
  const pythonFolder = (await readdir(lib)).find((name) => name.startsWith('python3'));
  if (pythonFolder === undefined) throw new Error(`${lib} has no python3 folder: remove ${directory} and try again`);
  const sparkHome = join(lib, pythonFolder, 'site-packages', 'pyspark');
  const python = join(directory, 'bin', 'python');
  return {
    version,
    directory,
    sparkHome,
    python,
    env: {
      ...withoutSparkSettings(process.env),
      SPARK_HOME: sparkHome,
      SPARK_LOCAL_IP: '127.0.0.1',
      SPARK_LOCAL_HOSTNAME: '127.0.0.1',
      PYSPARK_PYTHON: python,
      PYSPARK_DRIVER_PYTHON: python,
      PATH: `${join(directory, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
    },
  };
}

function requirementsOf(version: string, extras: SparkExtras): string[] {
  // The versions that PySpark 4.3 asks for (pandas >= 2.2, pyarrow >= 18) and 3.5 works with.
  const frames = version.startsWith('3.')
    ? ['pandas==2.2.3', 'pyarrow==18.1.0', 'numpy==1.26.4']
    : ['pandas==2.3.3', 'pyarrow==21.0.0'];
  if (extras.connect) return [`pyspark[connect]==${version}`];
  return [`pyspark==${version}`, ...(extras.pandas ? frames : [])];
}

/** The environment without the SPARK_* and PYSPARK_* settings of whoever runs the tests. */
function withoutSparkSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(PY)?SPARK_/.test(name)));
}
