import { setTimeout as pause } from 'node:timers/promises';
import {
  type Context,
  context,
  diag,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { HeadgateError } from '../../kernel/errors.ts';
import type { SpanAttributes, TraceHeaders } from '../../kernel/trace.ts';
import type { Tracing } from './tracing.ts';

/** How long the last spans may hold up the end of the gateway. Milliseconds. */
const CLOSE_MS = 1_000;

/** Exports a span for every request and every step of it over OTLP/HTTP. */
export function createOpenTelemetry(options: {
  readonly endpoint: string;
  readonly version: string;
  readonly onError: (error: unknown) => void;
}): Tracing {
  const silent = () => {};
  diag.setLogger({ error: options.onError, warn: options.onError, info: silent, debug: silent, verbose: silent });
  const exporter = new OTLPTraceExporter({ url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'headgate', 'service.version': options.version }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  const tracer = provider.getTracer('headgate', options.version);

  const run = <T>(name: string, kind: SpanKind, attributes: SpanAttributes, parent: Context, work: () => Promise<T>) =>
    tracer.startActiveSpan(name, { kind, attributes }, parent, async (span) => {
      try {
        return await work();
      } catch (error) {
        recordFailure(span, error);
        throw error;
      } finally {
        span.end();
      }
    });

  return {
    request: (name, attributes, incoming, work) =>
      run(name, SpanKind.SERVER, attributes, propagation.extract(ROOT_CONTEXT, carrierOf(incoming)), work),
    span: (name, attributes, work) => run(name, SpanKind.INTERNAL, attributes, context.active(), work),
    traceId: () => trace.getActiveSpan()?.spanContext().traceId,
    outgoing() {
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      return headers;
    },
    async close() {
      const sent = provider.shutdown().then(() => true);
      if (await Promise.race([sent, pause(CLOSE_MS, false, { ref: false })])) return;
      options.onError(new Error(`The collector did not take the last spans within ${CLOSE_MS} ms.`));
    },
  };
}

function carrierOf({ traceparent, tracestate }: TraceHeaders): Record<string, string> {
  return {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}

/** The kind of a failure; not its message, which may quote what was read. */
function recordFailure(span: Span, error: unknown): void {
  span.setAttribute('error.type', error instanceof HeadgateError ? error.code : 'internal');
  span.setStatus({ code: SpanStatusCode.ERROR });
}
