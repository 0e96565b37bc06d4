import type { GatewayOptions } from '../../../src/gateway/index.ts';

/** What a gateway needs for operations and approvals. */
export type OperationsOptions = Pick<GatewayOptions, 'operations' | 'approvals' | 'waitMs'>;

/** For gateways whose tools neither take long nor need approval. */
export function withoutOperations(): OperationsOptions {
  const absent = () => Promise.reject(new Error('This gateway has no store.'));
  return {
    operations: {
      start: absent,
      get: absent,
      settled: absent,
      cancel: absent,
      list: absent,
      recoverWith: () => {},
      running: () => 0,
      open: async () => {},
      close: async () => {},
    },
    approvals: { records: { create: absent, consume: absent }, ttlMs: 0 },
    waitMs: 0,
  };
}
