import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Finding } from '../../kernel/finding.ts';
import { analyze } from '../analyze.ts';
import { describeRun } from '../facts/run.ts';
import { anyApplication, anyParts } from '../fixtures/any-application.ts';
import {
  type ApplicationSketch,
  buildApplication,
  oneStage,
  START,
  type TaskSketch,
} from '../fixtures/application-builder.ts';
import type { Change } from '../replay/changes.ts';
import { createReplay } from '../replay/replay.ts';
import { analysisToJson } from '../report/json.ts';
import { applicable, changesOf } from './changes-of.ts';
import { RULES } from './index.ts';

/** Applications that break what a rule may take for granted. */
const BAD_INPUT: ReadonlyArray<readonly [string, ApplicationSketch]> = [
  ['no tasks', { jobs: [{ jobId: 0 }], stages: [{ stageId: 0, jobIds: [0] }] }],
  ['one task', { jobs: [{ jobId: 0 }], stages: [{ stageId: 0, jobIds: [0], tasks: [{}] }] }],
  [
    'no ends',
    {
      endTime: null,
      lastEventTime: null,
      jobs: [{ jobId: 0, to: null }],
      stages: [{ stageId: 0, jobIds: [0], to: null, status: 'ACTIVE', tasks: [{ outcome: 'RUNNING' }] }],
    },
  ],
  [
    'no starts',
    {
      startTime: null,
      jobs: [{ jobId: 0, from: null }],
      stages: [{ stageId: 0, jobIds: [0], from: null, tasks: [{ launchTimeMs: 0 }] }],
    },
  ],
  [
    'clocks that run backwards',
    {
      endTime: START - 5000,
      jobs: [{ jobId: 0, from: 9000, to: 1000 }],
      stages: [{ stageId: 0, jobIds: [0], from: 9000, to: 1000, tasks: [{ from: 9000, to: 1000 }] }],
    },
  ],
  [
    'negative durations',
    {
      length: -60_000,
      jobs: [{ jobId: 0, from: 0, to: -60_000 }],
      stages: [
        {
          stageId: 0,
          jobIds: [0],
          from: 0,
          to: -60_000,
          tasks: [{ from: 0, to: -60_000, executorRunTimeMs: -60_000, jvmGcTimeMs: -1 }],
        },
      ],
    },
  ],
  [
    'another time zone',
    {
      startTime: START + 7_200_000,
      jobs: [{ jobId: 0 }],
      stages: [{ stageId: 0, jobIds: [0], tasks: [{ to: 60_000 }] }],
    },
  ],
  [
    'no metrics',
    {
      jobs: [{ jobId: 0 }],
      stages: [{ stageId: 0, jobIds: [0], tasks: Array.from({ length: 8 }, () => ({ to: 60_000, measured: false })) }],
    },
  ],
  [
    'speculative and resubmitted tasks',
    {
      jobs: [{ jobId: 0 }],
      stages: [
        {
          stageId: 0,
          jobIds: [0],
          tasks: Array.from({ length: 8 }, (_, flags) => ({ to: 60_000, flags, index: 0, attempt: flags })),
        },
      ],
    },
  ],
  [
    'no executors',
    { executors: [], jobs: [{ jobId: 0 }], stages: [{ stageId: 0, jobIds: [0], tasks: [{ to: 60_000 }] }] },
  ],
];

/** Numbers anywhere in a value with the way to them. */
function numbersIn(value: unknown, path = ''): Array<readonly [string, number]> {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbersIn(part, `${path}.${key}`));
}

/** Sums of fractions depend on the order in the last digit: they are compared apart. */
const withoutSums = ({ impact: _, ...finding }: Finding) => finding;
const sumsOf = (value: unknown): number[] =>
  numbersIn(value).flatMap(([path, number]) => (/impact|combined|^\.2/.test(path) ? [number] : []));

