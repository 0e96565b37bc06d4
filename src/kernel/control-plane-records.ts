/** A version of the desired state as it is kept. */
export interface StoredVersion {
  /** From 1, without gaps when they are made; retention removes some. */
  readonly number: number;
  /** Hash of the content: 16 hexadecimal digits. */
  readonly version: string;
  readonly parent: string | null;
  readonly subject: string;
  readonly via: string;
  readonly reason: string | null;
  /** Epoch ms. */
  readonly at: number;
  readonly changedCount: number;
  readonly removedCount: number;
  /** `kind/name` of what changed, at most 20. */
  readonly objects: readonly string[];
  /** Groups of proxies whose snapshot changed, with its version. */
  readonly snapshots: Readonly<Record<string, string>>;
  /** False: only registered endpoints changed. Retention counts both sorts apart, so that replicas that come and go push no other version out. */
  readonly configuration: boolean;
  /** The audit entry that it was made with: unique, so that a write that is tried again knows its own. */
  readonly auditId: string;
}

/** An object of a version: JSON of its spec. */
export interface StoredObject {
  readonly kind: string;
  readonly name: string;
  readonly spec: string;
}

/** An object as it is from a version on; spec null: it is no more. */
export interface StoredObjectChange {
  readonly number: number;
  readonly kind: string;
  readonly name: string;
  readonly spec: string | null;
}

/** What was done, or refused, as it is kept. */
export interface StoredChangeAudit {
  /** Sorts by time. */
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  readonly subject: string;
  readonly via: string;
  readonly reason: string | null;
  readonly action: string;
  readonly outcome: string;
  readonly error: string | null;
  readonly fromVersion: string | null;
  readonly toVersion: string | null;
  /** JSON text. */
  readonly difference: string;
  /** As of a version. */
  readonly configuration: boolean;
}

/** What a proxy refused, as it is kept. */
export interface StoredRefusal {
  /** Sorts by time. */
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  /** JSON text. */
  readonly record: string;
}

/** What is written at once, all or nothing. */
export interface VersionBatch {
  /** Number of the version that the first of `versions` follows; 0: there is none yet. */
  readonly after: number;
  /** With numbers that follow on `after`. */
  readonly versions: readonly StoredVersion[];
  readonly objects: readonly StoredObjectChange[];
  readonly audits: readonly StoredChangeAudit[];
}

/** What is kept, and how much of it. Null: without limit. */
export interface HistoryRetention {
  /** Newest versions that are kept of each sort, configuration and registrations. */
  readonly versions: number;
  /** Newest audit entries that are kept of each sort. */
  readonly audits: number;
  readonly refusals: number;
  /** Older ones go, also when there are few. Epoch ms; null: age does not matter. */
  readonly before: number | null;
  /** Numbers of versions that stay in any case; the newest one always does. */
  readonly always: readonly number[];
}

/**
 * The memory of a control plane. Several control planes may share one. Errors of every method: those of the store, `unavailable`
 * among them when it cannot be reached.
 */
export interface ControlPlaneRecords {
  /** The newest version; null: none yet. */
  head(): Promise<StoredVersion | null>;
  /** Writes versions with their objects and audit. False: the newest version is not `after`, somebody else was first; nothing is written. */
  commit(batch: VersionBatch): Promise<boolean>;
  /** Objects of a version. Cost: the objects, and the changes that are kept of them. */
  objectsAt(number: number): Promise<StoredObject[]>;
  /** What leads from one version to a later one, each object once, as it is in the later. */
  changesBetween(after: number, until: number): Promise<StoredObjectChange[]>;
  findByNumber(number: number): Promise<StoredVersion | null>;
  /** The newest versions whose hash begins so, each hash once, at most `limit`. */
  findByHash(prefix: string, limit: number): Promise<StoredVersion[]>;
  /** Newest first; `before` is a number. */
  versions(page: {
    readonly limit: number;
    readonly before: number | null;
  }): Promise<{ versions: StoredVersion[]; total: number }>;
  /** Newest first; `before` is an id. */
  audits(page: {
    readonly limit: number;
    readonly before: string | null;
  }): Promise<{ audits: StoredChangeAudit[]; total: number }>;
  addRefusals(refusals: readonly StoredRefusal[]): Promise<void>;
  /** Newest first. */
  refusals(limit: number): Promise<StoredRefusal[]>;
  /** Small facts that outlive a restart, such as the version that was acknowledged last. */
  setMark(name: string, value: string): Promise<void>;
  mark(name: string): Promise<string | null>;
  /** Extends leases of registered endpoints, never shortens one. Moments are epoch ms. */
  renewLeases(leases: ReadonlyArray<{ readonly id: string; readonly until: number }>): Promise<void>;
  /** Until when leases last that were renewed at least once, by any control plane. */
  leases(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  removeLeases(ids: readonly string[]): Promise<void>;
  /** Removes what is older than is kept. Every version that stays can be read as before. */
  prune(retention: HistoryRetention, signal?: AbortSignal): Promise<void>;
}
