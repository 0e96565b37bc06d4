import { describe, expect, it } from 'vitest';
import type { Application } from '../../eventlog/index.ts';
import {
  type ApplicationSketch,
  buildApplication,
  oneStage,
  START,
  type TaskSketch,
} from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import type { ConfigurationLimits } from './configuration-limits.ts';
import { strictest } from './configuration-limits.ts';
import { recommendConfiguration } from './recommend-configuration.ts';

const GIB = 1024 ** 3;

/** Runs of one application, one a day, the newest last. */
function daily(sketches: ReadonlyArray<() => Application>): Application[] {
  return sketches.map((make, day) => ({ ...make(), appId: `run-${day + 1}`, startTime: START - (10 - day) }));
}

const clean = () => oneStage([{ to: 30_000 }, { to: 30_000 }, { to: 30_000 }, { to: 30_000 }], { length: 30_000 });

/** A heap of 4 GiB whose peak is known, and GC time in each task. */
const onHeap =
  (peakGib: number, gcMs: number, more: readonly TaskSketch[] = [], parts: ApplicationSketch = {}) =>
  () =>
    oneStage([...Array.from({ length: 4 }, () => ({ to: 40_000, jvmGcTimeMs: gcMs })), ...more], {
      length: 40_000,
      spark: { 'spark.executor.memory': '4g', 'spark.master': 'yarn' },
      executors: [{ executorId: '1', peakMetrics: { JVMHeapMemory: peakGib * GIB } }],
      ...parts,
    });

const pressed = onHeap(3.8, 16_000);
const roomy = onHeap(0.9, 0);
const patchOf = (applications: readonly Application[], limits?: ConfigurationLimits) =>
  Object.fromEntries(recommendConfiguration(applications, limits).patch.map(({ key, value }) => [key, value]));

