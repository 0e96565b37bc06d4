import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { claimPorts } from './free-ports.ts';

const HOST = '127.0.0.1';

it('replaces zeros by ports that are free, each another [up.ports]', async () => {
  const wanted = ['one', 'two', 'three'].map((what) => ({ what, host: HOST, port: 0, option: '--port' }));
  const ports = await claimPorts(wanted);
  expect(new Set(ports).size).toBe(3);
  expect(ports.every((port) => port > 0)).toBe(true);
});

it('names every port that is taken, for what, and what chooses another [up.ports]', async () => {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  try {
    const wanted = [
      { what: 'Envoy', host: HOST, port, option: '--port' },
      { what: 'xDS', host: HOST, port: 0, option: '--xds-port' },
      { what: 'replica 1', host: HOST, port, option: '--first-replica-port' },
    ];
    await expect(claimPorts(wanted)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `The ports ${port} (Envoy), ${port} (replica 1) are taken.`,
      hint: expect.stringContaining('--port, --first-replica-port'),
    });
  } finally {
    server.close();
  }
});

it('says of an address that is not of this machine what is wrong [up.ports]', async () => {
  const wanted = [{ what: 'Envoy', host: '192.0.2.1', port: 0, option: '--port' }];
  await expect(claimPorts(wanted)).rejects.toThrow('Envoy cannot listen on 192.0.2.1');
});
