import { expect, it } from 'vitest';
import { buildApplication, planNode } from './fixtures/application-builder.ts';
import { estimateBytes } from './memory-estimate.ts';

const empty = estimateBytes(buildApplication());

it('counts the columns of the tasks', () => {
  const application = buildApplication({ stages: [{ stageId: 0, tasks: Array.from({ length: 1000 }, () => ({})) }] });
  expect(estimateBytes(application) - empty).toBeGreaterThan(application.tasks.byteLength);
});

it('counts texts with two bytes a character: plans, errors, properties', () => {
  const text = 'x'.repeat(100_000);
  const plan = planNode('Scan', { simpleString: text });
  const sql = { executionId: 0, physicalPlanText: text, error: text, plan, initialPlan: plan };
  const application = buildApplication({ sqlExecutions: [sql], environment: { spark: { key: text } } });
  expect(Math.round((estimateBytes(application) - empty) / 200_000)).toBe(4);
});
