import type { Sample } from './sample-resources.ts';

/** What a server wrote down of a NACK. */
export interface RecordedRefusal {
  readonly node: string;
  readonly typeUrl: string;
  readonly nonce: string;
  readonly version: string;
  readonly message: string;
  /** Epoch ms. */
  readonly at: number;
}

/** A change of what a group of proxies is served. */
export interface SampleChange {
  readonly changed?: readonly Sample[];
  readonly removed?: ReadonlyArray<Pick<Sample, 'typeUrl' | 'name'>>;
}

/** A server that the rules are tried on. Nodes are in the group of their `cluster`. */
export interface ServerUnderTest {
  /** Where it serves xDS, on 127.0.0.1. */
  readonly port: number;
  /** Resolves when the change is what the server serves. Errors: rejects when the server refuses it. */
  apply(change: SampleChange, group?: string): Promise<void>;
  /** POST of a REST discovery request in JSON to `/v3/discovery:<collection>`. */
  fetch(
    collection: string,
    request: Record<string, unknown>,
  ): Promise<{ status: number; body: Record<string, unknown> | null }>;
  /** What it recorded of NACKs; null: it records none. */
  refusals(): readonly RecordedRefusal[] | null;
  /** Memory that is in use after garbage was collected. */
  heapBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** The group of rules that are not about groups. */
export const GROUP = 'default';

/** How a server is started anew, for one rule in one variant. */
export interface ServerKind {
  /** As titles and the table say it. */
  readonly name: string;
  start(options: ServerOptions): Promise<ServerUnderTest>;
}

export interface ServerOptions {
  readonly transport: 'separate' | 'ads';
  /** Refuses what its own checks of consistency find. */
  readonly checked: boolean;
}
