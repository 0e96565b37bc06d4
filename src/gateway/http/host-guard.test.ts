import { describe, expect, it } from 'vitest';
import { allowedHostsOf } from './host-guard.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

describe('allowedHostsOf', () => {
  it.each([
    ['127.0.0.1', [], LOOPBACK],
    ['0.0.0.0', [], [...LOOPBACK, '192.168.0.9', '[fd00::9]']],
    ['::', [], [...LOOPBACK, '192.168.0.9', '[fd00::9]']],
    ['192.168.0.7', [], [...LOOPBACK, '192.168.0.7']],
    ['fe80::1', [], [...LOOPBACK, '[fe80::1]']],
    ['127.0.0.1', ['Gate.Example:8000', '[fd00::2]:8000', 'fd00::2'], [...LOOPBACK, 'gate.example', '[fd00::2]']],
  ])(
    'bound to %s with %j configured it is loopback, its own addresses and these [gateway.loopback-default]',
    (bound, configured, allowed) => {
      expect(allowedHostsOf(bound, configured, () => ['127.0.0.1', '::1', '192.168.0.9', 'fd00::9'])).toEqual(allowed);
    },
  );
});
