import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announceServer, isAnnounced, listRunningServers, type RunningServer } from './running-servers.ts';

let home: string;
let health: Server;
let said: unknown;
let listening: Omit<RunningServer, 'instance'>;
let server: RunningServer;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'headgate-run-'));
  health = createServer((_request, response) => response.end(JSON.stringify(said)));
  await new Promise<void>((resolve) => health.listen(0, '127.0.0.1', resolve));
  const { port } = health.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  listening = { pid: process.pid, url, port, started_at: '2026-01-01T00:00:00.000Z' };
  server = { ...listening, instance: 'mine' };
  said = { status: 'ok', instance: 'mine' };
});

afterEach(async () => {
  health.close();
  await rm(home, { recursive: true, force: true });
});

describe('listRunningServers', () => {
  it('lists a server that answers with the instance that it wrote down [cli.stops-only-its-own]', async () => {
    await announceServer(home, listening);
    expect(await listRunningServers(home)).toEqual([server]);
  });

  it.each([{ status: 'ok', instance: 'another' }, { status: 'ok' }, null, 'ok'])(
    'does not take what answers %j at its address for it, and keeps the note [cli.stops-only-its-own]',
    async (answer) => {
      await announceServer(home, listening);
      said = answer;
      expect(await listRunningServers(home)).toEqual([]);
      expect(await readdir(join(home, 'run'))).toEqual([`serve-${server.port}.json`]);
    },
  );

  it('lists nothing where no server ever ran', async () => {
    expect(await listRunningServers(join(home, 'absent'))).toEqual([]);
  });
});

describe('announceServer', () => {
  it('is taken back by what it returns', async () => {
    const crossOut = await announceServer(home, listening);
    expect(await isAnnounced(home, server)).toBe(true);
    await crossOut();
    expect(await isAnnounced(home, server)).toBe(false);
  });

  it('is over when another server took the port [cli.stops-only-its-own]', async () => {
    await announceServer(home, listening);
    said = { status: 'ok', instance: 'another' };
    await announceServer(home, listening);
    expect(await isAnnounced(home, server)).toBe(false);
  });

  it('fails when nothing of ours answers at the address', async () => {
    said = 'ok';
    await expect(announceServer(home, listening)).rejects.toMatchObject({ code: 'internal' });
  });

  it.skipIf(process.platform === 'win32')('writes for its owner alone', async () => {
    await announceServer(home, listening);
    expect((await stat(join(home, 'run', `serve-${server.port}.json`))).mode & 0o777).toBe(0o600);
  });
});
