import type { SparkHistorySource } from '../../../kernel/config.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { LogReader } from '../log-reader.ts';
import { FolderReader } from './folder-reader.ts';
import { lazyReader } from './lazy-reader.ts';
import type { SpoolFolder } from './spool-folder.ts';

/** What readers share. */
export interface ReaderParts {
  /** Where the logs of remote sources are put while they are read. */
  readonly spool: SpoolFolder;
  /** Now, epoch ms. */
  readonly clock: () => number;
}

/** The reader of a source. Opens nothing, and loads no client library, until it is asked something. */
export function createReader(source: SparkHistorySource, parts: ReaderParts): LogReader {
  const { place } = source;
  switch (place.kind) {
    case 'folder':
      return new FolderReader(place.path);
    case 's3':
      return lazyReader(async () => (await import('./s3/s3-reader.ts')).createS3Reader(source.name, place, parts));
    case 'history-server':
    case 'live-ui':
    case 'emr':
      throw new HeadgateError('failed_precondition', `Sources of kind ${place.kind} are not read.`);
  }
}
