import type { Caller } from './caller.ts';
import type { ErrorBody } from './errors.ts';
import type { Output, Progress } from './tool.ts';

/** How far a long run is. The last three are final. */
export const OPERATION_STATES = ['running', 'succeeded', 'failed', 'cancelled'] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** A run that outlives the call that began it, as the store keeps it. */
export interface Operation {
  /** Cannot be guessed. */
  readonly id: string;
  readonly tenant: string;
  readonly subject: string;
  /** Tool that began it. */
  readonly tool: string;
  /** What runs, a short name. */
  readonly title: string;
  readonly state: OperationState;
  readonly progress: Progress | null;
  /** Somebody asked it to end; it may still be ending. */
  readonly cancelRequested: boolean;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt: number | null;
  /** What it came to; null unless it succeeded. */
  readonly result: Output | null;
  /** Null unless it failed or was cancelled. */
  readonly error: ErrorBody | null;
}

/** What the work of an operation gets. */
export interface OperationContext {
  readonly id: string;
  readonly caller: Pick<Caller, 'tenant' | 'subject'>;
  /** Aborted when it is cancelled, from whichever process, or when this process closes. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/** What is begun. */
export interface OperationStart {
  /** Made when absent. */
  readonly id?: string;
  readonly tool: string;
  readonly title: string;
  /** JSON that `recover` needs, such as the arguments or the id of a job on a platform. No secrets. */
  readonly payload?: Output;
  readonly work: (context: OperationContext) => Promise<Output>;
}

/**
 * What becomes of an operation whose process died: it goes on from its payload, on whichever process takes it over. Throws to
 * make it failed. One that was cancelled meanwhile begins all the same, and its signal is aborted soon after: what runs on a
 * platform can then be ended there.
 */
export type Recover = (payload: Output, context: OperationContext) => Promise<Output>;

/** Long runs of every room, kept in the store. Implemented by the gateway. */
export interface OperationsPort {
  /** Begins the work and returns at once. Errors: those of the store: what cannot be kept is not begun. */
  start(caller: Pick<Caller, 'tenant' | 'subject'>, start: OperationStart): Promise<Operation>;
  /**
   * Says what to do with operations of a tool whose process died. Without it they fail with `aborted`, and say that the gateway
   * that ran them ended. Called before the gateway opens.
   */
  recoverWith(tool: string, recover: Recover): void;
  /** Errors: `not_found`, also when it is another tenant's. */
  get(tenant: string, id: string): Promise<Operation>;
  /** Waits until it has ended or `ms` are over. Gives its state then. Errors: as `get`; `cancelled` when the signal is aborted. */
  settled(tenant: string, id: string, ms: number, signal?: AbortSignal): Promise<Operation>;
  /** Asks it to end; its work sees an aborted signal, in whichever process it runs. Ended operations stay as they are. */
  cancel(tenant: string, id: string): Promise<Operation>;
}

/** Which process works on an operation, and until when others believe it. */
export interface Lease {
  readonly owner: string;
  /** Epoch ms. Clocks of machines that share a store may differ by far less than a lease is long. */
  readonly until: number;
}

/** An operation that was taken over, with what is needed to go on. */
export interface OrphanedOperation extends Operation {
  readonly payload: Output | null;
  /** How often a process died while it worked on this. */
  readonly crashes: number;
}

/** How an operation ended. */
export type OperationEnding =
  | { readonly state: 'succeeded'; readonly result: Output; readonly progress: Progress | null }
  | { readonly state: 'failed' | 'cancelled'; readonly error: ErrorBody; readonly progress: Progress | null };

/** Which operations are listed. */
export interface OperationFilter {
  readonly states?: readonly OperationState[];
  readonly tool?: string;
  readonly limit: number;
  /** So many of the newest are left out. */
  readonly offset?: number;
}

/** Rows of operations. Several processes share them: whoever does not hold the lease changes nothing but the wish to cancel. */
export interface OperationRecordsPort {
  create(
    operation: Pick<Operation, 'id' | 'tenant' | 'subject' | 'tool' | 'title' | 'createdAt'> & {
      payload: Output | null;
    },
    lease: Lease,
  ): Promise<void>;
  /** Null when the tenant has no such operation. */
  find(tenant: string, id: string): Promise<Operation | null>;
  /** Newest first, without results. */
  list(tenant: string, filter: OperationFilter): Promise<{ operations: Operation[]; total: number }>;
  /** Keeps the lease and the progress, when there is some. Gives whether it is to end; null when it is no longer the owner's. */
  renew(
    at: { tenant: string; id: string; now: number },
    lease: Lease,
    progress: Progress | null,
  ): Promise<{ cancelRequested: boolean } | null>;
  /** Writes the end. False when it is no longer the owner's. */
  end(at: { tenant: string; id: string; now: number }, owner: string, ending: OperationEnding): Promise<boolean>;
  /** Ends the lease, so that it is taken over at once. */
  release(tenant: string, id: string, owner: string): Promise<void>;
  /** Notes that it is to end, when it runs. Null when the tenant has no such operation. */
  requestCancel(tenant: string, id: string, now: number): Promise<Operation | null>;
  /** Gives every running operation whose lease ended before `now`, of every tenant, to a new owner; each to one only. At most `limit` a tenant. */
  takeOver(now: number, lease: Lease, limit: number): Promise<OrphanedOperation[]>;
}
