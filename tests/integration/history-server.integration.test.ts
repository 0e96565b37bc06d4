import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { growLog } from '../../bench/eventlog/grow.ts';
import { findLogs, readApplication } from '../../src/eventlog/index.ts';
import {
  expectSameApplication,
  expectSameExecutors,
  expectSameJobs,
  expectSameSqlExecutions,
  expectSameStages,
  expectSameTasks,
  type Oracle,
} from '../conformance/history-server/rows.ts';
import { askHistoryServer } from '../fixtures/spark/oracle.ts';
import { installSpark } from '../stack/spark.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/event-logs/', import.meta.url));
const GROWN_BYTES = 60_000_000;

let grownFolder: string;

beforeAll(async () => {
  await installSpark('4.3');
  grownFolder = mkdtempSync(join(tmpdir(), 'headgate-grown-'));
});

afterAll(() => rmSync(grownFolder, { recursive: true, force: true }));

async function expectSameAnswers(folder: string): Promise<number> {
  const answers = (await askHistoryServer(folder)) as unknown as Oracle[];
  const { logs } = await findLogs(folder);
  expect(logs.length).toBe(answers.length);
  for (const log of logs) {
    const application = await readApplication(log, { threads: 2 });
    const oracle = answers.find(
      (one) => one.application.id === application.appId && one.attempt_id === application.attemptId,
    );
    if (oracle === undefined) throw new Error(`the History Server does not know ${application.appId}`);
    expectSameApplication(application, oracle);
    expectSameJobs(application, oracle);
    expectSameStages(application, oracle);
    expectSameTasks(application, oracle);
    expectSameExecutors(application, oracle);
    expectSameSqlExecutions(application, oracle);
  }
  return answers.length;
}

describe('a real History Server of Spark 4.3, running now', () => {
  it('answers the same about the bundled event logs [eventlog.parity]', async () => {
    expect(await expectSameAnswers(EXAMPLES)).toBe(7);
  });

  it('answers the same about a grown log that is read in many segments [eventlog.parity] [eventlog.order-kept]', async () => {
    const grown = growLog({ codec: 'zstd', targetBytes: GROWN_BYTES, outFolder: join(grownFolder, 'logs') });
    expect(await expectSameAnswers(grown.folder)).toBe(1);
  });
});
