/** Files on the proxy's machine for TLS to the control plane. */
export interface XdsTlsFiles {
  /** PEM of the authorities that signed the control plane's certificate. */
  readonly ca: string;
  /** The proxy's own certificate and key, where the control plane asks for one. */
  readonly certificate: { readonly chain: string; readonly key: string } | null;
  /** The name that the control plane's certificate must have. Null: the host. */
  readonly serverName: string | null;
}

/** Who a proxy is, and what it may use. */
export interface ProxyOptions {
  /** Unique among the proxies of a control plane: status and audit name it. */
  readonly nodeId: string;
  /** The proxies that do the same are of one cluster: groups can be made of it. */
  readonly nodeCluster: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly region?: string;
  readonly zone?: string;
  readonly subZone?: string;
  /** Where Envoy's administration listens. It is without authentication: 127.0.0.1 unless said. */
  readonly adminHost?: string;
  readonly adminPort: number;
  /** Heap at which the proxy sheds load; absent: 1 GiB. */
  readonly maxHeapBytes?: number;
  /** Connections of clients at once; absent: 50,000. */
  readonly maxConnections?: number;
}

/** What a proxy needs to know before it asks the control plane for the rest. */
export interface BootstrapOptions extends ProxyOptions {
  readonly xds: { readonly host: string; readonly port: number; readonly tls?: XdsTlsFiles };
  /** Name of the `endpoints` object with the proxies' own addresses and zones: zone-aware balancing needs it. */
  readonly localCluster?: string;
}
