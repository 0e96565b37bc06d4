import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { ArrowRows } from '../../../kernel/sql-engine.ts';
import { diskError } from '../jobs/job-folder.ts';
import { csvFile } from './csv-file.ts';

/** A file with the rows of a query. */
export interface ResultFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/** How a result is written. */
export interface ResultTarget {
  readonly folder: string;
  readonly format: 'arrow' | 'csv';
  /** More rows are not written; null: all of them. */
  readonly limit: number | null;
  readonly signal: AbortSignal;
}

/**
 * Streams rows into a new file that has its name when it is whole: a failed one leaves nothing. Memory is that of one batch.
 * Errors: `resource_exhausted` when the disk is full; those of the query.
 */
export async function writeResult(rows: ArrowRows, target: ResultTarget): Promise<ResultFile> {
  const path = join(target.folder, `${randomUUID()}.${target.format}`);
  const part = `${path}.part`;
  let count = 0;
  const counted = (more: number) => {
    count += more;
  };
  try {
    await mkdir(target.folder, { recursive: true, mode: 0o700 });
    const bytes =
      target.format === 'arrow'
        ? (await import('./arrow-file.ts')).arrowFile(rows.chunks, counted)
        : csvFile(rows.columns, decoded(rows, target.limit), counted);
    await pipeline(
      Readable.from(bytes, { objectMode: true, highWaterMark: 4 }),
      createWriteStream(part, { mode: 0o600 }),
      {
        signal: target.signal,
      },
    );
    await rename(part, path);
    return { path, rows: count, bytes: (await stat(path)).size };
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    if (target.signal.aborted) throw new HeadgateError('cancelled', 'The query was cancelled.', { cause: error });
    throw diskError(error, target.folder);
  }
}

/** Batches of rows as values, at most so many rows. */
export async function* decoded(
  { columns, chunks }: ArrowRows,
  limit: number | null,
): AsyncGenerator<readonly (readonly unknown[])[]> {
  const { readRows } = await import('../../../spark-connect/index.ts');
  let left = limit ?? Number.POSITIVE_INFINITY;
  for await (const chunk of chunks) {
    const rows = readRows(chunk, columns);
    yield rows.slice(0, left);
    left -= rows.length;
    if (left <= 0) return;
  }
}
