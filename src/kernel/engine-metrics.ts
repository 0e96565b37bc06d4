/** Measures of the event-log engine, as `/metrics` shows them. Implemented by the gateway's telemetry. */
export interface EngineMetrics {
  /** One log was read: wall seconds, bytes of the log on disk, and `ok` or an error code. */
  logRead(reading: { readonly seconds: number; readonly bytes: number; readonly outcome: string }): void;
  /** One application was asked for: it was parsed already, or its log had to be read. */
  cacheLookup(hit: boolean): void;
}
