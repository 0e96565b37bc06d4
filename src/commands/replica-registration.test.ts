import { describe, expect, it } from 'vitest';
import type { GatewayRegistration } from '../kernel/config.ts';
import { HeadgateError } from '../kernel/errors.ts';
import type { AskOptions, ControlPlaneClient } from './control-plane-client.ts';
import { registerReplica } from './replica-registration.ts';

const REGISTRATION: GatewayRegistration = {
  cluster: 'tools',
  address: null,
  port: null,
  region: null,
  zone: 'a',
  weight: null,
};

type Answer = (method: string, path: string) => unknown;

/** A control plane that is played; what it was asked, and a promise for the next request of a kind. */
function played(answer: Answer) {
  const asked: Array<{ method: string; path: string; body?: unknown }> = [];
  const waiting = new Map<string, () => void>();
  const client: ControlPlaneClient = {
    url: '',
    async ask(method, path, options: AskOptions = {}) {
      asked.push({ method, path, ...(options.body === undefined ? {} : { body: options.body }) });
      waiting.get(`${method} ${path}`)?.();
      return answer(method, path);
    },
    close: async () => {},
  };
  const next = (what: string) => new Promise<void>((resolve) => waiting.set(what, resolve));
  return { client, asked, next };
}

const silent = { clock: () => performance.now(), report: () => {} };
const at = { host: '127.0.0.1', port: 8000 };
const isRegister = (method: string, path: string) => method === 'POST' && path === '/api/v1/registrations';

describe('a server that registers itself', () => {
  it('is an endpoint where it listens until it drains and is removed [up.registers]', async () => {
    const { client, asked, next } = played((method, path) =>
      isRegister(method, path) ? { id: 'x1', ttl_s: 15 } : { settled: true },
    );
    const registered = next('POST /api/v1/registrations');
    const registration = registerReplica(REGISTRATION, at, { client, ...silent });
    await registered;
    await new Promise(setImmediate);
    await registration.drain();
    await registration.remove();
    expect(asked).toEqual([
      {
        method: 'POST',
        path: '/api/v1/registrations',
        body: { cluster: 'tools', address: '127.0.0.1', port: 8000, zone: 'a' },
      },
      { method: 'POST', path: '/api/v1/registrations/x1/drain' },
      { method: 'DELETE', path: '/api/v1/registrations/x1' },
    ]);
  });

  it('registers anew where its lease is not known any more [up.registers]', async () => {
    let leases = 0;
    const { client, asked, next } = played((method, path) => {
      if (isRegister(method, path)) return { id: `x${++leases}`, ttl_s: leases === 1 ? 0.03 : 60 };
      if (method === 'PUT') throw new HeadgateError('not_found', 'There is no such registration.');
      return null;
    });
    const registration = registerReplica(REGISTRATION, at, { client, ...silent });
    await next('PUT /api/v1/registrations/x1');
    await next('POST /api/v1/registrations');
    await new Promise(setImmediate);
    await registration.remove();
    expect(asked.map(({ method, path }) => `${method} ${path.split('/').slice(4).join('/')}`)).toEqual([
      'POST ',
      'PUT x1',
      'POST ',
      'DELETE x2',
    ]);
  });

  it('goes on trying while the control plane is away, says so once, and ends at once when it is told to [up.registers]', async () => {
    const said: string[] = [];
    const { client, asked } = played(() => {
      throw new HeadgateError('unavailable', 'The control plane does not answer.');
    });
    const registration = registerReplica(REGISTRATION, at, {
      client,
      clock: () => performance.now(),
      report: (message) => said.push(message),
    });
    await expect.poll(() => asked.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(2);
    await registration.drain();
    await registration.remove();
    expect(said).toEqual(['This server is not registered at the control plane; it goes on trying.']);
    expect(asked.every(({ method }) => method === 'POST')).toBe(true);
  });

  it('takes that it is forgotten for gone [up.registers]', async () => {
    const said: string[] = [];
    const { client, next } = played((method, path) => {
      if (isRegister(method, path)) return { id: 'x1', ttl_s: 15 };
      throw new HeadgateError('not_found', 'There is no such registration.');
    });
    const registered = next('POST /api/v1/registrations');
    const parts = { client, clock: () => 0, report: (message: string) => said.push(message) };
    const registration = registerReplica(REGISTRATION, at, parts);
    await registered;
    await new Promise(setImmediate);
    await registration.drain();
    await registration.remove();
    expect(said).toEqual([]);
  });

  it('needs an address where it listens on every interface [up.registers]', () => {
    const { client } = played(() => null);
    for (const host of ['0.0.0.0', '::'])
      expect(() => registerReplica(REGISTRATION, { host, port: 1 }, { client, ...silent })).toThrow(
        'gateway.register.address is missing',
      );
  });

  it('says what the configuration says of it [up.registers]', async () => {
    const { client, asked, next } = played(() => ({ id: 'x', ttl_s: 15 }));
    const registered = next('POST /api/v1/registrations');
    const placed = { cluster: 'tools', address: '10.0.0.7', port: 80, region: 'eu', zone: 'eu-a', weight: 3 };
    const registration = registerReplica(placed, { host: '0.0.0.0', port: 8000 }, { client, ...silent });
    await registered;
    await registration.remove();
    expect(asked[0]?.body).toEqual(placed);
  });
});
