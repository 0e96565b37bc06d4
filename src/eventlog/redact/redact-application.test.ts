import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Application } from '../model/application.ts';
import { findLogs } from '../open/index.ts';
import { readApplication } from '../read-application.ts';
import { createRedactors, redactApplication } from './index.ts';

const FIXTURES = path.join(import.meta.dirname, '../../../tests/fixtures/spark');
const index: Array<{ id: string; path: string }> = JSON.parse(readFileSync(path.join(FIXTURES, 'index.json'), 'utf8'));

async function read(id: string): Promise<Application> {
  const fixture = index.find((one) => one.id === id);
  const { logs } = await findLogs(path.join(FIXTURES, String(fixture?.path)));
  const [log] = logs;
  if (log === undefined) throw new Error(`There is no fixture ${id}.`);
  return readApplication(log);
}

const LEVELS = ['secrets', 'literals', 'identities'] as const;
const SECRET = 'hunter2hunter2';
const PERSON = 'alice.jones';
const HOST = 'node17.lake.internal';
const LITERAL = 'Guineafowl';

/** A recorded application with a secret, a literal, a person and a machine planted wherever a log can tell one. */
async function planted(): Promise<Application> {
  const application = await read('4.3/orders-sql');
  const everything = `password=${SECRET} by ${PERSON} on ${HOST}`;
  const sql = `SELECT '${LITERAL}' FROM t -- ${everything}`;
  const [execution] = application.sqlExecutions;
  const [job] = application.jobs;
  const [stage] = application.stages;
  const [executor] = application.executors;
  if (!(execution?.plan && job && stage && executor)) throw new Error('The fixture lost its SQL.');
  const node = {
    ...execution.plan,
    simpleString: `Filter (name#1 = ${LITERAL})`,
    metadata: { Other: `a = ${LITERAL}` },
  };
  return {
    ...application,
    name: everything,
    user: PERSON,
    environment: {
      ...application.environment,
      spark: { ...application.environment.spark, 'spark.my.password': SECRET, 'spark.driver.host': HOST },
      system: { 'user.name': PERSON, 'user.home': `/home/${PERSON}`, 'sun.java.command': everything },
      hadoop: { 'fs.s3a.secret.key': SECRET },
      classpath: { [`/home/${PERSON}/lib.jar`]: 'Added By User' },
      metrics: { '*.sink.token': SECRET },
    },
    jobs: [{ ...job, name: everything, description: sql, group: everything, tags: [everything], error: everything }],
    stages: [{ ...stage, name: everything, details: everything, description: sql, failureReason: everything }],
    executors: [
      {
        ...executor,
        host: HOST,
        hostPort: `${HOST}:7337`,
        removeReason: everything,
        logUrls: { stdout: `http://${HOST}:8042/${PERSON}` },
      },
    ],
    sqlExecutions: [
      {
        ...execution,
        description: sql,
        details: everything,
        physicalPlanText: `Filter (name#1 = ${LITERAL})`,
        error: `The value '${LITERAL}' is no number. ${everything}`,
        loggedError: `The value '${LITERAL}' is no number. ${everything}`,
        plan: { ...node, children: [node] },
        initialPlan: node,
        modifiedConfigs: { 'my.token': SECRET },
      },
    ],
    rdds: [{ ...(application.rdds[0] ?? EMPTY_RDD), name: everything }],
  };
}

/** What the recorded application of `tests/fixtures/privacy` has in its literals. */
const PLANTED_LITERAL = /.{0,60}(?:Guineafowl|(?<![\d.])98765|1987-06-05).{0,40}/g;

async function readBirds(line: string): Promise<Application> {
  const { logs } = await findLogs(path.join(FIXTURES, '../privacy', line));
  const [log] = logs;
  if (log === undefined) throw new Error(`There is no log of Spark ${line}.`);
  return readApplication(log);
}

const EMPTY_RDD: Application['rdds'][number] = {
  rddId: 1,
  name: '',
  partitionCount: 1,
  cachedPartitionCount: 0,
  storageLevel: '',
  memoryBytes: 0,
  diskBytes: 0,
  unpersisted: false,
  distribution: [],
  blocks: [],
};

const shown = (application: Application): string =>
  JSON.stringify({ ...application, tasks: { hosts: application.tasks.hosts, errors: application.tasks.errors } });

