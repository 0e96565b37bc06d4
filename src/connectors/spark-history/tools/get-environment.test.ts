import { describe, expect, it } from 'vitest';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { SECRET, sampleApplication } from '../fixtures/sample-application.ts';
import { getEnvironment } from './get-environment.ts';

const history = historyOf(sampleApplication());
const call = (input: Record<string, unknown>) => callTool(getEnvironment, history, { app_id: 'app-1', ...input });
const keys = async (input: Record<string, unknown>) => rowsOf((await call(input)).properties).map((row) => row.key);

describe('get_environment', () => {
  it('begins with the Spark properties that explain most', async () => {
    const { properties, section_sizes } = await call({});
    expect(
      rowsOf(properties)
        .slice(0, 3)
        .map((row) => [row.section, row.key]),
    ).toEqual([
      ['spark_properties', 'spark.app.name'],
      ['spark_properties', 'spark.driver.extraJavaOptions'],
      ['spark_properties', 'spark.executor.memory'],
    ]);
    expect(section_sizes).toMatchObject({ spark_properties: 6, runtime: 1, hadoop_properties: 2 });
  });

  it.each([
    ['runtime', ['Java Version']],
    ['SYSTEM_PROPERTIES', ['sun.java.command', 'user.home']],
    ['hadoop_properties', ['dfs.blocksize', 'fs.azure.account.key.x']],
    ['metrics_properties', []],
    ['classpath_entries', ['/opt/spark/jars/a.jar']],
  ])('gives the section %s alone [spark-history.peer-parameters]', async (section, expected) => {
    expect(await keys({ section })).toEqual(expected);
  });

  it('takes secrets out of every section and counts them [spark-history.secrets-redacted]', async () => {
    const result = await call({ length: 100 });
    expect(JSON.stringify(result)).not.toContain(SECRET);
    expect(result.redacted_count).toBe(5);
    const java = rowsOf(result.properties).find((row) => row.key === 'spark.driver.extraJavaOptions');
    expect(java?.value).toBe('«-Xss4m -Ddb.password=*********(redacted)»');
  });

  it('finds properties by a part of key or value, but never by a part of a secret', async () => {
    expect(await keys({ filter: 'MEMORY' })).toEqual(['spark.executor.memory']);
    expect(await keys({ filter: '4g' })).toEqual(['spark.executor.memory']);
    expect(await keys({ filter: SECRET.slice(0, 4) })).toEqual([]);
  });
});
