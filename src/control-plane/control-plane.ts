import type { DesiredState, Kind, ObjectChange } from './desired-state/desired-state.ts';
import type { Problem } from './problem.ts';
import type { ProxyStatus, Refusal } from './proxy.ts';
import type { Resource } from './resource.ts';
import type { Snapshot } from './snapshot/snapshot.ts';

/** Who changes something, and why. */
export interface Author {
  readonly subject: string;
  /** `api`, `file`, `rollback-on-nack`, `registration`, `start`. */
  readonly via: string;
  readonly reason: string | null;
}

/** A version of the desired state, as history has it. One content can be the current one several times: each time has a number. */
export interface VersionRecord {
  /** From 1, without gaps. */
  readonly number: number;
  /** Hash of the content. */
  readonly version: string;
  /** Hash before it. */
  readonly parent: string | null;
  readonly author: Author;
  /** Epoch ms. */
  readonly at: number;
  readonly changedCount: number;
  readonly removedCount: number;
  /** `kind/name` of what changed, at most 20. */
  readonly objects: readonly string[];
  /** Groups whose snapshot changed, with its version. */
  readonly snapshots: Readonly<Record<string, string>>;
}

/** One object in two versions. */
export interface ObjectDifference {
  readonly kind: Kind;
  readonly name: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** JSON pointers below the spec, with what was there and what is. Absent values are null with `was`/`is` missing. */
  readonly fields: ReadonlyArray<{ readonly pointer: string; readonly was?: unknown; readonly is?: unknown }>;
}

/** A resource of Envoy in two versions of a group's snapshot. */
export interface ResourceDifference {
  readonly group: string;
  readonly typeUrl: string;
  readonly name: string;
  readonly change: 'added' | 'changed' | 'removed';
}

export interface Comparison {
  readonly from: string;
  readonly to: string;
  readonly objects: readonly ObjectDifference[];
  readonly resources: readonly ResourceDifference[];
}

/** What was done, or refused, and by whom. */
export interface ChangeAudit {
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  readonly author: Author;
  /** `apply`, `rollback`, `register`, `deregister`. */
  readonly action: string;
  readonly outcome: 'applied' | 'unchanged' | 'refused';
  /** Code and message where it was refused. */
  readonly error: string | null;
  readonly fromVersion: string | null;
  readonly toVersion: string | null;
  /** What changed, field by field; cut to 200 fields, with `cut: true`. */
  readonly difference: { readonly objects: readonly ObjectDifference[]; readonly cut: boolean };
}

export interface ApplyOptions {
  /** The version that the author saw; another one is current: `aborted`. Null: whatever is current. */
  readonly expected: string | null;
  /** The version of the one object that the author saw, as its ETag says. */
  readonly expectedObject?: { readonly kind: Kind; readonly name: string; readonly version: string | null };
  readonly dryRun: boolean;
  /** Replaces the whole state: what `changes` does not name is removed. */
  readonly replace?: boolean;
}

export interface Applied {
  readonly version: string;
  readonly parent: string;
  /** False: the state was so already. */
  readonly changed: boolean;
  readonly comparison: Comparison;
  readonly warnings: readonly Problem[];
}

/** The heart: the desired state, its history, and the snapshots made from it. */
export interface ControlPlane {
  readonly state: DesiredState;
  readonly version: string;
  /** Checks, compiles, checks again, stores, publishes; all or nothing. Errors: `invalid_argument` with problems, `aborted`, `unavailable` (store down: the last snapshot is still served), `not_found`. */
  apply(changes: readonly ObjectChange[], author: Author, options: ApplyOptions): Promise<Applied>;
  /** All problems of a change, without making it. */
  validate(changes: readonly ObjectChange[], options: { replace: boolean }): Promise<readonly Problem[]>;
  /** Makes the content of an earlier version (hash or number) current, as a new version. Errors: `not_found`, `failed_precondition` (it would not be consistent or reachable now). */
  rollback(
    version: string,
    author: Author,
    options: { expected: string | null; dryRun: boolean; force: boolean },
  ): Promise<Applied>;
  versions(page: { limit: number; before: number | null }): Promise<{ versions: VersionRecord[]; total: number }>;
  findVersion(version: string): Promise<VersionRecord>;
  stateAt(version: string): Promise<DesiredState>;
  compare(from: string, to: string): Promise<Comparison>;
  audit(page: { limit: number; before: string | null }): Promise<{ entries: ChangeAudit[]; total: number }>;
  refusals(page: { limit: number }): Promise<ReadonlyArray<{ node: string; group: string } & Refusal>>;
  groups(): readonly string[];
  /** What the proxies of a group are served now. Errors: `not_found`. */
  snapshot(group: string): Snapshot;
  /** JSON of a resource's protobuf. Secrets of SDS are masked. */
  resourceJson(resource: Resource): Record<string, unknown>;
  proxies(): ProxyStatus[];
  /** The last version that every connected proxy acknowledged; null: none. */
  readonly lastAcknowledged: string | null;
  close(): Promise<void>;
}
