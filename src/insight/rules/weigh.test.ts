import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { oneStage } from '../fixtures/application-builder.ts';
import { handMadeReplay } from '../fixtures/hand-made-replay.ts';
import type { Change } from '../replay/changes.ts';
import { combine } from './combine.ts';
import type { Group, RuledSuspicion } from './fold.ts';
import { noTime } from './materiality.ts';
import { weigh } from './weigh.ts';

/** A run of 100 s on four cores, of which a stage takes all. */
const RUN = describeRun(oneStage([{ to: 100_000 }], { length: 100_000 }));
const AS_RUN = { wallMs: 100_000, coreMs: 400_000 };
const SKEW: Change = { kind: 'even-out', stageRow: 0 };

function suspicion(parts: Partial<RuledSuspicion> = {}): RuledSuspicion {
  return {
    rule: 'spark/task-skew',
    title: 'skewed',
    severity: 'info',
    impact: { seconds: 50, share: 0.5, share_of: 'wall_time' },
    confidence: 0.9,
    evidence: [{ fact: 'a fact', address: 'stages/0.0' }],
    advice: [],
    changes: [SKEW],
    stages: ['stages/0.0'],
    ...parts,
  };
}

const alone = (cause: RuledSuspicion): Group => ({ cause, folded: [] });
const replayTo = (wallMs: number, coreMs?: number) =>
  handMadeReplay(AS_RUN, () => (coreMs === undefined ? { wallMs } : { wallMs, coreMs }));

/** What a suspicion comes to where the run without it takes so long. */
function weighed(wallMs: number, coreMs?: number, parts: Partial<RuledSuspicion> = {}) {
  const { reported, minor } = weigh(RUN, [alone(suspicion(parts))], () => replayTo(wallMs, coreMs));
  return [
    ...reported.map((one) => ['reported', one.severity, one.impact.seconds]),
    ...minor.map((one) => ['minor', one.severity, one.impact.seconds]),
  ];
}

