import { expect, it } from 'vitest';
import { startGateway } from './harness.ts';

it('says at /ready that it is about to end, and goes on answering [up.draining-ready]', async () => {
  const { gateway, url } = await startGateway();
  const ready = () => fetch(new URL('/ready', url));
  expect((await ready()).status).toBe(200);
  gateway.drain();
  const draining = await ready();
  expect([draining.status, draining.headers.get('connection')]).toEqual([503, 'close']);
  expect((await fetch(new URL('/api/v1/tools', url))).status).toBe(200);
  expect((await fetch(new URL('/health', url))).status).toBe(200);
});
