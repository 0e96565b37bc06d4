import { parentPort } from 'node:worker_threads';
import { HeadgateError } from '../../kernel/errors.ts';
import type { DetailContent } from '../details/detail-event.ts';
import { createScanner } from './byte-scanner.ts';
import { EventSink } from './event-sink.ts';
import { type ChunkScanner, LineScanner } from './line-scanner.ts';
import { readSegment, type Segment, type SegmentEdges, type SegmentResult } from './read-segment.ts';

type DetailResult = DetailContent & SegmentEdges;

/** What a worker posts: progress while it reads, then one result or one failure a segment. */
export type WorkerMessage =
  | { readonly type: 'progress'; readonly bytes: number }
  | { readonly type: 'segment'; readonly index: number; readonly result: SegmentResult | DetailResult }
  | {
      readonly type: 'failed';
      readonly code: HeadgateError['code'];
      readonly message: string;
      readonly hint: string | undefined;
    };

/** What a worker is asked for: one segment and its place in the log; null ends it. */
export interface WorkerRequest {
  readonly index: number;
  readonly segment: Segment;
  readonly reading: 'events' | 'details';
}

/** Bytes of the file between two reports of progress. */
const PROGRESS_BYTES = 4 << 20;

const port = parentPort;
if (port === null) throw new Error('scan-worker runs as a worker thread only');
/** Made when a segment is read with it. */
let scanner: ChunkScanner | null = null;

/** One segment at a time: they share the scanner. The next request waits here, so that the thread never waits for it. */
let reading = Promise.resolve();

port.on('message', (request: WorkerRequest | null) => {
  if (request === null) {
    port.close();
    return;
  }
  reading = reading
    .then(() => read(request))
    .catch((error: unknown) => {
      const known = error instanceof HeadgateError ? error : null;
      port.postMessage({
        type: 'failed',
        code: known?.code ?? 'internal',
        message: known?.message ?? `The log reader failed: ${String(error)}`,
        hint: known?.hint,
      } satisfies WorkerMessage);
    });
});

async function read({ index, segment, reading }: WorkerRequest): Promise<void> {
  let reported = 0;
  const onProgress = (bytes: number) => {
    if (bytes - reported < PROGRESS_BYTES) return;
    port?.postMessage({ type: 'progress', bytes: bytes - reported } satisfies WorkerMessage);
    reported = bytes;
  };
  const result = await (reading === 'events' ? readEvents(segment, onProgress) : readDetails(segment, onProgress));
  port?.postMessage({ type: 'progress', bytes: result.bytesRead - reported } satisfies WorkerMessage);
  port?.postMessage({ type: 'segment', index, result } satisfies WorkerMessage, transferables(result));
}

function readEvents(segment: Segment, onProgress: (bytes: number) => void): Promise<SegmentResult> {
  scanner ??= createScanner();
  return readSegment(segment, { sink: new EventSink(), scanner, onProgress });
}

async function readDetails(segment: Segment, onProgress: (bytes: number) => void): Promise<DetailResult> {
  const { DetailSink } = await import('../details/detail-sink.ts');
  const sink = new DetailSink();
  return readSegment(segment, { sink, scanner: new LineScanner<typeof sink>(), onProgress });
}

function transferables(result: SegmentResult | DetailResult): ArrayBuffer[] {
  if (!('deferredBytes' in result)) return [result.tasks.buffer as ArrayBuffer];
  const columns = Object.values(result.tasks.columns).map((column) => column.cells?.buffer);
  return [...columns, result.deferredBytes.buffer].filter((buffer) => buffer instanceof ArrayBuffer);
}