describe('recommend_configuration', () => {
  it('has nothing to change where nothing is wrong, and says so [recommend.empty]', () => {
    const answer = recommendConfiguration(daily([clean, clean, clean]));
    expect(answer).toMatchObject({
      patch: [],
      submitOptions: [],
      leftOut: [],
      saving: null,
      verdict: 'Change nothing: no finding of 3 runs asks for another configuration.',
      runs: ['run-3', 'run-2', 'run-1'],
    });
  });

  it('sizes memory by the largest peak of all runs, with evidence and the runs that show it [recommend.explained]', () => {
    const answer = recommendConfiguration(daily([onHeap(3.7, 16_000), pressed, onHeap(3.65, 16_000)]));
    expect(answer.patch).toEqual([
      {
        key: 'spark.executor.memory',
        now: '4g',
        value: '5g',
        rules: 'spark/memory-underprovisioned',
        runs: ['run-3', 'run-2', 'run-1'],
        why: [expect.stringMatching(/^executors\/1: Peak heap 3\.65 GiB of 4 GiB; GC 1 min 4 s in its tasks, 40 %/)],
      },
    ]);
    expect(answer.submitOptions).toEqual(['--conf spark.executor.memory=5g']);
  });

  it('says what the whole patch saves by one replay of each run, with its interval [recommend.saving]', () => {
    const { saving, savings } = recommendConfiguration(daily([pressed, pressed, pressed]));
    // GC of 16 s a task beyond a share of 5 %: 14 s of 40 s.
    expect(saving).toMatchObject({ appId: 'run-2', wallMs: 40_009, savedSeconds: 14, share: 0.3499 });
    expect(savings.map(({ appId }) => appId)).toEqual(['run-3', 'run-2', 'run-1']);
    expect(saving?.intervalSeconds[0]).toBeLessThanOrEqual(14);
    expect(saving?.intervalSeconds[1]).toBeGreaterThanOrEqual(14);
  });

  it('leaves out what too few runs show [recommend.left-out]', () => {
    const answer = recommendConfiguration(daily([roomy, clean, clean, clean]));
    expect(answer.patch).toEqual([]);
    expect(answer.leftOut).toEqual([
      {
        key: 'spark.executor.memory',
        value: '1536m',
        reason: 'spark/memory-overprovisioned shows in only 1 of 4 runs; at least 2 must show it.',
      },
    ]);
    expect(answer.verdict).toBe('Change nothing: what findings of 4 runs ask for is left out, each for a reason.');
  });

  it('needs one run only for an exhausted heap', () => {
    const died = onHeap(0, 0, [
      { to: 30_000, outcome: 'FAILED', error: 'java.lang.OutOfMemoryError: Java heap space' },
    ]);
    expect(patchOf(daily([died, clean, clean, clean]))).toEqual({ 'spark.executor.memory': '8g' });
  });

  it('never lowers memory that another run was short of [recommend.contradictions]', () => {
    const answer = recommendConfiguration(daily([roomy, roomy, pressed]));
    expect(answer.patch).toMatchObject([
      {
        value: '5g',
        why: [expect.anything(), 'Other runs needed less, but memory that any run was short of is not lowered.'],
      },
    ]);
    expect(answer.leftOut[0]).toEqual({
      key: 'spark.executor.memory',
      value: '1536m',
      reason:
        'spark/memory-overprovisioned in 2 runs of 3 asks for it, but spark/memory-underprovisioned needs spark.executor.memory=5g.',
    });
  });

  it('stays within the limits, and leaves out what they make pointless [recommend.limits]', () => {
    const runs = daily([onHeap(4, 16_000), onHeap(4, 16_000)]);
    expect(patchOf(runs)).toEqual({ 'spark.executor.memory': '5g' });
    // A container of 5 GiB has 4.5 GiB of heap beside its overhead of 10 %: 450 MiB.
    const cut = recommendConfiguration(runs, { maxExecutorMemoryGib: 5.01 });
    expect(cut.patch).toMatchObject([{ value: '4608m', why: [expect.anything(), 'Cut from 5g to the limit.'] }]);
    expect(cut.gaps).toContain('Cut by a limit, and not counted in the saving: spark.executor.memory.');
    expect(cut.saving).toBeNull();
    const not = recommendConfiguration(runs, { maxExecutorMemoryGib: 4 });
    expect(not.patch).toEqual([]);
    expect(not.leftOut).toMatchObject([{ value: '5g', reason: expect.stringMatching(/^It is above the limit, /) }]);
  });

  it('takes the stricter of two limits', () => {
    expect(strictest({ maxExecutors: 5, maxCores: 8 }, { maxExecutors: 3, maxExecutorCores: 2 })).toEqual({
      maxExecutors: 3,
      maxExecutorCores: 2,
      maxExecutorMemoryGib: undefined,
      maxCores: 8,
    });
  });

  it('does not change what is right already: the newest run has it [recommend.already-set]', () => {
    const done = () => ({
      ...pressed(),
      environment: { ...pressed().environment, spark: { 'spark.executor.memory': '5120m', 'spark.master': 'yarn' } },
    });
    expect(patchOf(daily([pressed, pressed, done]))).toEqual({});
  });

  it('says what it could not use: runs without tasks, failed ones, a single one', () => {
    const failed = () => ({ ...pressed(), status: 'FAILED' as const });
    const { gaps, saving } = recommendConfiguration(daily([buildApplication, failed]));
    expect(saving).toBeNull();
    expect(gaps).toEqual([
      '1 run without tasks was left out.',
      '1 run failed: evidence for the patch, not replayed.',
      'One run alone: what it shows may be chance. Five tell more.',
      'No replay can show what the patch saves.',
    ]);
    expect(() => recommendConfiguration([])).toThrow('There is no run to learn from.');
  });

  it('does not depend on the order of the runs', () => {
    const runs = daily([roomy, pressed, clean, pressed]);
    expect(recommendConfiguration([...runs].reverse())).toEqual(recommendConfiguration(runs));
  });

  it('changes nothing of clean recorded runs, and starts no speculation in local mode', async () => {
    const clean43 = (
      await Promise.all(['none', 'zstd', 'lz4'].map((codec) => readRecorded(`4.3/first-look-${codec}`)))
    ).flat();
    expect(recommendConfiguration(clean43)).toMatchObject({ patch: [], leftOut: [] });
  });
});
