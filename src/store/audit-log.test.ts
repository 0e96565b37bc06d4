import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../kernel/audit.ts';
import { openStore, type Store } from './open-store.ts';

let folder: string;
let store: Store;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-audit-'));
  store = await openStore({ path: join(folder, 'headgate.db') });
});

afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const entry = (over: Partial<AuditEntry>): AuditEntry => ({
  at: new Date('2026-01-02T03:04:05.678Z'),
  tenant: 'local',
  subject: 'me',
  via: 'cli',
  tool: 'list_stages',
  argumentsHash: 'abc',
  outcome: 'ok',
  durationMs: 1.5,
  ...over,
});

describe('the audit log', () => {
  it('gives back what was recorded: who, tool, argument hash, outcome and time [store.audit-log]', async () => {
    const recorded = entry({ tenant: 'one' });
    await store.audit.record(recorded);
    expect(await store.audit.recent({ tenant: 'one', limit: 10 })).toEqual([recorded]);
  });

  it('lists newest first, and entries of one moment in the reverse order of writing', async () => {
    const later = new Date('2026-01-02T03:04:06Z');
    for (const [tool, at] of [
      ['b', later],
      ['a', entry({}).at],
      ['c', later],
    ] as const) {
      await store.audit.record(entry({ tenant: 'order', tool, at }));
    }
    const listed = await store.audit.recent({ tenant: 'order', limit: 10 });
    expect(listed.map(({ tool }) => tool)).toEqual(['c', 'b', 'a']);
  });

  it('shows a tenant its own entries only', async () => {
    await store.audit.record(entry({ tenant: 'theirs' }));
    expect(await store.audit.recent({ tenant: 'nobody', limit: 10 })).toEqual([]);
  });

  it('keeps to one tool and to the limit when asked', async () => {
    for (const tool of ['x', 'y', 'x', 'x']) await store.audit.record(entry({ tenant: 'filter', tool }));
    const listed = await store.audit.recent({ tenant: 'filter', tool: 'x', limit: 2 });
    expect(listed.map(({ tool }) => tool)).toEqual(['x', 'x']);
  });

  it('takes text with quotes as text', async () => {
    const subject = "o'brien'; drop table audit; --";
    await store.audit.record(entry({ tenant: 'quotes', subject }));
    expect(await store.audit.recent({ tenant: 'quotes', limit: 1 })).toMatchObject([{ subject }]);
  });
});
