import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigFile } from '../kernel/config-file.ts';
import { HeadgateError } from '../kernel/errors.ts';

/** Name of the file that is found without being named. */
export const CONFIG_FILE = 'headgate.yaml';
/** A larger file is not a configuration. */
const MAX_CONFIG_BYTES = 1_000_000;

/** The first of these folders' `headgate.yaml`; null when none has one. */
export async function firstConfigFile(folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const candidate = join(folder, CONFIG_FILE);
    const found = await stat(candidate).catch(() => null);
    if (found?.isFile()) return candidate;
  }
  return null;
}

/**
 * Reads and checks a configuration file. The warnings name secrets in clear.
 * Errors: `not_found`, `permission_denied`, `invalid_argument` (each problem with its path).
 */
export async function readConfigFile(file: string): Promise<{ config: ConfigFile; warnings: string[] }> {
  const text = await readText(file);
  const [{ parseDocument }, { parseConfigFile }] = await Promise.all([import('yaml'), import('../kernel/config.ts')]);
  const document = parseDocument(text, { prettyErrors: false });
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    const line = text.slice(0, syntax.pos[0]).split('\n').length;
    throw new HeadgateError('invalid_argument', `${file}, line ${line}: ${syntax.message}`, {
      hint: 'Correct the YAML of this line.',
    });
  }
  const parsed: unknown = document.toJS();
  const checked = parseConfigFile(parsed);
  if ('config' in checked) return { config: checked.config, warnings: secretsInClear(parsed, file) };
  const lines = checked.problems.map((problem) => `${problem.path}: ${problem.message}`);
  throw new HeadgateError('invalid_argument', `${file}: ${lines.join('; ')}`, {
    hint: 'headgate.example.yaml shows every key.',
    details: { file, problems: checked.problems },
  });
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_CONFIG_BYTES) {
      throw new HeadgateError('invalid_argument', `${file} has ${size} bytes: this is no configuration file.`);
    }
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new HeadgateError(
      missing ? 'not_found' : 'permission_denied',
      missing ? `There is no configuration file ${file}.` : `The configuration file ${file} cannot be read.`,
      { hint: 'Name an existing, readable file with --config or HEADGATE_CONFIG.', cause },
    );
  }
}

/** Values that carry a password in clear, by path. */
function secretsInClear(value: unknown, file: string, path = ''): string[] {
  if (typeof value === 'string') {
    if (!/^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]+@/i.test(value)) return [];
    return [`${file}: ${path} carries a password in clear: take it from the environment or from a file instead.`];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    secretsInClear(child, file, path === '' ? key : `${path}.${key}`),
  );
}