describe('what leaves an application', () => {
  it.each(LEVELS)('holds no secret at the level %s [privacy.secrets-always]', async (level) => {
    const application = await planted();
    expect(shown(application)).toContain(SECRET);
    const redacted = redactApplication(application, (await createRedactors(level))(application));
    expect(shown(redacted)).not.toContain(SECRET);
    expect(redacted.environment.spark['spark.my.password']).toBe('*********(redacted)');
  });

  it('holds literals of SQL only at the level secrets [privacy.literals]', async () => {
    const application = await planted();
    const at = async (level: (typeof LEVELS)[number]) =>
      shown(redactApplication(application, (await createRedactors(level))(application)));
    expect(await at('secrets')).toContain(LITERAL);
    expect(await at('literals')).not.toContain(LITERAL);
    expect(await at('identities')).not.toContain(LITERAL);
  });

  it('names people and machines by numbers at the level identities, the same everywhere [privacy.identities]', async () => {
    const application = await planted();
    const redacted = redactApplication(application, (await createRedactors('identities'))(application));
    const text = shown(redacted);
    expect(text).not.toContain(PERSON);
    expect(text).not.toContain(HOST);
    expect(redacted.user).toBe('user-1');
    expect(redacted.environment.system['user.home']).toBe(['', 'home', 'user-1'].join('/'));
    expect(redacted.executors[0]?.hostPort).toBe(`${redacted.executors[0]?.host}:7337`);
    expect(redacted.environment.spark['spark.driver.host']).toBe(redacted.executors[0]?.host);
  });

  it.each(LEVELS)('is the same when it is masked again at the level %s', async (level) => {
    const make = await createRedactors(level);
    for (const application of [await planted(), await read('4.3/failed-udf'), await read('3.5/streaming')]) {
      const once = redactApplication(application, make(application));
      expect(shown(redactApplication(once, make(once)))).toBe(shown(once));
    }
  });

  it.each(['3.5', '4.3'])('holds no literal of real queries of Spark %s [privacy.real-plans]', async (line) => {
    const application = await readBirds(line);
    expect(shown(application).match(PLANTED_LITERAL)?.length).toBeGreaterThan(100);
    const redactor = (await createRedactors('literals'))(application);
    const redacted = redactApplication(application, redactor);
    expect(shown(redacted).match(PLANTED_LITERAL)).toBeNull();
    // What stays is still a plan: its attributes, functions, tables and paths.
    const plans = redacted.sqlExecutions.map(({ physicalPlanText }) => physicalPlanText).join('\n');
    for (const kept of ['isnotnull(name#', 'ReadSchema: struct<id:bigint,name:string>', 'hashpartitioning(', '/birds]'])
      expect(plans).toContain(kept);
    expect(shown(redactApplication(redacted, redactor))).toBe(shown(redacted));
  });

  it.each(['3.5', '4.3'])(
    'holds no secret of real runs of Spark %s, and Spark masked none of these [privacy.secrets-always]',
    async (line) => {
      const application = await readBirds(line);
      expect(shown(application).split(SECRET).length).toBeGreaterThan(5);
      const redacted = redactApplication(application, (await createRedactors('secrets'))(application));
      expect(shown(redacted)).not.toContain(SECRET);
    },
  );

  it('masks the query in the name of a JDBC scan [privacy.literals]', async () => {
    const application = await planted();
    const redactor = (await createRedactors('literals'))(application);
    expect(redactor.operator("Scan JDBCRelation((SELECT a FROM t WHERE b = 'Guineafowl') q) [numPartitions=1]")).toBe(
      'Scan JDBCRelation((SELECT a FROM t WHERE b = ?) q) [numPartitions=1]',
    );
    expect(redactor.operator('WholeStageCodegen (3)')).toBe('WholeStageCodegen (3)');
    expect(redactor.operator('Scan JDBCRelation(lake.orders)')).toBe('Scan JDBCRelation(lake.orders)');
  });

  it('keeps every number, id and time', async () => {
    const application = await read('4.3/skew-and-spill');
    const redacted = redactApplication(application, (await createRedactors('identities'))(application));
    expect(redacted.tasks.columns).toBe(application.tasks.columns);
    expect(redacted.stages.map(({ totals, stageId, completionTime }) => [totals, stageId, completionTime])).toEqual(
      application.stages.map(({ totals, stageId, completionTime }) => [totals, stageId, completionTime]),
    );
    expect(redacted.sqlExecutions.map(({ metricValues }) => metricValues)).toEqual(
      application.sqlExecutions.map(({ metricValues }) => metricValues),
    );
  });
});
