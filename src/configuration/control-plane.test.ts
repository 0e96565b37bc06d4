import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Flags, loadConfiguration, requireSafeControlPlane } from './index.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-control-plane-config-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(yaml: string, flags: Flags = {}, env: Record<string, string> = {}) {
  const file = join(folder, 'headgate.yaml');
  await writeFile(file, yaml);
  const surroundings = { env: { HEADGATE_HOME: join(folder, 'home'), ...env }, workingDirectory: folder };
  return loadConfiguration({ config: file, ...flags }, surroundings);
}

const EVERYTHING = `
control_plane:
  file: state/control-plane.yaml
  xds: { host: 10.0.0.1, port: 18001, tls: { certificate: x.crt, key: x.key, client_ca: ca.pem } }
  api: { host: 10.0.0.2, port: 8081, tls: { certificate: a.crt, key: a.key } }
  on_nack: rollback
  retention_days: 30
gateway:
  url: https://control.example.com:8080/
  token: { file: ./token }
  ca: ca.pem
  tls: { certificate: c.crt, key: c.key }
  timeout_s: 5
  register: { cluster: tools, address: 10.0.0.7, port: 80, region: eu, zone: eu-a, weight: 3 }
`;

describe('the section control_plane', () => {
  it('is taken with its paths from the folder of the file [up.configuration]', async () => {
    const { controlPlane, gateway } = await load(EVERYTHING);
    expect(controlPlane).toEqual({
      xds: {
        host: '10.0.0.1',
        port: 18_001,
        tls: { certificate: join(folder, 'x.crt'), key: join(folder, 'x.key'), clientCa: join(folder, 'ca.pem') },
      },
      api: {
        host: '10.0.0.2',
        port: 8081,
        tls: { certificate: join(folder, 'a.crt'), key: join(folder, 'a.key'), clientCa: null },
      },
      file: join(folder, 'state', 'control-plane.yaml'),
      filePolicy: 'exclusive',
      onNack: 'rollback',
      retentionDays: 30,
      insecureBind: false,
    });
    expect(gateway).toEqual({
      url: 'https://control.example.com:8080',
      token: { file: './token' },
      ca: join(folder, 'ca.pem'),
      client: { certificate: join(folder, 'c.crt'), key: join(folder, 'c.key') },
      timeoutMs: 5_000,
      register: { cluster: 'tools', address: '10.0.0.7', port: 80, region: 'eu', zone: 'eu-a', weight: 3 },
    });
  });

  it('gives way to variables, and these to flags [up.configuration]', async () => {
    const env = { XDS_SERVER_HOST: '10.1.0.1', XDS_SERVER_PORT: '1', API_HOST: '10.1.0.2', API_PORT: '2' };
    const { controlPlane: byVariables } = await load(EVERYTHING, {}, env);
    expect(byVariables).toMatchObject({ xds: { host: '10.1.0.1', port: 1 }, api: { host: '10.1.0.2', port: 2 } });
    const typed = { file: 'other.yaml', xdsHost: '::1', xdsPort: 0, apiHost: 'localhost', apiPort: 4 };
    const { controlPlane: byFlags } = await load(EVERYTHING, { controlPlane: typed }, env);
    expect(byFlags).toMatchObject({
      xds: { host: '::1', port: 0 },
      api: { host: 'localhost', port: 4 },
      file: join(folder, 'other.yaml'),
    });
  });

  it.each([
    ['control_plane: { xsd: {} }', 'control_plane.xsd: unknown key'],
    ['control_plane: { xds: { port: 70000 } }', 'control_plane.xds.port'],
    ['control_plane: { api: { tls: { certificate: a.crt } } }', 'control_plane.api.tls.key'],
    ['control_plane: { on_nack: ignore }', 'control_plane.on_nack'],
    ['control_plane: { retention_days: 0 }', 'control_plane.retention_days'],
    ['gateway: { url: control.example.com }', 'gateway.url: must be a URL'],
    ['gateway: { url: http://a, register: { cluster: "a b" } }', 'gateway.register.cluster'],
    ['gateway: { url: http://a, register: { cluster: a, address: "10.0.0.7:80" } }', 'gateway.register.address'],
    ['gateway: { url: http://a, register: { cluster: a, weight: 0 } }', 'gateway.register.weight'],
    ['gateway: { register: { cluster: a } }', 'gateway.url is missing'],
  ])('says at which path it is wrong: %s [up.configuration-problems]', async (yaml, message) => {
    await expect(load(yaml)).rejects.toThrow(message);
  });

  it.each(['API_PORT', 'XDS_SERVER_PORT'])('refuses a %s that is no port [up.configuration-problems]', async (name) => {
    await expect(load('', {}, { [name]: '8080x' })).rejects.toThrow(`The variable ${name} must be a port`);
  });
});