/** What is not to be in a result: numbers that are none, negative ones, and texts that show such a number. */
function faultsIn(json: unknown): string[] {
  const numbers = numbersIn(json).filter(([, value]) => !Number.isFinite(value) || value < 0);
  const text = JSON.stringify(json);
  return [
    ...numbers.map(([path]) => path),
    ...(text.match(/NaN|Infinity|undefined|[ (~]-\d[\d.]* (ms|s|min|h|%)/g) ?? []),
  ];
}

describe('the rules, whatever a log says', () => {
  it('give findings without NaN, negative times or gaps in their text [insight-rules.bad-input]', () => {
    fc.assert(
      fc.property(anyApplication, (application) => {
        const analysis = analyze(application);
        for (const finding of [...analysis.findings, ...analysis.minor]) Finding.parse(finding);
        const [json] = analysisToJson([analysis], [], { all: true }).applications;
        expect(
          faultsIn({ findings: json?.findings, minor: json?.minor, combined: json?.combined, replay: json?.replay }),
        ).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it.each(BAD_INPUT)('survive %s, every rule by itself [insight-rules.bad-input]', (_, sketch) => {
    const application = buildApplication(sketch);
    const run = describeRun(application);
    for (const rule of RULES) {
      for (const { changes, remedy, ...stated } of rule.evaluate(run)) {
        const made = changes === undefined ? [] : changesOf(changes, createReplay(run));
        expect([rule.id, faultsIn({ ...stated, ...remedy?.(made) })]).toEqual([rule.id, []]);
      }
    }
    expect(faultsIn(analysisToJson([analyze(application)], [], { all: true }).applications[0]?.findings)).toEqual([]);
  });

  it('do not depend on the order in which tasks were logged [insight-rules.order-free] [insight.rules-order-independent]', () => {
    fc.assert(
      fc.property(
        anyParts.chain((parts) =>
          fc.tuple(fc.constant(parts), fc.shuffledSubarray([...parts.tasks], { minLength: parts.tasks.length })),
        ),
        ([{ tasks, around }, shuffled]) => {
          const of = (list: readonly TaskSketch[]) => {
            const { findings, minor, combined } = analyze(around(list));
            return {
              findings: findings.map(withoutSums),
              minor: minor.map(withoutSums),
              sums: sumsOf([findings, minor, combined]),
            };
          };
          const [before, after] = [of(tasks), of(shuffled)];
          expect({ ...after, sums: [] }).toEqual({ ...before, sums: [] });
          for (const [index, sum] of after.sums.entries()) expect(sum).toBeCloseTo(before.sums[index] ?? Number.NaN, 1);
        },
      ),
      { numRuns: 100 },
    );
  });
});

/** Changes that take work away and leave everything else as it was. */
const REMOVES: ReadonlySet<Change['kind']> = new Set([
  'save-task-time',
  'drop-attempts',
  'drop-stage',
  'save-driver-time',
]);

describe('a run without its waste', () => {
  it('is never predicted to be slower [insight-rules.no-waste-never-slower]', () => {
    fc.assert(
      fc.property(anyApplication, (application) => {
        const run = describeRun(application);
        const replay = createReplay(run);
        const waste = RULES.flatMap((rule) => rule.evaluate(run)).flatMap(({ changes }) =>
          changes === undefined ? [] : changesOf(changes, replay).filter(({ kind }) => REMOVES.has(kind)),
        );
        const { wallMs } = replay.predict(applicable(waste, (row) => application.tasks.durationMs(row)));
        expect(wallMs).toBeLessThanOrEqual(replay.asRun.wallMs);
      }),
      { numRuns: 100 },
    );
  });
});

/** The rule that stands under a finding. */
const foldedRule = ({ fact }: { fact: string }) => /^Follows from it \((\S+)\)/.exec(fact)?.slice(1) ?? [];

/** A typical task and one that is `times` as long, on as many slots as tasks. */
const typical = { inputRecords: 1000, shuffleRecordsRead: 1000, shuffleLocalBytesRead: 1e6 };
const slowStage = (count: number, times: number, dataTimes: number, waste: TaskSketch): TaskSketch[] => [
  ...Array.from({ length: count }, () => ({ to: 10_000, ...typical })),
  {
    to: 10_000 * times,
    ...waste,
    inputRecords: 1000 * dataTimes,
    shuffleRecordsRead: 1000 * dataTimes,
    shuffleLocalBytesRead: 1e6 * dataTimes,
  },
];

describe('another fast task', () => {
  it('creates no finding while the typical task stays what it is [insight-rules.fast-task-creates-nothing]', () => {
    const stage = fc.record({
      count: fc.integer({ min: 8, max: 20 }),
      times: fc.integer({ min: 1, max: 40 }),
      dataTimes: fc.integer({ min: 1, max: 40 }),
      fastMs: fc.integer({ min: 1, max: 10_000 }),
      gc: fc.integer({ min: 0, max: 10_000 }),
      spill: fc.constantFrom(0, 1e9),
    });
    fc.assert(
      fc.property(stage, ({ count, times, dataTimes, fastMs, gc, spill }) => {
        const tasks = slowStage(count, times, dataTimes, {
          jvmGcTimeMs: gc,
          diskSpilledBytes: spill,
          memorySpilledBytes: spill,
        });
        const part = fastMs / 10_000;
        const fast = {
          to: fastMs,
          inputRecords: 1000 * part,
          shuffleRecordsRead: 1000 * part,
          shuffleLocalBytesRead: 1e6 * part,
        };
        const rulesOf = (list: readonly TaskSketch[]) =>
          analyze(
            oneStage(list, { length: 10_000 * times, executors: [{ executorId: '1', totalCores: 32 }] }),
          ).findings.flatMap(({ rule, evidence }) => [rule, ...evidence.flatMap(foldedRule)]);
        const before = new Set(rulesOf(tasks));
        expect(rulesOf([...tasks, fast]).filter((rule) => !before.has(rule))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a run that is k times as long and large', () => {
  /** Rules whose thresholds are ratios, each with tasks that it fires on; thresholds in absolute time only forbid small runs. */
  const RATIO_RULES: ReadonlyArray<readonly [string, readonly TaskSketch[]]> = [
    ['spark/task-skew', slowStage(9, 10, 10, {})],
    ['spark/straggler', slowStage(9, 10, 1, {})],
    ['spark/gc-pressure', Array.from({ length: 8 }, () => ({ to: 100_000, jvmGcTimeMs: 30_000, ...typical }))],
    [
      'spark/shuffle-fetch-wait',
      Array.from({ length: 8 }, () => ({ to: 100_000, shuffleFetchWaitTimeMs: 30_000, ...typical })),
    ],
    ['spark/low-parallelism', Array.from({ length: 2 }, () => ({ to: 100_000, ...typical }))],
  ];

  /** Every time and size multiplied; ids, flags and the like are not. */
  const scaled = (tasks: readonly TaskSketch[], factor: number): TaskSketch[] =>
    tasks.map((task) => Object.fromEntries(Object.entries(task).map(([key, value]) => [key, Number(value) * factor])));

  it.each(RATIO_RULES)('has the same share of %s [insight-rules.scale-free]', (rule, tasks) => {
    const shareAt = (factor: number) => {
      const executors = [{ executorId: '1' }, { executorId: '2' }, { executorId: '3' }];
      const { findings } = analyze(oneStage(scaled(tasks, factor), { length: 100_000 * factor, executors }));
      return findings.find((finding) => finding.rule === rule)?.impact.share;
    };
    const [one, ...others] = [1, 2, 10, 50].map(shareAt);
    expect(one).toBeGreaterThan(0.05);
    for (const other of others) expect(other).toBeCloseTo(one ?? 0, 2);
  });
});
