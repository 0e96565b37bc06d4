import { dirname, join, resolve } from 'node:path';
import type { Configuration } from '../kernel/config.ts';
import type { ConfigFile } from '../kernel/config-file.ts';
import { controlPlaneOf, gatewayOf } from './control-plane.ts';
import type { Flags } from './flags.ts';
import { insightOf } from './insight.ts';
import { platformsOf } from './platforms.ts';
import { firstConfigFile, readConfigFile } from './read-config-file.ts';
import { authOf, serverOf } from './server.ts';
import { sourcesOf } from './sources.ts';
import {
  booleanOf,
  dataFolder,
  type Environment,
  expandHome,
  listOf,
  logLevelOf,
  redactOf,
  shapingVariables,
  unknownVariables,
} from './variables.ts';

/** Where settings come from besides the flags. */
export interface Surroundings {
  readonly env?: Environment;
  /** Relative paths of flags and environment start here. */
  readonly workingDirectory?: string;
  /**
   * False for a server that another program starts, in whatever folder it has open: a `headgate.yaml` lying there is
   * not ours to trust.
   */
  readonly trustWorkingDirectory?: boolean;
}

/**
 * Merges flags, HEADGATE_* variables, the platforms' own variables, the configuration file and defaults, in this order.
 * The file is the one of `--config`, else HEADGATE_CONFIG, else `headgate.yaml` in the working directory or the data folder.
 * Errors: `not_found` (a named file is missing), `invalid_argument` (each problem with its path).
 */
export async function loadConfiguration(flags: Flags = {}, surroundings: Surroundings = {}): Promise<Configuration> {
  const env = surroundings.env ?? process.env;
  const here = surroundings.workingDirectory ?? process.cwd();
  const home = dataFolder(env);
  const named = flags.config ?? (env.HEADGATE_CONFIG || undefined);
  const folders = surroundings.trustWorkingDirectory === false ? [home] : [here, home];
  const file = named === undefined ? await firstConfigFile(folders) : resolve(here, named);
  const { config, warnings } = file === null ? { config: {}, warnings: [] } : await readConfigFile(file);
  const eventLogs = eventLogsOf(flags, env, here);
  const inFile = (path: string) => resolve(file === null ? here : dirname(file), expandHome(path));
  const platforms = platformsOf(env, config, { home, here, inFile });
  return {
    home,
    server: serverOf(flags, env, config, inFile),
    auth: authOf(config, inFile),
    store: {
      path: storePath(env, here, config, inFile) ?? join(home, 'headgate.db'),
      url: databaseUrl(env, config),
    },
    auditRetentionDays: config.audit?.retention_days ?? null,
    redact: redactOf(env) ?? config.redact ?? 'secrets',
    telemetry: { otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT || config.telemetry?.otlp_endpoint || null },
    surface: {
      toolsets: listOf(env.HEADGATE_TOOLSETS) ?? config.surface?.toolsets ?? null,
      readOnly: booleanOf(env, 'HEADGATE_READ_ONLY') ?? config.surface?.read_only ?? false,
    },
    sparkHistory: {
      sources: sourcesOf(eventLogs, config, inFile, platforms.spark?.eventLogs ?? null),
    },
    insight: insightOf(config),
    ...platforms,
    controlPlane: controlPlaneOf(flags, env, config, { here, inFile }),
    gateway: gatewayOf(flags, env, config, inFile),
    logLevel:
      logLevelOf(env, 'HEADGATE_LOG_LEVEL', true) ?? logLevelOf(env, 'LOG_LEVEL', false) ?? config.log_level ?? 'info',
    file,
    eventLogs,
    variables: shapingVariables(env, here),
    warnings: [...warnings, ...unknownVariables(env)],
  };
}

function eventLogsOf(flags: Flags, env: Environment, here: string): string | null {
  const named = flags.eventLogs ?? (env.HEADGATE_EVENT_LOGS || undefined);
  return named === undefined ? null : resolve(here, expandHome(named));
}

function storePath(
  env: Environment,
  here: string,
  config: ConfigFile,
  inFile: (path: string) => string,
): string | undefined {
  if (env.HEADGATE_STORE_PATH) return resolve(here, expandHome(env.HEADGATE_STORE_PATH));
  return config.store?.path === undefined ? undefined : inFile(config.store.path);
}

function databaseUrl(env: Environment, { store }: ConfigFile): Configuration['store']['url'] {
  return env.HEADGATE_DATABASE_URL ? { env: 'HEADGATE_DATABASE_URL' } : (store?.url ?? null);
}
