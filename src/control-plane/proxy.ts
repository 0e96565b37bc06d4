/** What an Envoy says of itself. */
export interface ProxyNode {
  readonly id: string;
  readonly cluster: string;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  /** `1.40.0`; null: it does not say. */
  readonly version: string | null;
  /** `envoy`, `grpc-go`, …; empty: it does not say. */
  readonly agent: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What a proxy refused. */
export interface Refusal {
  readonly typeUrl: string;
  /** Names that were in the refused response, at most 20, those that the message names first. */
  readonly resources: readonly string[];
  readonly resourceCount: number;
  /** Version and nonce of the refused response. */
  readonly version: string;
  readonly nonce: string;
  /** Of the proxy: outside text, cut to 4,000 characters. */
  readonly message: string;
  /** Epoch ms. */
  readonly at: number;
}

/** A type as one proxy has it. */
export interface ProxyType {
  readonly typeUrl: string;
  readonly protocol: 'sotw' | 'delta';
  /** All of the group's resources; else only those that it named. */
  readonly wildcard: boolean;
  readonly subscribedCount: number;
  /** Resources that it acknowledged in their current version, and those that are still to come, in flight or held back. */
  readonly currentCount: number;
  readonly pendingCount: number;
  /** Names that wait for what they refer to, at most 20. */
  readonly heldBack: readonly string[];
  /** Of the snapshot's set that it acknowledged last; null: none yet. */
  readonly acknowledgedVersion: string | null;
  /** Epoch ms; null: none yet. */
  readonly acknowledgedAt: number | null;
  /** What it refused and was not corrected since; null: nothing. */
  readonly refused: Refusal | null;
  readonly ackCount: number;
  readonly nackCount: number;
}

/** A proxy that is connected, and what it has. */
export interface ProxyStatus {
  /** Of the connection: unique while it lasts. */
  readonly key: string;
  readonly node: ProxyNode;
  readonly group: string;
  readonly address: string;
  /** Epoch ms. */
  readonly connectedAt: number;
  /** Version of the group's snapshot that it has acknowledged in every type that it subscribes to; null: none. */
  readonly snapshotVersion: string | null;
  readonly state: 'current' | 'updating' | 'refusing';
  /** From publishing the snapshot that it has, or had last, to its last acknowledgement; null: not yet. Milliseconds. */
  readonly convergenceMs: number | null;
  readonly types: readonly ProxyType[];
}
