import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, it } from 'vitest';
import { type Application, findLogs, readApplication } from '../../../src/eventlog/index.ts';
import {
  expectSameApplication,
  expectSameExecutors,
  expectSameJobs,
  expectSameSqlExecutions,
  expectSameStages,
  expectSameTasks,
  type Oracle,
} from './rows.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/spark/', import.meta.url));

interface Fixture {
  readonly id: string;
  readonly path: string;
  readonly oracle: string | null;
}

const RECORDED = (JSON.parse(readFileSync(`${FIXTURES}index.json`, 'utf8')) as Fixture[]).filter(
  (fixture) => fixture.oracle !== null,
);

describe.each(RECORDED)('the model of $id', ({ path, oracle: oraclePath }) => {
  const answers = JSON.parse(gunzipSync(readFileSync(`${FIXTURES}${oraclePath}`)).toString()) as Oracle[];
  let application: Application;
  let oracle: Oracle;

  beforeAll(async () => {
    const log = (await findLogs(`${FIXTURES}${path}`)).logs[0];
    if (log === undefined) throw new Error(`no log at ${path}`);
    application = await readApplication(log);
    const answer = answers.find(
      (one) => one.application.id === application.appId && one.attempt_id === application.attemptId,
    );
    if (answer === undefined) throw new Error(`no answer about ${application.appId} ${application.attemptId}`);
    oracle = answer;
  });

  it('names the application and its times as the History Server does [eventlog.parity]', () => {
    expectSameApplication(application, oracle);
  });

  it('has the same jobs [eventlog.parity]', () => {
    expectSameJobs(application, oracle);
  });

  it('has the same stage attempts with the same totals [eventlog.parity]', () => {
    expectSameStages(application, oracle);
  });

  it('has the same tasks [eventlog.parity]', () => {
    expectSameTasks(application, oracle);
  });

  it('has the same executors [eventlog.parity]', () => {
    expectSameExecutors(application, oracle);
  });

  it('has the same SQL executions [eventlog.parity]', () => {
    expectSameSqlExecutions(application, oracle);
  });
});
