import { parentPort, workerData } from 'node:worker_threads';
import { HeadgateError } from '../../kernel/errors.ts';
import { createScanner } from './byte-scanner.ts';
import { readSegment, type Segment, type SegmentResult } from './read-segment.ts';

/** What a worker posts: progress while it reads, then one result or one failure a segment. */
export type WorkerMessage =
  | { readonly type: 'progress'; readonly bytes: number }
  | { readonly type: 'segment'; readonly index: number; readonly result: SegmentResult }
  | {
      readonly type: 'failed';
      readonly code: HeadgateError['code'];
      readonly message: string;
      readonly hint: string | undefined;
    };

/** What a worker is started with: the segments it is to read, each with its place in the log. */
export interface WorkerTask {
  readonly segments: ReadonlyArray<{ readonly index: number; readonly segment: Segment }>;
}

async function run(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('scan-worker runs as a worker thread only');
  const { segments } = workerData as WorkerTask;
  for (const { index, segment } of segments) {
    let reported = 0;
    const result = await readSegment(segment, {
      createScanner,
      onProgress: (bytes) => {
        port.postMessage({ type: 'progress', bytes: bytes - reported } satisfies WorkerMessage);
        reported = bytes;
      },
    });
    port.postMessage({ type: 'segment', index, result } satisfies WorkerMessage, transferables(result));
  }
}

function transferables(result: SegmentResult): ArrayBuffer[] {
  const columns = Object.values(result.tasks.columns).map((column) => column.cells?.buffer);
  const plans = result.events.map(({ event }) => ('plan' in event ? event.plan.line?.buffer : undefined));
  return [...columns, ...plans].filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer);
}

run().catch((error: unknown) => {
  const known = error instanceof HeadgateError ? error : null;
  parentPort?.postMessage({
    type: 'failed',
    code: known?.code ?? 'internal',
    message: known?.message ?? `The log reader failed: ${String(error)}`,
    hint: known?.hint,
  } satisfies WorkerMessage);
});
