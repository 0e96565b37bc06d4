import { findRecorded, recordedLogs } from '../../../src/eventlog/fixtures/recorded.ts';
import { openBytes } from '../../../src/eventlog/index.ts';

/** Larger recordings are left out: their small sisters hold the same kinds of events. Bytes as stored. */
const LARGEST_BYTES = 300_000;
const READ_BYTES = 1 << 20;

/** The lines of one recorded log, decoded. */
export interface RecordedLines {
  readonly id: string;
  readonly kind: 'single' | 'rolling' | 'databricks';
  readonly lines: readonly string[];
}

/** The lines of every small recording, in the order of ids. */
export async function recordedLines(): Promise<RecordedLines[]> {
  const recordings: RecordedLines[] = [];
  for (const recorded of recordedLogs()) {
    const log = await findRecorded(recorded);
    if (log.sizeBytes > LARGEST_BYTES) continue;
    const parts: Buffer[] = [];
    for (const file of log.files) parts.push(await contentOf(file));
    const lines = Buffer.concat(parts)
      .toString('utf8')
      .split('\n')
      .filter((line) => line.startsWith('{'));
    recordings.push({ id: recorded.id, kind: log.kind, lines });
  }
  return recordings;
}

async function contentOf(file: Parameters<typeof openBytes>[0]): Promise<Buffer> {
  const source = await openBytes(file);
  const parts: Buffer[] = [];
  try {
    for (;;) {
      const into = new Uint8Array(READ_BYTES);
      const count = await source.read(into);
      if (count === 0) return Buffer.concat(parts);
      parts.push(Buffer.from(into.subarray(0, count)));
    }
  } finally {
    await source.close();
  }
}
