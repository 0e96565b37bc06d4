/** Values of a span. No arguments, no texts of logs: what a trace collector may keep. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** What a request brings of the trace that it is part of: headers of W3C Trace Context, by HTTP or in MCP's `_meta`. */
export interface TraceHeaders {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** How rooms tell what they spend their time on, and pass the trace on to the servers that they ask. */
export interface TracePort {
  /** Runs `work` as one step of the present request. Without tracing it just runs. */
  span<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>): Promise<T>;
  /** Headers for a request to another server; none outside of a request. */
  outgoing(): Record<string, string>;
}

/** No tracing at all. */
export const NO_TRACE: TracePort = { span: (_name, _attributes, work) => work(), outgoing: () => ({}) };
