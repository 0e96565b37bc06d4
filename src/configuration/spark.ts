import { resolve } from 'node:path';
import type { SparkConfiguration } from '../kernel/config.ts';
import type { ConfigFile } from '../kernel/config-file.ts';
import { type Environment, expandHome } from './variables.ts';

const DEFAULTS = { maxJobs: 10, appName: 'headgate' };

/** What paths are read against: those of the environment begin in the working directory. */
export interface SparkPlaces {
  readonly here: string;
  readonly inFile: (path: string) => string;
}

type SparkInFile = NonNullable<ConfigFile['spark']>;

/** The Spark to run things on; null when neither the file nor SPARK_REMOTE or SPARK_MASTER names one. */
export function sparkOf(
  env: Environment,
  config: ConfigFile,
  { here, inFile }: SparkPlaces,
): SparkConfiguration | null {
  const spark = config.spark ?? {};
  const remote = spark.remote ?? remoteOfEnvironment(env);
  const master = spark.master ?? masterOfEnvironment(env);
  const masterUrl = spark.master_url ?? null;
  const submissionUrl = spark.submission_url ?? null;
  if ([remote, master, masterUrl, submissionUrl].every((place) => place === null)) return null;
  const home = spark.home === undefined ? variablePath(env.SPARK_HOME, here) : inFile(spark.home);
  return { remote, master, masterUrl, submissionUrl, home, ...jobsOf(spark, env, inFile) };
}

function jobsOf(spark: SparkInFile, env: Environment, inFile: (path: string) => string) {
  return {
    token: spark.token ?? null,
    appName: spark.app_name ?? (env.SPARK_APP_NAME || DEFAULTS.appName),
    roots: (spark.roots ?? []).map(inFile),
    eventLogs: spark.event_logs === undefined ? null : placeOf(spark.event_logs, inFile),
    conf: spark.conf ?? {},
    maxJobs: spark.max_jobs ?? DEFAULTS.maxJobs,
    tenants: spark.tenants ?? null,
  };
}

function remoteOfEnvironment({ SPARK_REMOTE: remote }: Environment): SparkConfiguration['remote'] {
  return remote?.startsWith('sc://') ? { env: 'SPARK_REMOTE' } : null;
}

function masterOfEnvironment({ SPARK_MASTER: master }: Environment): string | null {
  return master !== undefined && /^(spark:|local)/.test(master) ? master : null;
}

function variablePath(path: string | undefined, here: string): string | null {
  return path ? resolve(here, expandHome(path)) : null;
}

/** A URI stays what it is; anything else is a path. */
function placeOf(place: string, inFile: (path: string) => string): string {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(place) ? place : inFile(place);
}
