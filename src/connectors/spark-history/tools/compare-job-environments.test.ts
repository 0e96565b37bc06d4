import { describe, expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { SECRET, sampleApplication } from '../fixtures/sample-application.ts';
import { compareJobEnvironments } from './compare-job-environments.ts';

const other = buildApplication({
  appId: 'app-2',
  sparkVersion: '3.5.9',
  environment: { spark: { 'spark.sql.shuffle.partitions': '8' }, jvm: { 'Java Version': '17' } },
});
const compare = (input: Record<string, unknown> = {}) =>
  callTool(compareJobEnvironments, historyOf(sampleApplication(), other), {
    app_id1: 'app-1',
    app_id2: 'app-2',
    ...input,
  });

describe('compare_job_environments', () => {
  it('shows only differences, with secrets redacted, and counts what is equal [insight.environments-differences-only]', async () => {
    const result = await compare();
    expect(JSON.stringify(result)).not.toContain(SECRET);
    expect(rowsOf(result.differences)).toContainEqual({
      section: 'spark_properties',
      key: 'spark.sql.shuffle.partitions',
      a: null,
      b: '«8»',
    });
    expect(result.spark_versions).toEqual(['4.0.1', '3.5.9']);
    const same = await callTool(compareJobEnvironments, historyOf(other), { app_id1: 'app-2', app_id2: 'app-2' });
    expect([same.differences.total, same.common]).toEqual([0, 2]);
  });

  it('narrows to a section, and pages', async () => {
    const runtime = await compare({ section: 'RUNTIME' });
    expect(rowsOf(runtime.differences).every(({ section }) => section === 'runtime')).toBe(true);
    const first = await compare({ length: 1 });
    const rest = await compare({ cursor: first.differences.cursor });
    const all = await compare();
    expect([...first.differences.rows, ...rest.differences.rows]).toEqual(all.differences.rows);
  });
});
