import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import type {
  Operation,
  OperationFilter,
  OperationRecordsPort,
  OperationsPort,
  OrphanedOperation,
  Recover,
} from '../../kernel/operation.ts';
import { newOperationId } from './operation-id.ts';
import { endedElsewhere, type Report, RunningOperation } from './running-operation.ts';

export type { Report } from './running-operation.ts';

/** Operations of this process, over the store. */
export interface Operations extends OperationsPort {
  /** Newest first, without results. */
  list(tenant: string, filter: OperationFilter): Promise<{ operations: Operation[]; total: number }>;
  /** How many run in this process. */
  running(): number;
  /** Takes over what dead processes left, and does so from now on. */
  open(): Promise<void>;
  /** Aborts what runs here, so that another process takes it over or it fails as `aborted`. */
  close(): Promise<void>;
}

/** What operations are made of. */
export interface OperationsParts {
  readonly records: OperationRecordsPort;
  /** Epoch ms. */
  readonly clock: () => number;
  /** Told of what goes wrong while nobody waits for it. */
  readonly report: Report;
  /** How long others believe that a process which no longer says so works on an operation. Milliseconds. */
  readonly leaseMs?: number;
  /** How often leases are renewed, progress is written and wishes to cancel are seen. Milliseconds. */
  readonly heartbeatMs?: number;
  /** How often orphans are looked for. Milliseconds. */
  readonly takeOverMs?: number;
  /** How long closing waits for aborted work to stop. Milliseconds. */
  readonly closeMs?: number;
}

/** Long enough for a pause of the machine or the store, short enough to wait for. */
const LEASE_MS = 30_000;
const HEARTBEAT_MS = 2_000;
const TAKE_OVER_MS = 5_000;
const CLOSE_MS = 5_000;
/** Orphans of one tenant that a process takes at once: others get some too. */
const TAKEN_AT_ONCE = 50;
/** An operation on which so many processes died is not tried again: it may be why. */
const MAX_CRASHES = 3;
/** Between two looks at an operation that runs elsewhere. Milliseconds. */
const FIRST_LOOK_MS = 100;
const LATER_LOOK_MS = 1_000;
/** The longest that a timer can wait. Milliseconds. */
const MAX_TIMER_MS = 2_147_483_647;

