import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTracing } from '../../../src/gateway/index.ts';
import { call, connectHttp, post, startGateway } from './harness.ts';
import { createTestConnector } from './test-connector.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${ID}-00f067aa0ba902b7-01`;

interface SentSpan {
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: { readonly stringValue?: string } }>;
}

/** A collector that speaks OTLP over HTTP, and the spans that it was sent. */
async function startCollector() {
  const spans: SentSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: Array<{ scopeSpans: Array<{ spans: SentSpan[] }> }>;
      };
      spans.push(...body.resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans)));
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans };
}

describe('traces', () => {
  it('go to the collector, one span a request, in the trace that it brings [telemetry.exported] [telemetry.trace-context] [telemetry.nothing-private]', async () => {
    const { endpoint, spans } = await startCollector();
    const errors: unknown[] = [];
    const tracing = await createTracing({ endpoint, version: '1', onError: (error) => errors.push(error) });
    const { url } = await startGateway({ tracing });
    const headers = { traceparent: TRACEPARENT, 'Content-Type': 'application/json' };
    await post(url, '/api/v1/tools/list_rows', { total: 3 }, { headers });
    const client = await connectHttp('sdk-v2-2026-07-28', url);
    await client.callTool({ name: 'fail', arguments: { code: 'not_found' }, _meta: { traceparent: TRACEPARENT } });
    await call(client, 'create_thing', { name: 'hunter2' });
    await tracing.close();
    expect(errors).toEqual([]);
    const named = (name: string) => spans.find((span) => span.name === `call ${name}`);
    expect(named('list_rows')).toMatchObject({ traceId: ID, parentSpanId: '00f067aa0ba902b7' });
    expect(named('fail')).toMatchObject({ traceId: ID, status: { code: 2 } });
    expect(named('fail')?.attributes).toContainEqual({ key: 'error.type', value: { stringValue: 'not_found' } });
    expect(named('fail')?.status.message ?? '').toBe('');
    expect(named('create_thing')?.traceId).not.toBe(ID);
    expect(JSON.stringify(spans)).not.toContain('hunter2');
  });

  it('hold the routes of connectors too, in the trace that the request brings [telemetry.exported] [telemetry.trace-context]', async () => {
    const { endpoint, spans } = await startCollector();
    const tracing = await createTracing({ endpoint, version: '1', onError: () => {} });
    const handle = async () => ({ status: 200, contentType: 'application/json', body: '{}' });
    const route = { path: '/api/v1/things/:id', name: 'test things', produces: 'application/json', handle };
    const { connector } = createTestConnector();
    const { url } = await startGateway({ tracing, connectors: [{ ...connector, routes: [route] }] });
    expect((await fetch(`${url}/api/v1/things/1`, { headers: { traceparent: TRACEPARENT } })).status).toBe(200);
    await tracing.close();
    expect(spans).toEqual([
      expect.objectContaining({ name: 'call test things', traceId: ID, parentSpanId: '00f067aa0ba902b7' }),
    ]);
  });

  it('that cannot be sent are told of, and hold up nothing [telemetry.collector-down]', async () => {
    const errors: unknown[] = [];
    const endpoint = 'http://127.0.0.1:9';
    const tracing = await createTracing({ endpoint, version: '1', onError: (error) => errors.push(error) });
    const { url } = await startGateway({ tracing });
    expect((await post(url, '/api/v1/tools/list_rows', {})).status).toBe(200);
    await tracing.close().catch((error: unknown) => errors.push(error));
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe('log lines of a request', () => {
  it('carry the id of its trace, with or without a collector [telemetry.one-id] [telemetry.not-configured]', async () => {
    const lines: Array<Record<string, unknown>> = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
        done();
      },
    });
    const tracing = await createTracing({ endpoint: null, version: '1', onError: () => {} });
    const logger = pino({ level: 'debug', mixin: () => ({ trace_id: tracing.traceId() }) }, sink);
    const { url } = await startGateway({ tracing, logger });
    const headers = { traceparent: TRACEPARENT, 'Content-Type': 'application/json' };
    await post(url, '/api/v1/tools/fail', { code: 'bug' }, { headers });
    const ofCall = lines.filter((line) => line.error_id !== undefined || line.tool === 'fail');
    expect(ofCall.length).toBeGreaterThanOrEqual(2);
    expect(new Set(ofCall.map((line) => line.trace_id))).toEqual(new Set([ID]));
  });
});
