import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { CATALOG } from './catalog.ts';
import { ADVISERS, CAUSES } from './causes.ts';
import { foldEffects, type RuledSuspicion } from './fold.ts';
import { mergeGroup } from './group.ts';

/** Four cores over a minute, of which nothing ran a task: a stage of half a minute. */
const RUN = describeRun(
  buildApplication({
    jobs: [{ jobId: 0, to: 60_000 }],
    stages: [{ stageId: 0, jobIds: [0], from: 0, to: 30_000, tasks: [{ to: 30_000 }] }],
  }),
);

function suspicion(rule: string, stages: readonly string[], parts: Partial<RuledSuspicion> = {}): RuledSuspicion {
  return {
    rule: `spark/${rule}`,
    title: rule,
    severity: 'info',
    impact: { seconds: 10, share: 0.1, share_of: 'wall_time' },
    confidence: 0.9,
    evidence: [{ fact: `${rule} was seen`, address: stages[0] ?? 'run' }],
    advice: [`remedy ${rule}`],
    stages,
    ...parts,
  };
}

/** Rules by cause, in short. */
const folded = (...suspicions: RuledSuspicion[]) =>
  foldEffects(RUN, suspicions).map(({ cause, folded: under }) =>
    [cause.title, ...under.map(({ suspicion: { title }, as }) => `${as} ${title}`)].join(' > '),
  );

describe('folding', () => {
  it('puts what follows in the same stages under its cause, and nothing of other stages [insight-rules.causes-folded]', () => {
    expect(
      folded(
        suspicion('huge-partitions', ['stages/1.0', 'stages/2.0']),
        suspicion('disk-spill', ['stages/2.0']),
        suspicion('gc-pressure', ['stages/2.0', 'stages/3.0']),
      ),
    ).toEqual(['huge-partitions > effect disk-spill', 'gc-pressure']);
  });

  it('takes later attempts of a stage for the same stage', () => {
    expect(folded(suspicion('huge-partitions', ['stages/2.0']), suspicion('disk-spill', ['stages/2.1']))).toEqual([
      'huge-partitions > effect disk-spill',
    ]);
  });

  it('blames a hot task only for what one task accounts for', () => {
    const skew = suspicion('task-skew', ['stages/1.0']);
    const spill = (concentrated: boolean) => suspicion('disk-spill', ['stages/1.0'], { concentrated });
    expect([folded(skew, spill(true)), folded(skew, spill(false))]).toEqual([
      ['task-skew > symptom disk-spill'],
      ['task-skew', 'disk-spill'],
    ]);
  });

  it('follows causes to the last one', () => {
    expect(
      folded(
        suspicion('low-cpu', ['stages/1.0']),
        suspicion('disk-spill', ['stages/1.0']),
        suspicion('huge-partitions', ['stages/1.0']),
        suspicion('shuffle-partitions', ['stages/1.0']),
      ),
    ).toEqual(['shuffle-partitions > effect disk-spill > effect huge-partitions > effect low-cpu']);
  });

  it('explains idle cores by causes that leave half of them idle, alone or together', () => {
    const idle = suspicion('idle-cores', [], { idleCoreMs: 100_000 });
    const skew = (idleCoreMs: number, id: number) =>
      suspicion('task-skew', [`stages/${id}.0`], { idleCoreMs, title: `skew ${id}` });
    expect([
      folded(idle, skew(50_000, 1)),
      folded(idle, skew(49_999, 1)),
      folded(idle, skew(25_000, 1), skew(25_000, 2)),
    ]).toEqual([['skew 1 > symptom idle-cores'], ['idle-cores', 'skew 1'], ['skew 1 > symptom idle-cores', 'skew 2']]);
  });

  it('counts all idle cores of the stages of a cause that does not say how many', () => {
    const idle = (idleCoreMs: number) => suspicion('idle-cores', [], { idleCoreMs });
    const narrow = suspicion('low-parallelism', ['stages/0.0']);
    // Three of four cores for half a minute.
    expect([folded(idle(180_000), narrow), folded(idle(180_001), narrow)]).toEqual([
      ['low-parallelism > symptom idle-cores'],
      ['idle-cores', 'low-parallelism'],
    ]);
  });

  it('puts what would change in the same way under what changes it', () => {
    const cut = (rule: string, stageRow: number): RuledSuspicion =>
      suspicion(rule, [`stages/${stageRow}.0`], {
        changes: [{ kind: 'repartition', stageRow, taskCount: 2, overheadMs: 0 }],
      });
    expect([
      folded(cut('aqe-disabled', 1), cut('tiny-partitions', 1)),
      folded(cut('aqe-disabled', 1), cut('tiny-partitions', 2)),
    ]).toEqual([['aqe-disabled > same tiny-partitions'], ['aqe-disabled', 'tiny-partitions']]);
  });

  it('makes a setting part of the advice where it explains a problem, and leaves it alone where it does not', () => {
    const off = suspicion('aqe-disabled', []);
    expect([folded(off, suspicion('missed-broadcast', ['stages/1.0'])), folded(off)]).toEqual([
      ['missed-broadcast > advice aqe-disabled'],
      ['aqe-disabled'],
    ]);
  });

  it('keeps every suspicion in exactly one group, whatever the order', () => {
    const rules = Object.keys(CATALOG).map((rule) =>
      suspicion(rule.replace('spark/', ''), ['stages/0.0'], { concentrated: true }),
    );
    const groups = foldEffects(RUN, rules);
    const seen = groups.flatMap(({ cause, folded: under }) => [cause, ...under.map((one) => one.suspicion)]);
    expect(seen.map(({ rule }) => rule).sort()).toEqual(rules.map(({ rule }) => rule).sort());
    const asText = (list: readonly RuledSuspicion[]) => folded(...list).sort();
    expect(asText(rules.toReversed())).toEqual(asText(rules));
  });

  it('has a table without circles, of rules that there are', () => {
    const next = new Map<string, Set<string>>();
    const links = [
      ...CAUSES.flatMap(({ cause, effects }) => effects.map((effect) => [effect, cause])),
      ...[...ADVISERS].flatMap(([adviser, advised]) => advised.map((cause) => [adviser, cause])),
    ];
    for (const [effect = '', cause = ''] of links) {
      expect([CATALOG[effect], CATALOG[cause]]).not.toContain(undefined);
      next.set(effect, (next.get(effect) ?? new Set()).add(cause));
    }
    const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
      [...(next.get(from) ?? [])].some(
        (cause) => cause === to || (!seen.has(cause) && reaches(cause, to, seen.add(cause))),
      );
    expect(Object.keys(CATALOG).filter((rule) => reaches(rule, rule))).toEqual([]);
  });
});

