import { describe, expect, it } from 'vitest';
import { Identities } from './identities.ts';

describe('names of people and machines', () => {
  it('are found in texts however long they are [fuzz.logs]', () => {
    const long = '<'.repeat(100_000);
    const identities = new Identities({
      user: 'alice',
      executors: [{ host: long }, { host: 'node17' }],
      tasks: { hosts: [] },
      environment: { spark: {}, system: {} },
    });
    expect(identities.text(`alice lost ${long} and node17`)).toBe('user-1 lost host-1 and host-2');
  });
});
