import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findRecorded, recordedLogs, wholeModel } from '../fixtures/recorded.ts';
import { readApplication } from '../read-application.ts';
import { ENGINE_VERSION } from './engine-version.ts';
import { packJson } from './packed-json.ts';

/** What the engine of each version makes of these recordings, as a hash. Replace the line when you bump the version. */
const GOLDEN = { version: 2, hash: '6a5382232340c684' };
const RECORDINGS = [
  '3.5/cached',
  '3.5/lost-executor',
  '3.5/streaming',
  '4.3/dynamic-allocation',
  '4.3/failed-udf',
  '4.3/in-progress-zstd',
  '4.3/orders-sql',
  '4.3/resubmitted-tasks',
  '4.3/speculation',
];

/** The same text for equal values, whatever the order of their keys. */
function canonical(value: unknown): unknown {
  if (value instanceof Map) return ['map', [...value].map(canonical)];
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, canonical((value as Record<string, unknown>)[key])]);
}

describe('the engine version', () => {
  it('is bumped when a log gives another application than before [warm.engine-version]', async () => {
    const hash = createHash('sha256');
    for (const log of recordedLogs().filter(({ id }) => RECORDINGS.includes(id))) {
      const application = await readApplication(await findRecorded(log), { threads: 0 });
      hash.update(packJson(canonical(wholeModel(application))).json);
    }
    expect(
      { version: ENGINE_VERSION, hash: hash.digest('hex').slice(0, 16) },
      'The model changed: bump ENGINE_VERSION, then copy this version and hash into GOLDEN.',
    ).toEqual(GOLDEN);
  });
});
