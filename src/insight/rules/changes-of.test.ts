import { describe, expect, it } from 'vitest';
import type { Change } from '../replay/changes.ts';
import { applicable } from './changes-of.ts';

const durationMs = () => 10_000;
const save = (rows: number[], savedMs: number[]): Change => ({ kind: 'save-task-time', rows, savedMs });

describe('changes of several suspicions', () => {
  it('come in the order in which they are applied, each lever once, the first given', () => {
    const more: Change = { kind: 'repartition', stageRow: 1, taskCount: 40, overheadMs: 0 };
    const executors: Change = { kind: 'executors', count: 2, coresEach: 4 };
    expect(
      applicable(
        [executors, { kind: 'even-out', stageRow: 1 }, more, { ...more, taskCount: 80 }, save([0], [1])],
        durationMs,
      ),
    ).toEqual([save([0], [1]), more, { kind: 'even-out', stageRow: 1 }, executors]);
  });

  it('save of one attempt what each of them leaves, never more than it took', () => {
    expect(applicable([save([0, 1], [5000, 2000]), save([0, 2], [5000, 12_000])], durationMs)).toEqual([
      save([0, 1, 2], [7500, 2000, 10_000]),
    ]);
  });

  it('save the same time of the same attempts once', () => {
    expect(applicable([save([0, 1], [5000, 2000]), save([0, 1], [5000, 2000])], durationMs)).toEqual([
      save([0, 1], [5000, 2000]),
    ]);
  });

  it('do nothing to a stage that does not run', () => {
    expect(
      applicable(
        [
          { kind: 'even-out', stageRow: 1 },
          { kind: 'drop-stage', stageRow: 1 },
        ],
        durationMs,
      ),
    ).toEqual([{ kind: 'drop-stage', stageRow: 1 }]);
  });
});
