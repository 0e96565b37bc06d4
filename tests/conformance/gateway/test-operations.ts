import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createOperations, type Operations } from '../../../src/gateway/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import type { OperationsOptions } from './without-operations.ts';

/** Operations and approvals over a store of their own, which goes with the test. */
export async function openOperations(): Promise<OperationsOptions & { store: Store; operations: Operations }> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-operations-'));
  const store = await openStore({ path: join(folder, 'headgate.sqlite') });
  const operations = createOperations({
    records: store.operations,
    clock: Date.now,
    report: () => {},
    heartbeatMs: 20,
  });
  onTestFinished(async () => {
    await operations.close();
    await store.close();
    await rm(folder, { recursive: true });
  });
  return { store, operations, approvals: { records: store.approvals, ttlMs: 60_000 }, waitMs: 60_000 };
}
