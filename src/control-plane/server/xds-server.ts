import type { ProxyNode, ProxyStatus, Refusal } from '../proxy.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** Certificates of a port: PEM. `clientCa` asks clients for a certificate that it signed. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string | null;
}

/** What the xDS server is made of. */
export interface XdsServerParts {
  readonly clock: () => number;
  /** The group whose snapshot a proxy gets. */
  readonly groupOf: (node: ProxyNode) => string;
  /** A proxy refused a response. Called once for each NACK. */
  readonly onRefused?: (
    proxy: { readonly key: string; readonly node: ProxyNode; readonly group: string },
    refusal: Refusal,
  ) => void;
  /** A proxy has acknowledged all of its group's current snapshot. */
  readonly onCurrent?: (
    proxy: { readonly key: string; readonly node: ProxyNode; readonly group: string },
    version: string,
    convergenceMs: number,
  ) => void;
  /** What went wrong with a client's connection: outside text, for the log. */
  readonly report: (message: string, error: unknown) => void;
}

/** The server that proxies take their configuration from. */
export interface XdsServer {
  /** Listens; resolves to the port. Errors: `failed_precondition` (the port is taken), `invalid_argument` (certificates). */
  listen(where: {
    readonly host: string;
    readonly port: number;
    readonly tls: ServerTls | null;
  }): Promise<{ port: number }>;
  /** Makes a snapshot what the proxies of a group get. Returns at once; work is proportional to what changed. */
  publish(group: string, snapshot: Snapshot): void;
  /** Groups of connected proxies are asked again: the rules that say who gets what have changed. */
  regroup(): void;
  proxies(): ProxyStatus[];
  /** Resolves when every proxy of the group has acknowledged or refused its current snapshot, or after `ms`. True: all acknowledged. */
  settled(group: string, ms: number, signal?: AbortSignal): Promise<boolean>;
  /** Ends the streams and the port. */
  close(): Promise<void>;
}
