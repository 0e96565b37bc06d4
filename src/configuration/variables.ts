import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { dataFolder as dataFolderOf } from '../../bin/data-folder.mjs';
import type { LogLevel, RedactLevel } from '../kernel/config-file.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { nearest } from '../kernel/nearest.ts';

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every variable that starts with HEADGATE_ and means something. */
export const VARIABLES = [
  'HEADGATE_HOME',
  'HEADGATE_CONFIG',
  'HEADGATE_HOST',
  'HEADGATE_PORT',
  'HEADGATE_STORE_PATH',
  'HEADGATE_TOOLSETS',
  'HEADGATE_READ_ONLY',
  'HEADGATE_LOG_LEVEL',
  'HEADGATE_EVENT_LOGS',
  'HEADGATE_DATABASE_URL',
  'HEADGATE_REDACT',
  'HEADGATE_GATEWAY_URL',
  'HEADGATE_GATEWAY_TOKEN',
  'HEADGATE_ENVOY',
] as const;

/** The one folder that Headgate writes to: HEADGATE_HOME, else the system's data folder. Nothing is created. */
export function dataFolder(env: Environment = process.env): string {
  return dataFolderOf(env);
}

/** A warning for each variable that starts with HEADGATE_ and means nothing. */
export function unknownVariables(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('HEADGATE_') && !VARIABLES.some((known) => known === name))
    .map((name) => {
      const meant = nearest(name, VARIABLES, 1)[0];
      return `The variable ${name} means nothing to Headgate${meant === undefined ? '' : `: did you mean ${meant}?`}`;
    });
}

/** The variables that shape a server, as they were set; paths absolute from `here`. */
export function shapingVariables(env: Environment, here: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of ['HEADGATE_TOOLSETS', 'HEADGATE_READ_ONLY', 'HEADGATE_LOG_LEVEL', 'HEADGATE_REDACT'] as const) {
    if (env[name]) variables[name] = env[name];
  }
  if (env.HEADGATE_HOME) variables.HEADGATE_HOME = dataFolder(env);
  if (env.HEADGATE_GATEWAY_URL) variables.HEADGATE_GATEWAY_URL = env.HEADGATE_GATEWAY_URL;
  if (env.HEADGATE_STORE_PATH) variables.HEADGATE_STORE_PATH = resolve(here, expandHome(env.HEADGATE_STORE_PATH));
  return variables;
}

/** `~` and `~/…` as a path below the user's home; any other path unchanged. */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

/** A port. Errors: `invalid_argument`. */
export function portOf(env: Environment, name: string): number | undefined {
  const text = env[name];
  if (!text) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw wrongVariable(name, 'a port from 0 to 65535');
}

/** True or false in its usual spellings; undefined when unset. Errors: `invalid_argument`. */
export function booleanOf(env: Environment, name: string): boolean | undefined {
  const text = env[name]?.toLowerCase();
  if (!text) return undefined;
  if (['true', '1', 'yes', 'on'].includes(text)) return true;
  if (['false', '0', 'no', 'off'].includes(text)) return false;
  throw wrongVariable(name, 'true or false');
}

/** Items between commas; undefined when there are none. */
export function listOf(text: string | undefined): string[] | undefined {
  const items =
    text
      ?.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '') ?? [];
  return items.length === 0 ? undefined : items;
}

/** Levels as pino, Python and log4j spell them, in any case. A shared variable with another program's level is not ours. */
export function logLevelOf(env: Environment, name: string, ours: boolean): LogLevel | undefined {
  const spelled: Record<string, LogLevel> = {
    silent: 'silent',
    off: 'silent',
    fatal: 'fatal',
    critical: 'fatal',
    error: 'error',
    warn: 'warn',
    warning: 'warn',
    info: 'info',
    debug: 'debug',
    trace: 'trace',
  };
  const text = env[name]?.toLowerCase();
  if (!text) return undefined;
  const level = Object.hasOwn(spelled, text) ? spelled[text] : undefined;
  if (level === undefined && ours) throw wrongVariable(name, 'one of silent, fatal, error, warn, info, debug, trace');
  return level;
}

/** The level of HEADGATE_REDACT. Errors: `invalid_argument`. */
export function redactOf(env: Environment): RedactLevel | undefined {
  const level = env.HEADGATE_REDACT;
  if (!level) return undefined;
  if (level === 'secrets' || level === 'literals' || level === 'identities') return level;
  throw wrongVariable('HEADGATE_REDACT', 'secrets, literals or identities');
}

function wrongVariable(name: string, expected: string): HeadgateError {
  return new HeadgateError('invalid_argument', `The variable ${name} must be ${expected}.`, {
    hint: `Change or unset ${name}.`,
  });
}