describe('weighing', () => {
  it('reports what saves 5 % of the run and keeps what saves less apart [insight-rules.gated-by-replay] [insight-rules.minor-on-request]', () => {
    expect([weighed(95_000), weighed(95_100)]).toEqual([[['reported', 'warning', 5]], [['minor', 'info', 4.9]]]);
  });

  it('reports nothing below a second', () => {
    const short = describeRun(oneStage([{ to: 5000 }], { length: 5000 }));
    const outcome = (wallMs: number) =>
      weigh(short, [alone(suspicion())], () =>
        handMadeReplay({ wallMs: 5000, coreMs: 20_000 }, () => ({ wallMs, coreMs: wallMs * 4 })),
      ).reported.length;
    expect([outcome(4000), outcome(4010)]).toEqual([1, 0]);
  });

  it('calls a quarter of the run and half a minute critical [insight-rules.severity-by-saving]', () => {
    expect([weighed(70_000), weighed(71_000)]).toEqual([[['reported', 'critical', 30]], [['reported', 'warning', 29]]]);
  });

  it('reports core time alone as a warning, and says what it costs in time [insight-rules.severity-by-saving]', () => {
    const { reported } = weigh(RUN, [alone(suspicion())], () => replayTo(103_000, 200_000));
    expect(reported[0]).toMatchObject({
      severity: 'warning',
      impact: { seconds: 200, share: 0.5, share_of: 'core_time', core_hours: 0.0556, basis: 'replay' },
    });
    expect(reported[0]?.suspicion.evidence.at(-1)?.fact).toBe(
      'By replay the run would take 3 s longer with these changes.',
    );
  });

  it('takes the distance to the run as it was replayed, so that the error of the replay is no saving', () => {
    const off = handMadeReplay({ wallMs: 120_000, coreMs: 480_000 }, () => ({ wallMs: 90_000 }));
    const { reported } = weigh(RUN, [alone(suspicion())], () => off);
    expect(reported[0]?.impact).toMatchObject({ seconds: 25, share: 0.25, interval_seconds: [17.5, 32.5] });
  });

  it('keeps failures as their rule states them, graver only where the replay says so [insight-rules.failures-stand]', () => {
    const failure = {
      rule: 'spark/task-failures',
      severity: 'warning' as const,
      impact: { seconds: 0.1, share: 0.001, share_of: 'task_time' as const },
    };
    expect([weighed(99_900, undefined, failure), weighed(50_000, undefined, failure)]).toEqual([
      [['reported', 'warning', 0.1]],
      [['reported', 'critical', 50]],
    ]);
  });

  it('keeps a risk that takes no time where its rule calls it a warning, and apart where it does not [insight-rules.failures-stand]', () => {
    const { changes: _, ...risk } = suspicion({ rule: 'spark/driver-memory', severity: 'warning', impact: noTime() });
    const { reported, minor } = weigh(RUN, [alone(risk), alone({ ...risk, severity: 'info' })], () => null);
    expect([reported.map(({ severity }) => severity), minor.length]).toEqual([['warning'], 1]);
  });

  it('keeps what no replay can show by its own measure, and notes without a time apart [insight-rules.failures-stand]', () => {
    const { changes: _, ...stated } = suspicion({ severity: 'warning', rule: 'spark/low-cpu' });
    const note = { ...stated, rule: 'spark/serializer', impact: noTime() };
    const { reported, minor } = weigh(RUN, [alone(stated), alone(note)], () => null);
    expect(reported.map(({ impact, severity }) => [impact.basis, severity])).toEqual([['observed', 'warning']]);
    expect(minor.map(({ suspicion: { rule }, severity }) => [rule, severity])).toEqual([['spark/serializer', 'info']]);
  });

  it('does not ask the replay where the changes cannot save enough [insight-rules.replay-lazy]', () => {
    const little: Change = { kind: 'save-task-time', rows: [0], savedMs: [4999] };
    let made = 0;
    const { minor } = weigh(RUN, [alone(suspicion({ changes: [little] }))], () => {
      made += 1;
      return replayTo(50_000);
    });
    expect([made, minor.map(({ impact }) => impact.basis)]).toEqual([0, ['observed']]);
  });

  it('asks the replay once for each group, and once for all of them together [insight-rules.replay-lazy] [insight-rules.combined-never-summed]', () => {
    const gap: Change = { kind: 'save-driver-time', from: 0, to: 1, savedMs: 30_000 };
    const replay = handMadeReplay(AS_RUN, (changes) => ({ wallMs: changes.length === 2 ? 55_000 : 70_000 }));
    const groups = [alone(suspicion()), alone(suspicion({ rule: 'spark/driver-gap', changes: [gap], stages: [] }))];
    const { reported } = weigh(RUN, groups, () => replay);
    const combined = combine(RUN, reported, () => replay);
    expect(reported.map(({ impact }) => impact.seconds)).toEqual([30, 30]);
    expect(combined).toMatchObject({ seconds: 45, share: 0.45 });
    expect(replay.asked).toEqual([[SKEW], [gap], [SKEW, gap]]);
  });

  it('leaves fewer executors out of the combination where the rest of it needs them', () => {
    const fewer: Change = { kind: 'executors', count: 1, coresEach: 2 };
    const slow = handMadeReplay(AS_RUN, (changes) =>
      changes.length === 2
        ? { wallMs: 90_000 }
        : changes[0]?.kind === 'executors'
          ? { wallMs: 100_000, coreMs: 200_000 }
          : { wallMs: 60_000, coreMs: 240_000 },
    );
    const groups = [alone(suspicion()), alone(suspicion({ rule: 'spark/idle-cores', changes: [fewer], stages: [] }))];
    expect(combine(RUN, weigh(RUN, groups, () => slow).reported, () => slow)).toMatchObject({ seconds: 40 });
  });

  it('makes one finding of two that ask for the same changes, the surer one [insight-rules.same-changes-once]', () => {
    const more = (rule: string, taskCount: number, confidence: number) =>
      suspicion({
        rule,
        confidence,
        changes: [{ kind: 'repartition', stageRow: 0, taskCount, overheadMs: 0 }],
        conf: { [rule]: String(taskCount) },
      });
    const groups = [alone(more('spark/huge-partitions', 40, 0.8)), alone(more('spark/shuffle-partitions', 64, 0.9))];
    const { reported } = weigh(RUN, groups, () => replayTo(50_000));
    expect(reported.map(({ suspicion: { rule } }) => rule)).toEqual(['spark/shuffle-partitions']);
    expect(reported[0]?.suspicion.evidence.at(-1)?.fact).toBe('Also seen as (spark/huge-partitions): a fact');
    expect(reported[0]?.suspicion.conf).toEqual({ 'spark/shuffle-partitions': '64', 'spark/huge-partitions': '40' });
  });

  it('takes the other estimate of the same changes where its own is not enough [insight-rules.same-changes-once]', () => {
    const cut = (rule: string, taskCount: number) =>
      suspicion({ rule, changes: [{ kind: 'repartition', stageRow: 0, taskCount, overheadMs: 0 }] });
    const replay = handMadeReplay(AS_RUN, ([change]) => ({
      wallMs: change?.kind === 'repartition' && change.taskCount === 8 ? 60_000 : 110_000,
    }));
    const group: Group = {
      cause: cut('spark/aqe-disabled', 2),
      folded: [{ suspicion: cut('spark/tiny-partitions', 8), as: 'same' }],
    };
    const { reported, minor } = weigh(RUN, [group], () => replay);
    expect(reported.map(({ suspicion: { rule }, impact }) => [rule, impact.seconds])).toEqual([
      ['spark/aqe-disabled', 40],
    ]);
    expect(minor).toEqual([]);
  });

  it('weighs an effect by itself where its cause is minor and its remedy another one [insight-rules.causes-folded]', () => {
    const fewer: Change = { kind: 'executors', count: 1, coresEach: 2 };
    const effect = suspicion({ rule: 'spark/idle-cores', changes: [fewer], stages: [] });
    const replay = handMadeReplay(AS_RUN, ([change]) =>
      change?.kind === 'executors' ? { wallMs: 100_000, coreMs: 200_000 } : { wallMs: 99_000 },
    );
    const { reported, minor } = weigh(
      RUN,
      [{ cause: suspicion(), folded: [{ suspicion: effect, as: 'symptom' }] }],
      () => replay,
    );
    expect([reported.map((one) => one.suspicion.rule), minor.map((one) => one.suspicion.rule)]).toEqual([
      ['spark/idle-cores'],
      ['spark/task-skew'],
    ]);
  });
});
