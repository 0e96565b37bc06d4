import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import type { FileLocation } from '../../../kernel/sql-engine.ts';
import { refuseOwnFile } from '../guard/file-paths.ts';
import { literal } from '../names.ts';
import type { Places } from '../places.ts';

/** Formats of files that are built in, with the function that reads them. */
export const FILE_FORMATS = { parquet: 'read_parquet', csv: 'read_csv', json: 'read_json' } as const;
export type FileFormat = keyof typeof FILE_FORMATS;

/** The format of files. Errors: `invalid_argument` with the nearest. */
export function formatOf(format: string): FileFormat {
  const lower = format.toLowerCase();
  if (lower in FILE_FORMATS) return lower as FileFormat;
  throw new HeadgateError('invalid_argument', `DuckDB has no format ${JSON.stringify(format)} for files here.`, {
    hint: `Use ${Object.keys(FILE_FORMATS).join(', ')}; other formats need Spark.`,
    details: { nearest: nearest(format, Object.keys(FILE_FORMATS)) },
  });
}

/** Files as a table of SQL. DuckDB itself refuses what is outside of roots and outputs. Errors: `invalid_argument` (format, options). */
export async function readExpression({ format, path, options = {} }: FileLocation, places: Places): Promise<string> {
  const kind = formatOf(format);
  refuseOwnFile('', [path], basename(places.file));
  const absolute = absolutePath(path, places);
  const found = await stat(absolute).catch(() => null);
  const pattern = found?.isDirectory() === true ? join(absolute, `*.${kind}`) : absolute;
  return `${FILE_FORMATS[kind]}(${[literal(pattern), ...optionsOf(options)].join(', ')})`;
}

/** Options as SQL writes them. */
export function optionsOf(options: Readonly<Record<string, string>>, separator = ' = '): string[] {
  return Object.entries(options).map(([name, value]) => {
    if (!/^[a-z_]{1,64}$/i.test(name))
      throw new HeadgateError('invalid_argument', `${JSON.stringify(name)} is no option of files.`);
    return `${name}${separator}${literal(value)}`;
  });
}

/** A path that is not absolute is looked for in the roots, then in the outputs. Addresses of other systems stay, and are refused by DuckDB. */
function absolutePath(path: string, places: Places): string {
  if (isAbsolute(path) || /^[a-z][a-z\d+.-]*:\/\//i.test(path)) return path;
  const folders = [...places.roots, places.outputs];
  const fixed = path.split(/[*?[]/)[0] ?? '';
  const folder = folders.find((one) => existsSync(resolve(one, fixed))) ?? places.outputs;
  return resolve(folder, path);
}
