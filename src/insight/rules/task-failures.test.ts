import { describe, expect, it } from 'vitest';
import { oneStage, type TaskSketch } from '../fixtures/application-builder.ts';
import { found } from '../fixtures/found.ts';

const ok = (count: number): TaskSketch[] => Array.from({ length: count }, () => ({ to: 10_000 }));
const bad = (count: number, error: string, ms = 1000): TaskSketch[] =>
  Array.from({ length: count }, () => ({ outcome: 'FAILED' as const, error, to: ms, measured: false }));
const failuresOf = (tasks: TaskSketch[]) => found('spark/task-failures', oneStage(tasks));

describe('spark/task-failures', () => {
  it('groups failures by their root cause and quotes it', () => {
    const [finding] = failuresOf([
      ...ok(10),
      ...bad(2, 'java.lang.RuntimeException: row 17 is bad\n\tat Orders.scala:1'),
      ...bad(1, 'java.lang.RuntimeException: row 18 is bad\n\tat Orders.scala:1'),
      ...bad(1, 'ExecutorLostFailure (executor 3 exited) Reason: Container killed by YARN'),
    ]);
    expect(finding?.title).toBe('4 of 14 task attempts failed');
    expect(finding?.evidence.map(({ address, fact }) => `${address}: ${fact}`)).toEqual([
      'stages/0.0/tasks/10: 4 attempts failed (29 %) after 4 s of task time.',
      'stages/0.0/tasks/10: 3 × «java.lang.RuntimeException: row 17 is bad» in stages/0.0.',
      'stages/0.0/tasks/13: 1 × «ExecutorLostFailure (executor 3 exited) Reason: Container killed by YARN» in stages/0.0.',
    ]);
  });

  it('is information for a failure that cost next to nothing, and a warning from ten failures or a tenth', () => {
    const severityOf = (tasks: TaskSketch[]) => failuresOf(tasks)[0]?.severity;
    expect([
      severityOf([...ok(100), ...bad(1, 'x', 1)]),
      severityOf([...ok(100), ...bad(10, 'x', 1)]),
      severityOf([...ok(9), ...bad(1, 'x', 1)]),
    ]).toEqual(['info', 'warning', 'warning']);
  });

  it('promises no time for a task that never succeeded: its work would have taken it [insight-rules.failures-stand]', () => {
    const attempts = (index: number, last: 'FAILED' | 'SUCCESS'): TaskSketch[] => [
      { ...bad(1, 'x', 10_000)[0], index, attempt: 0 },
      { from: 10_000, to: 20_000, outcome: last, index, attempt: 1 },
    ];
    const saved = (last: 'FAILED' | 'SUCCESS') =>
      found('spark/task-failures', oneStage(attempts(0, last), { length: 20_000 }))[0]?.impact;
    expect(saved('SUCCESS')).toMatchObject({ seconds: 10, basis: 'replay' });
    expect(saved('FAILED')?.basis).not.toBe('replay');
  });

  it('does not count killed attempts', () => {
    expect(failuresOf([...ok(4), { outcome: 'KILLED', to: 30_000 }])).toEqual([]);
  });

  it('does not claim that a task failed whose end has an unknown reason, and counts those ends [insight.unknown-reasons-counted]', () => {
    const findings = failuresOf(bad(30, 'UnknownReason'));
    expect(findings.map(({ severity, title, evidence }) => [severity, title, evidence[0]?.fact])).toEqual([
      [
        'info',
        '30 task ends of 30 without a known reason',
        '30 task ends have an unknown reason and are not counted as failed: nothing else says so.',
      ],
    ]);
  });

  it('counts it as failed where the same task was tried again [insight.unknown-reasons-counted]', () => {
    const [first, second] = bad(2, 'UnknownReason');
    const [finding] = failuresOf([
      { ...first, index: 0, attempt: 0 },
      { ...ok(1)[0], index: 0, attempt: 1 },
      { ...second, index: 2, attempt: 0 },
    ]);
    expect([finding?.title, finding?.evidence.at(-1)?.fact]).toEqual([
      '1 of 3 task attempts failed',
      '1 task end has an unknown reason and is not counted as failed: nothing else says so.',
    ]);
  });

  it('counts the kinds of failure that it does not quote', () => {
    const kinds = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'].flatMap((kind) => bad(1, `${kind} failed`));
    expect(failuresOf([...ok(1), ...kinds])[0]?.evidence.at(-1)?.fact).toBe('2 more failures of 2 other kinds.');
  });

  it('masks secrets in the quoted error [insight.secrets-redacted]', () => {
    const [finding] = failuresOf(bad(1, 'java.sql.SQLException: jdbc:postgresql://etl:hunter2@db/orders refused'));
    expect(JSON.stringify(finding)).not.toContain('hunter2');
  });
});
