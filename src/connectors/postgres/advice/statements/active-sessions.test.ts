import { expect, it } from 'vitest';
import { type ActiveSession, blockingChains } from './active-sessions.ts';

const session = (pid: number, blockedBy: number[] = [], stateMs = 1000): ActiveSession => ({
  pid,
  database: 'main',
  user: 'app',
  application: 'app',
  client: 'local',
  kind: 'client backend',
  state: 'active',
  wait: blockedBy.length > 0 ? 'Lock: transactionid' : null,
  startedAt: '2026-11-01T00:00:00.000000Z',
  stateMs,
  transactionMs: stateMs,
  blockedBy,
  query: 'update t set a = 1',
});
const shape = (sessions: ActiveSession[]) =>
  blockingChains(sessions).map(({ root, waiters }) => [
    root.pid,
    waiters.map(({ session: { pid }, depth }) => `${pid}@${depth}`),
  ]);

it('follows who waits for whom to the root [postgres-advice.active-queries]', () => {
  expect(shape([session(1), session(2, [1]), session(3, [2]), session(4)])).toEqual([[1, ['2@1', '3@2']]]);
});

it('puts the root with most waiting sessions first [postgres-advice.active-queries]', () => {
  expect(
    shape([session(1), session(2, [1]), session(5), session(6, [5]), session(7, [5])]).map(([pid]) => pid),
  ).toEqual([5, 1]);
});

it('keeps a long queue a queue, although everybody waits for all before [postgres-advice.active-queries]', () => {
  const queue = Array.from({ length: 200 }, (_, index) =>
    session(
      index + 2,
      Array.from({ length: index + 1 }, (_one, at) => at + 1),
    ),
  );
  const [chain] = blockingChains([session(1), ...queue]);
  expect(chain?.waiters.length).toBe(200);
});

it('ends in a circle, and leaves out who waits for a prepared transaction', () => {
  expect(shape([session(1, [2]), session(2, [1])])).toEqual([[1, ['2@1']]]);
  expect(shape([session(1, [0])])).toEqual([]);
});
