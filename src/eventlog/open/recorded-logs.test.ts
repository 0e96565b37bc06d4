import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findLogs } from './find/find-logs.ts';
import { deliver } from './fixtures/scratch.ts';
import { readHeadline } from './headline.ts';
import type { LogRef } from './log-ref.ts';
import { planRanges } from './plan-ranges.ts';

interface Recorded {
  readonly id: string;
  readonly path: string;
  readonly spark_version: string;
  readonly codec: string;
  readonly kind: LogRef['kind'];
  readonly derived: boolean;
}

const FOLDER = fileURLToPath(new URL('../../../tests/fixtures/spark/', import.meta.url));
const recorded = (JSON.parse(readFileSync(join(FOLDER, 'index.json'), 'utf8')) as Recorded[]).filter(
  (log) => !log.derived,
);

async function findRecorded({ path }: Recorded): Promise<LogRef> {
  const { logs } = await findLogs(join(FOLDER, path));
  const log = logs[0];
  if (logs.length !== 1 || log === undefined) throw new Error(`${path}: ${logs.length} logs`);
  return log;
}

describe('logs that Spark wrote', () => {
  it('are there in every codec that Spark has', () => {
    expect(new Set(recorded.map(({ codec }) => codec))).toEqual(new Set(['none', 'zstd', 'lz4', 'snappy', 'lzf']));
  });

  it.each(recorded)('$id is decoded to whole lines of JSON [eventlog-open.codecs]', async (entry) => {
    const log = await findRecorded(entry);
    expect(log.kind).toBe(entry.kind);
    const parts = await Promise.all(log.files.map((file) => deliver(file)));
    const text = Buffer.concat(parts.map(({ bytes }) => bytes)).toString();
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { Event: string }).Event);
    expect(events[0]).toBe('SparkListenerLogStart');
    expect(parts.flatMap(({ gaps }) => gaps)).toEqual([]);
  });

  it.each(recorded)('$id gives the same bytes in parts as in one [eventlog-open.splits]', async (entry) => {
    const log = await findRecorded(entry);
    for (const file of log.files) {
      const whole = await deliver(file);
      const ranges = await planRanges(file, 5);
      const parts = await Promise.all(ranges.map((range) => deliver(file, range)));
      expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(whole.bytes)).toBe(true);
    }
  });

  it.each(recorded)('$id has a headline [eventlog-open.headline]', async (entry) => {
    const log = await findRecorded(entry);
    const headline = await readHeadline(log);
    expect(headline.sparkVersion).toBe(entry.spark_version);
    expect(headline.startTime).toBeGreaterThan(1_700_000_000_000);
  });

  it.each(recorded)('$id lies in a folder that is searched', async (entry) => {
    const log = await findRecorded(entry);
    const { logs } = await findLogs(dirname(log.path));
    expect(logs.map(({ path }) => path)).toContain(log.path);
  });
});
