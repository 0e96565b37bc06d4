import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfiguration } from '../../configuration/index.ts';
import { planFleet } from './fleet-plan.ts';

const ENVOY = { path: '/envoy', version: '1.40.0' };
const WISHES = { replicas: 2, host: '127.0.0.1', port: 0, adminPort: 0, firstReplicaPort: 0 };
const ZEROS = 'control_plane: { xds: { port: 0 }, api: { port: 0 } }\n';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-fleet-plan-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function plan(yaml: string) {
  const config = join(folder, 'headgate.yaml');
  await writeFile(config, yaml);
  const env = { HEADGATE_HOME: folder };
  return planFleet(WISHES, await loadConfiguration({ config }, { env, workingDirectory: folder }), ENVOY);
}

it('chooses a port for every part, and no token where nobody asks for one [up.ports]', async () => {
  const { proxy, admin, xds, api, apiUrl, replicas, cluster, token } = await plan(ZEROS);
  const ports = [proxy, admin, xds, api, ...replicas].map(({ port }) => port);
  expect(new Set(ports).size).toBe(6);
  expect([apiUrl, cluster, token]).toEqual([`http://127.0.0.1:${api.port}`, 'headgate', null]);
});

it('makes a token where callers need them [up.tokens]', async () => {
  const { token } = await plan(`${ZEROS}auth: { tokens: [{ name: ada, sha256: ${'a'.repeat(64)} }] }\n`);
  expect(token?.secret).toMatch(/^hg_[\w-]{43}$/);
  expect(token?.sha256).toMatch(/^[0-9a-f]{64}$/);
});

it.each([
  ['server: { tls: { certificate: a, key: b } }', 'server.tls is set'],
  ['control_plane: { xds: { tls: { certificate: a, key: b } } }', 'control_plane.xds.tls is set'],
  ['control_plane: { api: { tls: { certificate: a, key: b } } }', 'gateway.url is missing'],
])(
  'refuses TLS that its parts could not speak among themselves: %s [up.configuration-problems]',
  async (yaml, message) => {
    await expect(plan(yaml)).rejects.toThrow(message);
  },
);
