import { describe, expect, it } from 'vitest';
import { type ApplicationSketch, START } from '../fixtures/application-builder.ts';
import type { Change } from './changes.ts';
import { executors, ONE_STAGE, replayOf, TASKS, wallWith } from './fixtures/one-stage.ts';
import type { Prediction } from './prediction.ts';

describe('changes', () => {
  it('save time of attempts, drop attempts and stages [replay.changes]', () => {
    expect(wallWith(ONE_STAGE, { kind: 'save-task-time', rows: [0], savedMs: [4000] })).toBe(13_000);
    expect(wallWith(ONE_STAGE, { kind: 'save-task-time', rows: [0, 2, 3], savedMs: [4000, 99_000, -5] })).toBe(9000);
    expect(wallWith(ONE_STAGE, { kind: 'drop-attempts', rows: [0] })).toBe(9000);
    expect(wallWith(ONE_STAGE, { kind: 'drop-stage', stageRow: 0 })).toBe(3000);
    expect(wallWith(ONE_STAGE, { kind: 'drop-stage', stageRow: 7 })).toBe(15_000);
  });

  it('scale, spread and cut the work of a stage [replay.changes]', () => {
    expect(wallWith(ONE_STAGE, { kind: 'scale-tasks', stageRow: 0, factor: 0.5 })).toBe(9000);
    expect(wallWith(ONE_STAGE, { kind: 'even-out', stageRow: 0 })).toBe(3000 + 11_000);
    // 22 s of work: 11 s on each core; two tasks take the sum of two neighbours, eight tasks the half of one.
    expect(wallWith(ONE_STAGE, { kind: 'repartition', stageRow: 0, taskCount: 2, overheadMs: 0 })).toBe(3000 + 14_000);
    expect(wallWith(ONE_STAGE, { kind: 'repartition', stageRow: 0, taskCount: 8, overheadMs: 0 })).toBe(3000 + 11_000);
    expect(wallWith(ONE_STAGE, { kind: 'repartition', stageRow: 0, taskCount: 1, overheadMs: 500 })).toBe(
      3000 + 22_000 - 4 * 500 + 500,
    );
  });

  it('cut a stage into no more tasks than a driver schedules, whatever cores a log claims [replay.changes]', () => {
    const into = (taskCount: number) =>
      wallWith(ONE_STAGE, { kind: 'repartition', stageRow: 0, taskCount, overheadMs: 0 });
    expect(into(2_147_483_647)).toBe(into(1_000_000));
  });

  it('save the driver no more time than it took [replay.driver-gaps]', () => {
    const saved = (from: number, to: number, savedMs: number) =>
      wallWith(ONE_STAGE, { kind: 'save-driver-time', from: START + from, to: START + to, savedMs });
    expect(saved(0, 1000, 400)).toBe(14_600);
    expect(saved(0, 15_000, 99_000)).toBe(12_000);
    expect(saved(2000, 12_000, 99_000)).toBe(15_000);
  });

  it('save driver time between the stages of a job [replay.driver-gaps]', () => {
    const gap: ApplicationSketch = {
      length: 10_000,
      jobs: [{ jobId: 0, stageIds: [0, 1] }],
      stages: [
        { stageId: 0, jobIds: [0], to: 2000, tasks: [{ from: 0, to: 2000 }] },
        { stageId: 1, jobIds: [0], parentIds: [0], from: 7000, tasks: [{ from: 7000, to: 10_000 }] },
      ],
    };
    const saved = { kind: 'save-driver-time', from: START, to: START + 6000, savedMs: 9000 } as const;
    expect(wallWith(gap, saved)).toBe(6000);
  });

  it('are applied together in one replay, not added up [replay.changes-together]', () => {
    const first: Change = { kind: 'save-task-time', rows: [0], savedMs: [4000] };
    const second: Change = { kind: 'save-task-time', rows: [2], savedMs: [6000] };
    const savedBy = (...changes: Change[]) => 15_000 - wallWith(ONE_STAGE, ...changes);
    expect([savedBy(first), savedBy(second), savedBy(first, second)]).toEqual([2000, 2000, 6000]);
    expect(savedBy({ kind: 'even-out', stageRow: 0 }, executors(1, 4))).toBe(6500);
  });

  it('put other executors there from the first to the end [replay.changes]', () => {
    const four = replayOf(ONE_STAGE).predict([executors(2, 2)]);
    expect([four.wallMs, four.coreMs]).toEqual([13_000, 4 * 13_000]);
    const one = replayOf(ONE_STAGE).predict([executors(1, 1)]);
    expect([one.wallMs, one.coreMs]).toEqual([25_000, 25_000]);
  });
});

describe('what a prediction says of itself', () => {
  const widthOf = ({ wallInterval: [low, high], wallMs }: Prediction) => (high - low) / wallMs;

  it('has an interval around the prediction and assumptions in sentences [replay.interval]', () => {
    const { wallMs, wallInterval, coreMs, coreInterval, assumptions } = replayOf(ONE_STAGE).predict([executors(1, 4)]);
    expect(wallInterval[0]).toBeLessThan(wallMs);
    expect(wallInterval[1]).toBeGreaterThan(wallMs);
    expect(wallInterval.map((wall) => wall * 4)).toEqual([...coreInterval]);
    expect(coreMs).toBe(wallMs * 4);
    for (const sentence of assumptions) expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(assumptions.join(' ')).toMatch(/Every task takes as long on other executors as it did/);
  });

  it('widens beyond twice the cores of the run, and says so [replay.extrapolation]', () => {
    const replay = replayOf(ONE_STAGE);
    const [four, five, ten] = [4, 5, 10].map((cores) => replay.predict([executors(1, cores)]));
    const says = (prediction: Prediction | undefined) =>
      prediction?.assumptions.filter((one) => one.includes('widened'));
    expect(says(four)).toEqual([]);
    expect(says(ten)).toEqual([
      'The run never had more than 2 cores: 5 times as many are beyond what it can show, and the interval is widened.',
    ]);
    expect(widthOf(five as Prediction)).toBeGreaterThan(widthOf(four as Prediction));
    expect(widthOf(ten as Prediction)).toBeGreaterThan(widthOf(five as Prediction));
  });

  it('keeps the length of a stage whose tasks the log lost, and says so [replay.bad-input]', () => {
    const lost = replayOf({
      ...ONE_STAGE,
      stages: [{ stageId: 0, jobIds: [0], from: 1000, to: 13_000, taskCount: 9, tasks: TASKS.slice(0, 1) }],
    });
    expect(lost.asRun.wallMs).toBe(15_000);
    expect(lost.asRun.assumptions.join(' ')).toMatch(/1 stage attempt .* keeps its length/);
  });
});
