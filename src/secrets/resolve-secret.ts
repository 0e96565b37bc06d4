import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Secret } from '../kernel/config-scalars.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { labelLog } from '../kernel/log-text.ts';
import type { SecretResolver } from '../kernel/secret-resolver.ts';

/** A secret is a word or a key, not a document. */
const MAX_SECRET_BYTES = 65_536;
/** Commands that fetch secrets ask a key chain or a vault. */
const COMMAND_TIMEOUT_MS = 30_000;

const run = promisify(execFile);

/** Where secrets are looked up. */
export interface SecretSurroundings {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Relative paths of files start here: the folder of the configuration file. Commands run in it. */
  readonly folder?: string;
}

/**
 * Makes the resolver of this process. A value's line end is cut off, as files and commands end in one.
 * Errors: `failed_precondition` when the place is empty or does not give a value, `permission_denied` when a file may not
 * be read. Nothing that a command printed is repeated: it may hold the secret.
 */
export function createSecretResolver(surroundings: SecretSurroundings = {}): SecretResolver {
  const { env = process.env, folder = process.cwd() } = surroundings;
  return async (secret, purpose) => {
    const value = (await read(secret, purpose, env, folder)).replace(/\r?\n$/, '');
    if (value !== '') return value;
    throw new HeadgateError('failed_precondition', `${purpose}: ${placeOf(secret)} is empty.`, {
      hint: 'Put the secret there, or name another place in the configuration.',
    });
  };
}

async function read(
  secret: Secret,
  purpose: string,
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<string> {
  if (typeof secret === 'string') return secret;
  if ('env' in secret) {
    const value = env[secret.env];
    if (value !== undefined) return value;
    throw new HeadgateError('failed_precondition', `${purpose}: ${placeOf(secret)} is not set.`, {
      hint: `Set it in the environment in which Headgate is started.`,
    });
  }
  if ('file' in secret) return readSecretFile(resolve(folder, expandHome(secret.file)), purpose);
  return runCommand(secret.command, purpose, folder);
}

async function readSecretFile(path: string, purpose: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_SECRET_BYTES) {
      throw new HeadgateError(
        'failed_precondition',
        `${purpose}: ${labelLog(path)} has ${size} bytes: no secret does.`,
        {
          hint: 'Name the file that holds the secret alone.',
        },
      );
    }
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    const denied = ['EACCES', 'EPERM'].includes((cause as NodeJS.ErrnoException).code ?? '');
    throw new HeadgateError(
      denied ? 'permission_denied' : 'failed_precondition',
      `${purpose}: the file ${labelLog(path)} ${denied ? 'may not be read' : 'cannot be read'}.`,
      { hint: 'Name an existing file that this user may read.', cause },
    );
  }
}

async function runCommand(command: readonly string[], purpose: string, folder: string): Promise<string> {
  const [program = '', ...args] = command;
  try {
    const { stdout } = await run(program, args, {
      cwd: folder,
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: MAX_SECRET_BYTES,
      windowsHide: true,
    });
    return stdout;
  } catch (cause) {
    throw new HeadgateError(
      'failed_precondition',
      `${purpose}: the command ${labelLog(program)} gave no secret: ${whyItFailed(cause)}.`,
      { hint: 'Run it by hand as the user that runs Headgate: it must print the secret, and end with 0.' },
    );
  }
}

/** Without the message of the error, which repeats the arguments and what was printed. */
function whyItFailed(cause: unknown): string {
  const { code, killed, signal } = cause as { code?: unknown; killed?: boolean; signal?: string | null };
  if (code === 'ENOENT') return 'there is no such program';
  if (code === 'EACCES') return 'it may not be run';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `it printed more than ${MAX_SECRET_BYTES} bytes`;
  if (killed === true) return `it did not end within ${COMMAND_TIMEOUT_MS / 1000} s`;
  if (typeof code === 'number') return `it ended with ${code}`;
  return signal ? `it was ended by ${signal}` : 'it could not be run';
}

function placeOf(secret: Secret): string {
  if (typeof secret === 'string') return 'the value';
  if ('env' in secret) return `the variable ${labelLog(secret.env)}`;
  if ('file' in secret) return `the file ${labelLog(secret.file)}`;
  return `the output of ${labelLog(secret.command[0] ?? '')}`;
}

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
