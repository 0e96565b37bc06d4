/** A server that wants requests of a cluster. */
export interface Registration {
  /** Name of the cluster that it serves. */
  readonly cluster: string;
  /** IP address or host name that the proxies reach it by. */
  readonly address: string;
  readonly port: number;
  readonly zone?: string;
  readonly region?: string;
  /** Its part of the requests, against those of the others; absent: 1. */
  readonly weight?: number;
}

/** Servers that register themselves: they stay as long as they renew their lease. */
export interface Registrations {
  /**
   * Adds a server; the same address and port again renews what is there, and makes it healthy. `ttl_s` is how long the lease
   * lasts, seconds. Errors: `not_found` (no such cluster), `failed_precondition` (the cluster takes no registrations),
   * `invalid_argument`, `unavailable` (store down).
   */
  register(registration: Registration): Promise<{ readonly id: string; readonly ttl_s: number }>;
  /** Errors: `not_found`: register again. */
  renew(id: string): Promise<{ readonly ttl_s: number }>;
  /** Takes new requests away from it. Resolves when the proxies have acknowledged that (`settled`), or after 5 s. Errors: `not_found`, `unavailable`. */
  drain(id: string): Promise<{ readonly settled: boolean }>;
  /** Removes it. Errors: `not_found`, `unavailable`. */
  remove(id: string): Promise<void>;
}
