/** What the command line says; it wins over environment and file. */
export interface Flags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Replaces the configured sources by one, `event-logs`. */
  readonly eventLogs?: string | undefined;
  /** Listens beyond loopback without authentication. */
  readonly insecureBind?: boolean | undefined;
  /** Of `headgate control-plane`. */
  readonly controlPlane?: {
    readonly file?: string | undefined;
    readonly apiHost?: string | undefined;
    readonly apiPort?: number | undefined;
    readonly xdsHost?: string | undefined;
    readonly xdsPort?: number | undefined;
  };
  /** URL of a control plane's API. */
  readonly gateway?: string | undefined;
  /** Cluster that a server registers at. */
  readonly register?: string | undefined;
}
