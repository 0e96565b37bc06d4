import type { SparkHistorySource } from '../../../kernel/config.ts';
import type { SecretResolver } from '../../../kernel/secret-resolver.ts';
import type { TracePort } from '../../../kernel/trace.ts';
import type { LogReader } from '../log-reader.ts';
import { FolderReader } from './folder-reader.ts';
import { lazyReader } from './lazy-reader.ts';
import type { SpoolFolder } from './spool-folder.ts';
import { tracedReader } from './traced-reader.ts';

/** Requests to an object store at once: it answers each in some 30 ms, however many there are. */
const REQUESTS_AT_ONCE = 64;

/** What readers share. */
export interface ReaderParts {
  /** Where the logs of remote sources are put while they are read. */
  readonly spool: SpoolFolder;
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly resolveSecret: SecretResolver;
  readonly trace: TracePort;
}

/** The reader of a source. Opens nothing, and loads no client library, until it is asked something. */
export function createReader(source: SparkHistorySource, parts: ReaderParts): LogReader {
  return tracedReader(untracedReader(source, parts), source, parts.trace);
}

function untracedReader(source: SparkHistorySource, parts: ReaderParts): LogReader {
  const { place } = source;
  switch (place.kind) {
    case 'folder':
      return new FolderReader(place.path);
    case 's3':
      return lazyReader(async () => (await import('./s3/s3-reader.ts')).createS3Reader(source.name, place, parts), {
        headlinesAtOnce: REQUESTS_AT_ONCE,
        opensFiles: true,
        readsDetails: true,
      });
    case 'history-server':
      return lazyReader(
        async () =>
          (await import('./history-server/history-server-reader.ts')).createHistoryServerReader(
            source.name,
            place,
            parts,
          ),
        { readsThreads: true },
      );
    case 'live-ui':
      return lazyReader(
        async () => (await import('./live-ui/live-ui-reader.ts')).createLiveUiReader(source.name, place, parts),
        { readsThreads: true },
      );
    case 'emr':
      return lazyReader(async () => (await import('./emr/emr-reader.ts')).createEmrReader(source.name, place, parts), {
        readsThreads: true,
      });
  }
}
