import { describe, expect, it } from 'vitest';
import { bindAddresses, bindsOverlap } from './bind-addresses.ts';

const at = (address: string, port: number, rest = {}) => ({ socket_address: { address, port_value: port, ...rest } });

describe('bindAddresses', () => {
  it('has the address and the additional ones, of every kind', () => {
    const listener = {
      address: at('0.0.0.0', 10000),
      additional_addresses: [
        { address: at('::1', 443, { protocol: 'UDP' }) },
        { address: { pipe: { path: '/run/envoy.sock' } } },
        { address: at('::', 80, { ipv4_compat: true }) },
      ],
    };
    expect(bindAddresses(listener)).toEqual(['tcp 0.0.0.0:10000', 'udp [::1]:443', 'unix /run/envoy.sock', 'tcp *:80']);
  });

  it('has nothing of listeners that bind nothing, and of ports that the system picks', () => {
    expect(bindAddresses({ address: at('0.0.0.0', 10000), bind_to_port: false })).toEqual([]);
    expect(bindAddresses({ address: at('127.0.0.1', 0) })).toEqual([]);
    expect(bindAddresses({ address: { envoy_internal_address: { server_listener_name: 'x' } } })).toEqual([]);
    expect(bindAddresses({ address: 7, additionalAddresses: 'x' })).toEqual([]);
  });
});

describe('bindsOverlap', () => {
  it.each([
    ['tcp 0.0.0.0:1', 'tcp 127.0.0.1:1', true],
    ['tcp 127.0.0.1:1', 'tcp 0.0.0.0:1', true],
    ['tcp 127.0.0.1:1', 'tcp 127.0.0.2:1', false],
    ['tcp 127.0.0.1:1', 'tcp 127.0.0.1:2', false],
    ['tcp 0.0.0.0:1', 'udp 0.0.0.0:1', false],
    ['tcp [::]:1', 'tcp [::1]:1', true],
    ['tcp [::]:1', 'tcp 0.0.0.0:1', false],
    ['tcp *:1', 'tcp 0.0.0.0:1', true],
    ['tcp *:1', 'tcp [::1]:1', true],
    ['unix /a', 'unix /a', true],
    ['unix /a', 'unix /b', false],
  ])('of %s and %s is %s [snapshots.ports]', (one, other, overlap) => {
    expect(bindsOverlap(one, other)).toBe(overlap);
  });
});
