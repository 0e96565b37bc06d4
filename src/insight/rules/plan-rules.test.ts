import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adaptive, type NodeSketch, oneQuery, raised } from '../fixtures/plan-builder.ts';
import type { Change } from '../replay/changes.ts';
import { RULES } from './index.ts';

const METRICS = [
  'number of output rows',
  'number of files read',
  'size of files read',
  'number of partitions read',
  'number of written files',
  'written output',
  'data size',
  'shuffle records written',
  'shuffle bytes written',
  'time to run Python workers',
  'time to execute Python code',
  'time to collect',
  'scan time',
];
const NAMES = [
  'Scan parquet ',
  'Scan csv ',
  'Filter',
  'Exchange',
  'ReusedExchange',
  'BroadcastExchange',
  'SortMergeJoin',
  'BroadcastNestedLoopJoin',
  'CartesianProduct',
  'Generate',
  'BatchEvalPython',
  'ArrowEvalPython',
  'InMemoryTableScan',
  'Window',
  'Subquery',
  'Coalesce',
  'MergeRows',
  'Execute InsertIntoHadoopFsRelationCommand',
  '',
];

const value = fc.oneof(fc.constant(null), fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY), fc.nat(1e12));

/** A plan of at most so many levels. */
const planOf = (levels: number): fc.Arbitrary<NodeSketch> =>
  fc.record({
    name: fc.constantFrom(...NAMES),
    text: fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.constant(`Filter (${'(a = 1) OR '.repeat(200)}b)`),
      fc.constant('X [a], [b], Inner'),
    ),
    metrics: fc.dictionary(fc.constantFrom(...METRICS), value, { maxKeys: 5 }),
    children: levels === 0 ? fc.constant([]) : fc.array(planOf(levels - 1), { maxLength: 2 }),
  });

const anyTask = fc.record({
  from: fc.integer({ min: -5000, max: 50_000 }),
  to: fc.integer({ min: -5000, max: 90_000 }),
  outcome: fc.constantFrom('SUCCESS' as const, 'FAILED' as const, 'RUNNING' as const),
  measured: fc.boolean(),
  inputRecords: fc.nat(1e6),
  inputBytes: fc.nat(1e9),
  shuffleLocalBytesRead: fc.nat(1e9),
  shuffleWriteRecords: fc.nat(100),
  diskSpilledBytes: fc.nat(1e9),
});

describe('the rules about plans', () => {
  it('never fail, divide by nothing or save a negative time, whatever the plan says [insight-plan-rules.bad-input]', () => {
    const application = fc
      .record({
        root: planOf(5),
        aqe: fc.boolean(),
        stages: fc.array(fc.array(anyTask, { maxLength: 30 }), { maxLength: 4 }),
      })
      .map(({ root, aqe, stages }) =>
        oneQuery(
          aqe ? adaptive(root) : root,
          stages.map((tasks, stageId) => ({
            stageId,
            sqlExecutionId: 1,
            rddIds: [stageId],
            parentIds: stageId === 0 ? [] : [stageId - 1],
            tasks,
          })),
          { spark: { 'spark.sql.adaptive.enabled': 'false', 'spark.sql.shuffle.partitions': 'many' } },
        ),
      );
    fc.assert(
      fc.property(application, (one) => {
        for (const rule of RULES) for (const suspicion of raised(rule, one)) expectSound(suspicion);
      }),
      { numRuns: 60 },
    );
  });

  it('take a plan of 1,500 nodes, one below the other [insight-plan-rules.bad-input]', () => {
    let root: NodeSketch = { name: 'Filter' };
    for (let depth = 0; depth < 1500; depth++)
      root = { name: depth % 2 === 0 ? 'Project' : 'Exchange', children: [root] };
    const application = oneQuery(root, [{ stageId: 0, sqlExecutionId: 1, tasks: [{}] }]);
    for (const rule of RULES) expect(raised(rule, application).length).toBeGreaterThanOrEqual(0);
  });
});

function expectSound(suspicion: ReturnType<typeof raised>[number]): void {
  const { impact, confidence, evidence, changes } = suspicion;
  expect(impact.seconds).toBeGreaterThanOrEqual(0);
  expect(impact.share >= 0 && impact.share <= 1).toBe(true);
  expect(confidence > 0 && confidence <= 1).toBe(true);
  expect(evidence.length).toBeGreaterThan(0);
  expect(`${suspicion.title} ${evidence.map(({ fact }) => fact).join(' ')}`).not.toMatch(/NaN|Infinity|undefined|null/);
  for (const change of typeof changes === 'object' ? changes : [])
    expect([change, isSound(change)]).toEqual([change, true]);
}

function isSound(change: Change): boolean {
  switch (change.kind) {
    case 'save-task-time':
      return Array.from(change.savedMs).every((ms) => ms >= 0);
    case 'scale-tasks':
      return change.factor >= 0 && change.factor <= 1;
    case 'repartition':
      return change.taskCount >= 1 && change.overheadMs >= 0;
    case 'save-driver-time':
      return change.savedMs >= 0 && change.to > change.from;
    default:
      return true;
  }
}
