/** What the command line says; it wins over environment and file. */
export interface Flags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Replaces the configured sources by one, `event-logs`. */
  readonly eventLogs?: string | undefined;
  /** Listens beyond loopback without authentication. */
  readonly insecureBind?: boolean | undefined;
}
