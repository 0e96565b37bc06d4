import { describe, expect, it } from 'vitest';
import { createTraceIds } from './tracing.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${ID}-00f067aa0ba902b7-01`;

describe('the ids of requests', () => {
  it('are those of the trace that they bring, and go on to other servers [telemetry.trace-context] [telemetry.one-id]', async () => {
    const tracing = createTraceIds();
    const incoming = { traceparent: TRACEPARENT, tracestate: 'vendor=1' };
    await tracing.request('call', {}, incoming, async () => {
      expect(tracing.traceId()).toBe(ID);
      await tracing.span('read', {}, async () => {
        const { traceparent, tracestate } = tracing.outgoing();
        expect(traceparent).toMatch(new RegExp(`^00-${ID}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
        expect(tracestate).toBe('vendor=1');
      });
    });
  });

  it.each([
    [undefined],
    [''],
    ['00-not-hex-01'],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    [`00-${ID}-${'0'.repeat(16)}-01`],
  ])('are new when the request brings %j [telemetry.trace-context]', async (traceparent) => {
    const tracing = createTraceIds();
    const ids = await Promise.all(
      [1, 2].map(() => tracing.request('call', {}, { traceparent }, async () => tracing.traceId())),
    );
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('end with their requests, and a long tracestate is dropped', async () => {
    const tracing = createTraceIds();
    const incoming = { traceparent: TRACEPARENT, tracestate: 'a'.repeat(513) };
    const sent = await tracing.request('call', {}, incoming, async () => tracing.outgoing());
    expect(Object.keys(sent)).toEqual(['traceparent']);
    expect(tracing.traceId()).toBeUndefined();
    expect(tracing.outgoing()).toEqual({});
  });
});