describe('the section gateway', () => {
  it('is null where no control plane is named', async () => {
    expect((await load('')).gateway).toBeNull();
  });

  it('can come from flags and variables alone [up.configuration]', async () => {
    const env = { HEADGATE_GATEWAY_URL: 'http://10.0.0.1:8080', HEADGATE_GATEWAY_TOKEN: 'hg_secret' };
    const { gateway } = await load('', { register: 'headgate' }, env);
    expect(gateway).toMatchObject({
      url: 'http://10.0.0.1:8080',
      token: { env: 'HEADGATE_GATEWAY_TOKEN' },
      register: { cluster: 'headgate', address: null, port: null },
    });
    await expect(load('', { register: 'headgate' })).rejects.toThrow('gateway.url is missing');
    await expect(load('', { gateway: 'nonsense' })).rejects.toThrow('must be a URL');
  });
});

describe('addresses that other machines reach', () => {
  const BEYOND = 'control_plane: { xds: { host: 10.0.0.1 }, api: { host: 10.0.0.2 } }\n';
  const AUTH = `auth: { tokens: [{ name: ada, sha256: ${'a'.repeat(64)} }] }\n`;

  it('are refused while nothing asks who is there [up.safe-bind]', async () => {
    const open = await load(BEYOND);
    expect(() => requireSafeControlPlane(open)).toThrow('control_plane.xds.host is 10.0.0.1');
    const apiAlone = await load('control_plane: { api: { host: 10.0.0.2 } }');
    expect(() => requireSafeControlPlane(apiAlone)).toThrow('control_plane.api.host is 10.0.0.2');
  });

  it('take tokens for the API, and certificates of clients for both [up.safe-bind]', async () => {
    const withTokens = await load(`control_plane: { api: { host: 10.0.0.2 } }\n${AUTH}`);
    expect(requireSafeControlPlane(withTokens)).toEqual([
      'control_plane.api listens on 10.0.0.2 without TLS: tokens and configuration cross the network in clear. Set control_plane.api.tls.',
    ]);
    const xdsWithTokens = await load(`control_plane: { xds: { host: 10.0.0.1 } }\n${AUTH}`);
    expect(() => requireSafeControlPlane(xdsWithTokens)).toThrow('control_plane.xds.host');
    const tls = '{ certificate: a, key: b, client_ca: c }';
    const mutual = await load(
      `control_plane: { xds: { host: 10.0.0.1, tls: ${tls} }, api: { host: 10.0.0.2, tls: ${tls} } }`,
    );
    expect(requireSafeControlPlane(mutual)).toEqual([]);
  });

  it('are taken with --insecure-bind, and warned of [up.safe-bind]', async () => {
    const insecure = await load(BEYOND, { insecureBind: true });
    const warnings = requireSafeControlPlane(insecure);
    expect(warnings).toHaveLength(4);
    expect(warnings[0]).toContain('control_plane.xds listens on 10.0.0.1 without authentication');
  });
});