/** Long runs over the store: each is a row with a lease, which its process renews as long as it lives. */
export function createOperations(parts: OperationsParts): Operations {
  const { records, clock, report } = parts;
  const { leaseMs = LEASE_MS, heartbeatMs = HEARTBEAT_MS, takeOverMs = TAKE_OVER_MS, closeMs = CLOSE_MS } = parts;
  const owner = randomBytes(12).toString('base64url');
  const active = new Map<string, RunningOperation>();
  const recoveries = new Map<string, Recover>();
  const timers = new Set<NodeJS.Timeout>();
  let closing = false;

  const lease = () => ({ owner, until: clock() + leaseMs });
  /** The row; what runs here knows its progress better. */
  const find = async (tenant: string, id: string): Promise<Operation> => {
    const row = (await records.find(tenant, id)) ?? unknownOperation(id, await recentIds(tenant));
    const progress = row.state === 'running' ? active.get(keyOf(tenant, id))?.progress : null;
    return progress ? { ...row, progress } : row;
  };
  const recentIds = async (tenant: string) =>
    (await records.list(tenant, { limit: 50 })).operations.map((operation) => operation.id);

  /** Every so often, never two rounds at once. */
  const repeatedly = (ms: number, what: string, round: () => Promise<void>): void => {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      round()
        .catch((error: unknown) => report(what, error))
        .finally(() => {
          busy = false;
        });
    }, ms);
    timer.unref();
    timers.add(timer);
  };

  let beating = false;
  const begin = (operation: Pick<Operation, 'id' | 'tenant' | 'subject' | 'tool'>, work: Work): void => {
    const { id, tenant, tool } = operation;
    const running = new RunningOperation(operation, work, {
      records,
      clock,
      report,
      owner,
      lease,
      retryMs: heartbeatMs,
      recoverable: recoveries.has(tool),
    });
    const key = keyOf(tenant, id);
    active.set(key, running);
    void running.ended.then(() => active.delete(key));
    if (beating) return;
    beating = true;
    repeatedly(heartbeatMs, 'An operation could not say that it is alive.', async () => {
      await Promise.all([...active.values()].map((one) => one.beat()));
    });
  };

  /** What cannot go on is told so: nobody waits for an operation that no process works on. */
  const adopt = async (orphan: OrphanedOperation): Promise<void> => {
    const recover = recoveries.get(orphan.tool);
    const { payload } = orphan;
    if (recover === undefined || payload === null || orphan.crashes >= MAX_CRASHES) {
      await records.end({ ...orphan, now: clock() }, owner, endedElsewhere(orphan));
      return;
    }
    begin(orphan, (context) => recover(payload, context));
  };

  const takeOver = async (): Promise<void> => {
    if (closing) return;
    const orphans = await records.takeOver(clock(), lease(), TAKEN_AT_ONCE);
    for (const orphan of orphans) await adopt(orphan);
  };

  return {
    async start({ tenant, subject }, { id = newOperationId(), tool, title, payload, work }) {
      if (closing) {
        throw new HeadgateError('unavailable', 'This gateway is shutting down.', { hint: 'Try again in a moment.' });
      }
      const createdAt = clock();
      const row = { id, tenant, subject, tool, title, createdAt, payload: payload ?? null };
      await records.create(row, lease());
      begin(row, work);
      return { ...row, state: 'running', progress: null, cancelRequested: false, ...NOT_ENDED, updatedAt: createdAt };
    },
    recoverWith(tool, recover) {
      recoveries.set(tool, recover);
    },
    get: find,
    async settled(tenant, id, ms, signal) {
      const until = performance.now() + ms;
      const here = active.get(keyOf(tenant, id));
      if (here !== undefined) await rest(ms, here.ended, signal);
      for (let look = FIRST_LOOK_MS; ; look = Math.min(look * 2, LATER_LOOK_MS)) {
        throwIfCancelled(signal);
        const operation = await find(tenant, id);
        const left = until - performance.now();
        if (operation.state !== 'running' || left <= 0) return operation;
        await rest(Math.min(look, left), active.get(keyOf(tenant, id))?.ended, signal);
      }
    },
    async cancel(tenant, id) {
      const operation = await records.requestCancel(tenant, id, clock());
      if (operation === null) return unknownOperation(id, await recentIds(tenant));
      active.get(keyOf(tenant, id))?.cancel();
      return operation;
    },
    list: records.list,
    running: () => active.size,
    async open() {
      repeatedly(takeOverMs, 'Operations of processes that ended could not be taken over.', takeOver);
      await takeOver();
    },
    async close() {
      closing = true;
      const stopped = [...active.values()].map((one) => one.stop());
      await rest(closeMs, Promise.all(stopped));
      for (const timer of timers) clearInterval(timer);
    },
  };
}

type Work = Parameters<OperationsPort['start']>[1]['work'];

const NOT_ENDED = { endedAt: null, result: null, error: null } as const;

const keyOf = (tenant: string, id: string): string => JSON.stringify([tenant, id]);

/** Waits for so long, until something has happened, or until the signal is aborted. */
async function rest(ms: number, event?: Promise<unknown>, signal?: AbortSignal): Promise<void> {
  const over = new AbortController();
  const stop = () => over.abort();
  signal?.addEventListener('abort', stop, { once: true });
  const time = pause(Math.min(Math.max(ms, 0), MAX_TIMER_MS), undefined, { signal: over.signal }).catch(() => {});
  await Promise.race([time, ...(event === undefined ? [] : [event])]);
  signal?.removeEventListener('abort', stop);
  stop();
}

function unknownOperation(id: string, known: readonly string[]): never {
  throw new HeadgateError('not_found', `There is no operation ${JSON.stringify(id.slice(0, 80))}.`, {
    hint: 'list_operations lists those that there are; ended ones are forgotten after some days.',
    details: { nearest: nearest(id, known) },
  });
}
