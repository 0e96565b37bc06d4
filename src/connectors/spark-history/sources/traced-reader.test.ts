import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SpanAttributes, TracePort } from '../../../kernel/trace.ts';
import { createSparkHistory } from '../connector.ts';
import { folderSource, toolContext } from '../fixtures/fake-logs.ts';

/** A trace that notes the spans, and passes one trace on. */
function recorder() {
  const spans: Array<{ name: string; attributes: SpanAttributes }> = [];
  const trace: TracePort = {
    span: (name, attributes, work) => {
      spans.push({ name, attributes });
      return work();
    },
    outgoing: () => ({ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }),
  };
  return { spans, trace };
}

async function listApplications(source: ReturnType<typeof folderSource>, trace: TracePort): Promise<void> {
  const connector = createSparkHistory({ sources: [source] }, { clock: Date.now, trace });
  const tool = connector.tools.find(({ name }) => name === 'list_applications');
  await tool?.call(tool.input.parse({}), toolContext());
  await connector.close();
}

describe('the work on a source', () => {
  it('is a span with the name of the source and no more [telemetry.exported] [telemetry.nothing-private]', async () => {
    const { spans, trace } = recorder();
    await listApplications(folderSource('nightly', '/nowhere/private'), trace);
    expect(spans).toEqual([
      {
        name: 'spark-history list',
        attributes: { 'headgate.source': 'nightly', 'headgate.source.kind': 'folder' },
      },
    ]);
  });

  it('takes the trace along to the server that it asks [telemetry.one-id]', async () => {
    const heard: unknown[] = [];
    const server = createServer((request, response) => {
      heard.push(request.headers.traceparent);
      response
        .setHeader('Content-Type', 'application/json')
        .end(request.url?.includes('version') ? '{"spark":"4.3.0"}' : '[]');
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void server.close());
    const { trace } = recorder();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const access = {
      url,
      username: null,
      password: null,
      token: null,
      ca: null,
      verify: true,
      proxy: null,
      timeoutMs: 5000,
    };
    await listApplications({ name: 'prod', place: { kind: 'history-server', ...access }, tenants: null }, trace);
    expect(heard.length).toBeGreaterThan(0);
    expect(new Set(heard)).toEqual(new Set(['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01']));
  });
});
