import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HeadgateError } from '../../../kernel/errors.ts';
import { isUnder } from '../jobs/script-roots.ts';

/** Storages that Spark reaches with its own credentials. Schemes of the web and of class paths are not among them. */
const STORAGES = new Set([
  's3',
  's3a',
  's3n',
  'gs',
  'abfs',
  'abfss',
  'wasbs',
  'hdfs',
  'viewfs',
  'dbfs',
  'oss',
  'cos',
  'obs',
]);

/**
 * A path of a file as Spark gets it: under one of the folders, or a URI of a storage. It is judged by its name: the file is the Spark
 * server's, which may be another machine: links under the folders are followed. Errors: `permission_denied`.
 */
export function readablePath(path: string, roots: readonly string[]): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(path)?.[1]?.toLowerCase();
  if (scheme !== undefined && STORAGES.has(scheme)) return path;
  const local = scheme === undefined ? path : scheme === 'file' ? localPath(path) : null;
  if (local?.startsWith('/') && roots.some((root) => isUnder(resolve(local), root))) return path;
  throw new HeadgateError(
    'permission_denied',
    `The path ${JSON.stringify(path.slice(0, 300))} is not one that SQL may read or write.`,
    {
      hint:
        roots.length === 0
          ? 'No folder is configured at spark.roots; storages such as s3a:// and hdfs:// are open.'
          : `Use one under ${roots.join(', ')}, or a storage such as s3a:// or hdfs://. A table in a schema named after a format needs its catalog: spark_catalog.csv.t.`,
    },
  );
}

/** Errors: as `readablePath`. */
export function requireReadablePaths(paths: readonly string[], roots: readonly string[]): void {
  for (const path of paths) readablePath(path, roots);
}

function localPath(uri: string): string | null {
  try {
    return fileURLToPath(uri.replace(/^file:\/*/i, 'file:///'));
  } catch {
    return null;
  }
}
