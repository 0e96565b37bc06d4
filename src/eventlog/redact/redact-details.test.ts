import { describe, expect, it } from 'vitest';
import type { Accumulator } from '../model/application.ts';
import { redactDetails } from './redact-details.ts';

const accumulators: Accumulator[] = [{ id: 7, name: 'rows of user-1', value: 3, text: '3' }];
const stages = [{ accumulators }];
const details = {
  sqlMetrics: new Map([[0, new Map([[1, '12.0 MiB']])]]),
  taskAccumulables: new Map([
    [
      4,
      [
        { id: 7, name: 'rows of alice.jones', update: '3', value: '-1.5E3' },
        { id: 8, name: 'seen by alice.jones', update: null, value: '[Guineafowl, token=hunter2hunter2]' },
      ],
    ],
  ]),
  gaps: [],
};

describe('details of tasks', () => {
  it('keep what programs gathered at the level secrets, without secrets [privacy.details]', () => {
    const [, seen] = redactDetails(details, { stages }, 'secrets').taskAccumulables.get(4) ?? [];
    expect(seen).toEqual({
      id: 8,
      name: 'seen by alice.jones',
      update: null,
      value: '[Guineafowl, token=*********(redacted)]',
    });
  });

  it.each(['literals', 'identities'] as const)(
    'keep numbers and the names of their stage at %s [privacy.details]',
    (level) => {
      const masked = redactDetails(details, { stages }, level);
      expect(masked.taskAccumulables.get(4)).toEqual([
        { id: 7, name: 'rows of user-1', update: '3', value: '-1.5E3' },
        { id: 8, name: '?', update: null, value: '?' },
      ]);
      expect(masked.sqlMetrics).toBe(details.sqlMetrics);
    },
  );
});
