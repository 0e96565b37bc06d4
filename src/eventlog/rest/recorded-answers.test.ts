import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readDetails } from '../details/index.ts';
import { findLogs } from '../open/index.ts';
import { readApplication } from '../read-application.ts';
import { renderEnvironment } from './environment.ts';
import { renderExecutors } from './executors.ts';
import { type Json, jsonText } from './json.ts';
import { renderSql, renderSqlList } from './sql.ts';
import { renderRdd, renderRdds } from './storage.ts';
import { renderTaskList } from './task-list.ts';

const FIXTURES = fileURLToPath(new URL('../../../tests/fixtures/spark', import.meta.url));

interface Oracle {
  readonly executors: unknown;
  readonly storage: ReadonlyArray<{ readonly id: number }>;
  readonly environment: unknown;
  readonly sql: ReadonlyArray<{ readonly id: number }>;
  readonly tasks: Readonly<Record<string, unknown>>;
}

/** A recorded log, read, and what a real History Server of Spark 4.3 answered about it. */
async function recorded(id: string) {
  const log = (await findLogs(`${FIXTURES}/${id}`)).logs[0];
  if (log === undefined) throw new Error(`${id} has no log`);
  const packed = readFileSync(`${FIXTURES}/oracle/${id.replace('/', '-')}.json.gz`);
  const [oracle] = JSON.parse(gunzipSync(packed).toString('utf8')) as Oracle[];
  if (oracle === undefined) throw new Error(`${id} has no oracle`);
  return { log, oracle, application: await readApplication(log, { threads: 0 }) };
}

const parsed = (value: Json): unknown => JSON.parse(jsonText(value));

describe('answers about recorded logs', () => {
  it.each([
    '4.3/busy-cluster',
    '4.3/lost-executor',
    '4.3/resubmitted-tasks',
    '3.5/lost-executor',
    '4.3/dynamic-allocation',
  ])('list executors of %s as the History Server does [history-rest-model.executors]', async (id) => {
    const { oracle, application } = await recorded(id);
    expect(parsed(renderExecutors(application, { activeOnly: false }))).toEqual(oracle.executors);
  });

  it('list active executors alone, the last id first [history-rest-model.executors]', async () => {
    const { application } = await recorded('4.3/resubmitted-tasks');
    const listed = parsed(renderExecutors(application, { activeOnly: true })) as Array<{ id: string }>;
    expect(listed.map(({ id }) => id)).toEqual(['driver', '2', '0']);
  });

  it.each(['4.3/busy-cluster', '4.3/cached', '3.5/cached'])(
    'list stored RDDs of %s as the History Server does [history-rest-model.storage]',
    async (id) => {
      const { oracle, application } = await recorded(id);
      expect(oracle.storage.length).toBeGreaterThan(0);
      expect(parsed(renderRdds(application))).toEqual(oracle.storage);
      for (const rdd of oracle.storage) expect(parsed(renderRdd(application, rdd.id))).toEqual(rdd);
      expect(renderRdd(application, 9_999)).toBeNull();
    },
  );

  it.each(['4.3/busy-cluster', '3.5/failed-udf'])(
    'show the environment of %s as the History Server does [history-rest-model.environment]',
    async (id) => {
      const { oracle, application } = await recorded(id);
      expect(parsed(renderEnvironment(application))).toEqual(oracle.environment);
    },
  );

  it.each(['4.3/busy-cluster', '4.3/orders-sql', '3.5/orders-sql', '4.3/streaming', '4.3/failed-udf', '3.5/cached'])(
    'show SQL executions of %s with nodes, edges and metrics as the History Server does [history-rest-model.sql]',
    async (id) => {
      const { log, oracle, application } = await recorded(id);
      const details = await readDetails(log, { threads: 0 });
      const request = { details: true, planDescription: false, offset: 0, length: -1 };
      expect(oracle.sql.length).toBeGreaterThan(0);
      expect(parsed(renderSqlList(application, request, details))).toEqual(oracle.sql);
      const last = oracle.sql.at(-1);
      expect(parsed(renderSql(application, last?.id ?? -1, request, details))).toEqual(last);
    },
  );

  it('page SQL executions, and leave out what is not asked for [history-rest-model.sql]', async () => {
    const { application } = await recorded('4.3/orders-sql');
    const request = { details: false, planDescription: true, offset: 1, length: 2 };
    const listed = parsed(renderSqlList(application, request, null)) as Array<Record<string, unknown>>;
    expect(listed.map(({ id }) => id)).toEqual(
      application.sqlExecutions.slice(1, 3).map(({ executionId }) => executionId),
    );
    expect(listed[0]).toMatchObject({ nodes: [], edges: [] });
    expect(listed[0]?.planDescription).toContain('== Physical Plan ==');
    expect(renderSql(application, 12_345, request, null)).toBeNull();
  });

  it("give tasks the user's accumulators as the History Server does [history-rest-model.accumulables]", async () => {
    const { log, oracle, application } = await recorded('4.3/accumulators');
    const { taskAccumulables } = await readDetails(log, { threads: 0 });
    expect(taskAccumulables.size).toBeGreaterThan(10);
    for (const stage of application.stages) {
      const expected = oracle.tasks[`${stage.stageId}.${stage.attemptId}`];
      const request = { sortBy: 'ID', offset: 0, length: 1_000, statuses: [] } as const;
      if (expected !== undefined)
        expect(parsed(renderTaskList(application, stage, request, taskAccumulables))).toEqual(expected);
    }
  });
});
