import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { findRecorded, recordedLogs, wholeModel } from '../fixtures/recorded.ts';
import type { Application } from '../model/application.ts';
import { readApplication } from '../read-application.ts';
import { decodeApplication, encodeApplication, openSummary } from './application-summary.ts';

const recorded = recordedLogs();

async function readRecorded(id: string): Promise<Application> {
  const log = recorded.find((one) => one.id === id);
  if (log === undefined) throw new Error(`There is no recording ${id}.`);
  return readApplication(await findRecorded(log));
}

describe('a summary', () => {
  it.each(recorded)('gives back all of $id [warm.summary-exact]', async (log) => {
    const application = await readApplication(await findRecorded(log));
    const decoded = decodeApplication(encodeApplication(application));
    expect(wholeModel(decoded as Application)).toEqual(wholeModel(application));
  });

  it('gives back what numbers and texts can be, in any order of asking [warm.summary-exact]', async () => {
    const application = await readRecorded('4.3/first-look-none');
    const odd = {
      ...application,
      name: '\ud800\u2028« »',
      startTime: -0,
      exitCode: Number.NaN,
      log: { ...application.log, unknownEvents: new Map([['__proto__', 1]]) },
      stages: application.stages.map((stage, row) => ({
        ...stage,
        killedReasons: row === 0 ? JSON.parse('{"__proto__":3,"$":1}') : {},
        description: row % 2 === 0 ? null : '',
        accumulators: [{ id: row, name: 'n', value: row % 2 === 0 ? 'NaN' : Number.POSITIVE_INFINITY, text: 'x' }],
      })),
    } as Application;
    const decoded = decodeApplication(encodeApplication(odd)) as Application;
    expect(decoded.tasks.count).toBe(odd.tasks.count);
    expect(wholeModel(decoded)).toEqual(wholeModel(odd));
  });

  it('keeps a plan that never changed once, as the same object', async () => {
    const application = await readRecorded('4.3/first-look-none');
    const unchanged = application.sqlExecutions.map((sql) => sql.plan === sql.initialPlan);
    const decoded = decodeApplication(encodeApplication(application)) as Application;
    expect(decoded.sqlExecutions.map((sql) => sql.plan === sql.initialPlan)).toEqual(unchanged);
  });

  it('can be encoded again after it was decoded', async () => {
    const application = await readRecorded('4.3/failed-udf');
    const opened = openSummary(encodeApplication(application, 12_345));
    expect(opened?.memoryBytes).toBe(12_345);
    const again = decodeApplication(encodeApplication(opened?.application as Application));
    expect(wholeModel(again as Application)).toEqual(wholeModel(application));
  });

  it('has an empty application too', async () => {
    const application = await readRecorded('4.3/first-look-none');
    const empty: Application = { ...application, jobs: [], stages: [], executors: [], sqlExecutions: [], rdds: [] };
    expect(wholeModel(decodeApplication(encodeApplication(empty)) as Application)).toEqual(wholeModel(empty));
  });
});

describe('bytes that are no summary', () => {
  let bytes: Uint8Array;
  let whole: Record<string, unknown>;
  beforeAll(async () => {
    const application = await readRecorded('4.3/first-look-none');
    bytes = encodeApplication(application);
    whole = wholeModel(application);
  });

  it('count as absent when anything in them was changed [warm.summary-damaged-absent]', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] as number) ^ change;
        expect(decodeApplication(damaged)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('count as absent when they are cut or longer [warm.summary-damaged-absent]', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
        expect(decodeApplication(bytes.slice(0, length))).toBeNull();
      }),
      { numRuns: 200 },
    );
    expect(decodeApplication(new Uint8Array([...bytes, 0]))).toBeNull();
    expect(decodeApplication(new Uint8Array(0))).toBeNull();
  });

  it('may be anything [warm.summary-damaged-absent]', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        expect(decodeApplication(random)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('do no more than fail when somebody made their checksum right [warm.summary-damaged-absent]', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 17 }), fc.nat({ max: 255 }), (at, value) => {
        const forged = bytes.slice();
        forged[16 + at] = value;
        const checksum = crc32(forged.subarray(16), crc32(forged.subarray(0, 12)));
        new DataView(forged.buffer).setUint32(12, checksum, true);
        const decoded = decodeApplication(forged);
        if (decoded === null) return;
        try {
          wholeModel(decoded);
        } catch (error) {
          expect(error).toMatchObject({ code: 'internal' });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are told from the real ones', () => {
    expect(wholeModel(decodeApplication(bytes.slice()) as Application)).toEqual(whole);
  });
});
