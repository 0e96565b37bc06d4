import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Configuration, LocalConfiguration } from '../kernel/config.ts';
import type { ConfigFile } from '../kernel/config-file.ts';
import { postgresOf } from './postgres.ts';
import { sparkOf } from './spark.ts';
import type { Environment } from './variables.ts';

/** Example files that come with Headgate: what local SQL may read when no roots are configured. */
const BUNDLED_FILES = fileURLToPath(new URL('../../examples', import.meta.url));

/** Long runs when nobody says otherwise. Clients give up a call after 60 s, often after 30. */
const DEFAULTS = { maxRuns: 4, waitS: 10, operationDays: 7, approvalTtlS: 600 };

/** What the platforms' sections are read against: paths of the file and of the environment begin at different folders. */
export interface Places {
  readonly home: string;
  readonly here: string;
  readonly inFile: (path: string) => string;
}

/** The platforms that things run on: of the file, where it is silent of the platforms' own variables. Errors: `invalid_argument`. */
export function platformsOf(
  env: Environment,
  config: ConfigFile,
  places: Places,
): Pick<Configuration, 'spark' | 'postgres' | 'local' | 'pipelines' | 'operations'> {
  const spark = sparkOf(env, config, places);
  const postgres = postgresOf(env, config);
  const configured = spark !== null || postgres.databases.length > 0;
  const { pipelines = {}, operations = {} } = config;
  return {
    spark,
    postgres,
    local: localOf(config, places, configured),
    pipelines: {
      scheduler: pipelines.scheduler ?? true,
      maxRuns: pipelines.max_runs ?? DEFAULTS.maxRuns,
    },
    operations: {
      waitMs: (operations.wait_s ?? DEFAULTS.waitS) * 1000,
      retentionDays: operations.retention_days ?? DEFAULTS.operationDays,
      approvalTtlMs: (operations.approval_ttl_s ?? DEFAULTS.approvalTtlS) * 1000,
    },
  };
}

function localOf({ local = {} }: ConfigFile, { home, inFile }: Places, configured: boolean): LocalConfiguration | null {
  const enabled = local.enabled ?? !configured;
  if (!enabled) return null;
  return {
    path: local.path === undefined ? join(home, 'local.duckdb') : inFile(local.path),
    roots: local.roots?.map(inFile) ?? [BUNDLED_FILES],
    memoryLimitMb: local.memory_limit_mb ?? null,
    threads: local.threads ?? null,
  };
}
