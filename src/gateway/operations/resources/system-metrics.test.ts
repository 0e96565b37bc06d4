import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localCaller } from '../../calls/local-caller.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { createSystemMetrics } from './system-metrics.ts';

const resource = createSystemMetrics({ metrics: createMetrics(), running: () => 0 });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('metrics://system', () => {
  it('tells subscribers every five seconds that it changed, until they end [operations.metrics-resource]', () => {
    const changed = vi.fn();
    const stop = resource.watch?.({}, localCaller('mcp-http'), changed);
    vi.advanceTimersByTime(14_999);
    expect(changed).toHaveBeenCalledTimes(2);
    stop?.();
    vi.advanceTimersByTime(60_000);
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it('is for callers of the gateway’s own tenant: it is about all tenants [operations.metrics-resource]', async () => {
    const caller = { ...localCaller('mcp-http'), tenant: 'red' };
    const context = { caller, signal: new AbortController().signal, progress: () => {} };
    await expect(resource.read({}, context)).rejects.toMatchObject({ code: 'permission_denied' });
    expect(() => resource.watch?.({}, caller, () => {})).toThrowError('metrics://system is about all tenants.');
  });
});