describe('a group as one finding', () => {
  const cause = suspicion('huge-partitions', ['stages/1.0'], { conf: { 'spark.sql.shuffle.partitions': '400' } });
  const merged = (as: 'effect' | 'symptom' | 'advice') =>
    mergeGroup({
      cause,
      folded: [
        {
          as,
          suspicion: suspicion('disk-spill', ['stages/1.0'], {
            advice: ['Set spark.sql.shuffle.partitions=900.', 'Raise spark.executor.memory.'],
            conf: { 'spark.sql.shuffle.partitions': '900', 'spark.executor.memory': '8g' },
          }),
        },
      ],
    });

  it('shows what follows as evidence, and takes over advice and properties that do not contradict [insight-rules.causes-folded]', () => {
    const { evidence, advice, conf } = merged('effect');
    expect(evidence.map(({ fact }) => fact)).toEqual([
      'huge-partitions was seen',
      'Follows from it (spark/disk-spill): disk-spill was seen',
    ]);
    expect(advice).toEqual(['remedy huge-partitions', 'Raise spark.executor.memory.']);
    expect(conf).toEqual({ 'spark.sql.shuffle.partitions': '400', 'spark.executor.memory': '8g' });
  });

  it('does not send the reader of a cause to the cause', () => {
    const effect = suspicion('task-failures', [], {
      advice: ['Executors died: see spark/executor-loss.', 'Retry less.'],
    });
    const { advice } = mergeGroup({
      cause: suspicion('executor-loss', []),
      folded: [{ suspicion: effect, as: 'effect' }],
    });
    expect(advice).toEqual(['remedy executor-loss', 'Retry less.']);
  });

  it('takes nothing over from a symptom, whose remedy would miss the cause', () => {
    expect([merged('symptom').advice, merged('symptom').conf]).toEqual([['remedy huge-partitions'], cause.conf]);
  });

  it('begins with what a setting advises', () => {
    expect(merged('advice').advice).toEqual(['Raise spark.executor.memory.', 'remedy huge-partitions']);
  });
});
