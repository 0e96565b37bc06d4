import { describe, expect, it } from 'vitest';
import { accumulatorsIn, readPlan } from './read-plan.ts';

const EVENT = {
  Event: 'org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart',
  description: 'a text with "accumulatorId":99 in it',
  sparkPlanInfo: {
    nodeName: 'Project',
    simpleString: 'Project ["accumulatorId":98]',
    metrics: [{ name: 'rows', accumulatorId: 7, metricType: 'sum' }],
    children: [{ nodeName: 'Scan', metrics: [{ name: 'size', accumulatorId: 12, metricType: 'size' }], children: [] }],
  },
};

describe('accumulators of a plan', () => {
  it.each([
    ['as Spark writes it', JSON.stringify(EVENT)],
    ['written anew with spaces and breaks', JSON.stringify(EVENT, null, 2)],
    [
      'written anew with a space before the colon',
      JSON.stringify(EVENT).replaceAll('"accumulatorId":7', '"accumulatorId" : 7'),
    ],
  ])('are those that decoding it gives, %s', (_, text) => {
    const line = new TextEncoder().encode(text);
    const { plan } = readPlan(line);
    const decoded = [plan, ...(plan?.children ?? [])].flatMap((node) => node?.metrics ?? []);
    expect(accumulatorsIn(line)).toEqual(decoded.map(({ accumulatorId }) => accumulatorId));
  });
});
