import { describe, expect, it } from 'vitest';
import { createHostGuard } from './host-guard.ts';

const passes = (guard: ReturnType<typeof createHostGuard>, headers: Record<string, string>) => {
  try {
    guard({ headers });
    return true;
  } catch {
    return false;
  }
};

describe('the host guard', () => {
  it('lets loopback, the bound address and configured names through, with any port [control-plane-api.host-guard]', () => {
    const guard = createHostGuard('10.0.0.5', ['Envoy-Control.internal:8080']);
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:8080', '10.0.0.5:8080', 'envoy-control.INTERNAL'])
      expect([host, passes(guard, { host })]).toEqual([host, true]);
    for (const host of ['', 'evil.example', '10.0.0.6', 'localhost.evil.example', 'a@localhost', 'localhost:x'])
      expect([host, passes(guard, { host })]).toEqual([host, false]);
    expect(passes(guard, {})).toBe(false);
  });

  it('lets the addresses of this machine through where every interface is bound [control-plane-api.host-guard]', () => {
    const guard = createHostGuard('0.0.0.0', [], () => ['192.168.1.7', 'fd00::7']);
    expect(passes(guard, { host: '192.168.1.7:8080' })).toBe(true);
    expect(passes(guard, { host: '[fd00::7]:8080' })).toBe(true);
    expect(passes(guard, { host: '0.0.0.0:8080' })).toBe(false);
  });

  it('takes only its own origins, and none that is no address [control-plane-api.host-guard]', () => {
    const guard = createHostGuard('127.0.0.1');
    const host = '127.0.0.1:8080';
    expect(passes(guard, { host, origin: 'http://localhost:3000' })).toBe(true);
    for (const origin of ['null', 'https://evil.example', 'localhost'])
      expect([origin, passes(guard, { host, origin })]).toEqual([origin, false]);
  });
});
