import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { SpanAttributes, TraceHeaders, TracePort } from '../../kernel/trace.ts';

/** Traces of requests. Every request has an id, whether or not its trace is exported. */
export interface Tracing extends TracePort {
  /** Runs one request, as part of the trace that it brings or of a new one. */
  request<T>(name: string, attributes: SpanAttributes, incoming: TraceHeaders, work: () => Promise<T>): Promise<T>;
  /** Id of the trace of the present request, 32 hexadecimal digits; undefined outside of one. In logs it is `trace_id`. */
  traceId(): string | undefined;
  /** Sends what was not sent yet. */
  close(): Promise<void>;
}

/** `traceparent` of W3C Trace Context: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})/;

/** Longest `tracestate` that has to be passed on (W3C Trace Context, 3.3.1.5). */
const MAX_TRACESTATE_CHARS = 512;

interface Present {
  readonly traceId: string;
  readonly flags: string;
  readonly tracestate: string | undefined;
}

/** Ids only: requests keep the trace that they bring or get an id of their own, and pass it on; nothing is exported. */
export function createTraceIds(): Tracing {
  const storage = new AsyncLocalStorage<Present>();
  return {
    request: (_name, _attributes, incoming, work) => storage.run(presentOf(incoming), work),
    span: (_name, _attributes, work) => work(),
    traceId: () => storage.getStore()?.traceId,
    outgoing() {
      const present = storage.getStore();
      if (present === undefined) return {};
      const { traceId, flags, tracestate } = present;
      const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}`;
      return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
    },
    close: async () => {},
  };
}

function presentOf({ traceparent, tracestate }: TraceHeaders): Present {
  const parsed = TRACEPARENT.exec(traceparent ?? '');
  if (parsed === null) return { traceId: randomBytes(16).toString('hex'), flags: '00', tracestate: undefined };
  const [, traceId = '', flags = '00'] = parsed;
  const kept = (tracestate?.length ?? 0) <= MAX_TRACESTATE_CHARS ? tracestate : undefined;
  return { traceId, flags, tracestate: kept };
}

/**
 * Traces by OpenTelemetry when an OTLP endpoint is configured, ids only when not. `endpoint` is the base, to which
 * `/v1/traces` is added, as OTEL_EXPORTER_OTLP_ENDPOINT means it; the other OTEL_EXPORTER_OTLP_* variables hold too.
 */
export async function createTracing(options: {
  readonly endpoint: string | null;
  readonly version: string;
  /** Told when spans cannot be sent. */
  readonly onError: (error: unknown) => void;
}): Promise<Tracing> {
  if (options.endpoint === null) return createTraceIds();
  const { createOpenTelemetry } = await import('./open-telemetry.ts');
  return createOpenTelemetry({ ...options, endpoint: options.endpoint });
}
