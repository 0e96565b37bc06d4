/** What the REST API of a control plane answers, as far as the commands read it. */

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly total: number;
  readonly next_cursor: string | null;
}

export interface WireRefusal {
  readonly type: string;
  readonly at: string;
  readonly resource_count: number;
  readonly resources: readonly string[];
  readonly message: string;
}

export interface WireProxyType {
  readonly type: string;
  readonly subscribed: number;
  readonly current: number;
  readonly pending: number;
  readonly held_back: readonly string[];
  readonly acks: number;
  readonly nacks: number;
  readonly refused: WireRefusal | null;
}

export interface WireProxy {
  readonly id: string;
  readonly group: string;
  readonly address: string;
  readonly envoy_version: string | null;
  readonly state: 'current' | 'updating' | 'refusing';
  readonly connected_at: string;
  readonly convergence_ms: number | null;
  readonly types: readonly WireProxyType[];
}

export interface WireNodes extends Page<WireProxy> {
  readonly version: string;
  readonly last_acknowledged: string | null;
  readonly states: { readonly current: number; readonly updating: number; readonly refusing: number };
  readonly convergence_ms: { readonly p50: number; readonly max: number } | null;
}

export interface WireVersion {
  readonly number: number;
  readonly version: string;
  readonly at: string;
  readonly author: { readonly subject: string; readonly via: string; readonly reason: string | null };
  readonly changed: number;
  readonly removed: number;
  readonly objects: readonly string[];
}

export interface WireComparison {
  readonly from: string;
  readonly to: string;
  readonly object_count: number;
  readonly objects: ReadonlyArray<{
    readonly kind: string;
    readonly name: string;
    readonly change: 'added' | 'changed' | 'removed';
    readonly fields: ReadonlyArray<{ readonly pointer: string; readonly was?: unknown; readonly is?: unknown }>;
  }>;
  readonly resource_count: number;
  readonly resources: ReadonlyArray<{
    readonly group: string;
    readonly type: string;
    readonly name: string;
    readonly change: 'added' | 'changed' | 'removed';
  }>;
}

export interface WireProblem {
  readonly severity: 'error' | 'warning';
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

export interface WireApplied {
  readonly version: string;
  readonly parent: string;
  readonly changed: boolean;
  readonly dry_run: boolean;
  readonly difference: WireComparison;
  readonly warnings: readonly WireProblem[];
}
