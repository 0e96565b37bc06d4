import { afterAll, describe, expect, it } from 'vitest';
import { installEnvoy, type RunningEnvoy, startEnvoy, validateWithEnvoy } from '../stack/envoy.ts';

const BOOTSTRAP = 'admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }\n';
const running: RunningEnvoy[] = [];

afterAll(async () => {
  await Promise.all(running.map((envoy) => envoy.stop()));
});

describe.each(['1.36', '1.40'] as const)('Envoy %s', (version) => {
  it('is installed and starts on a free port, two at once', async () => {
    const binary = await installEnvoy(version);
    const started = await Promise.all([startEnvoy(binary, BOOTSTRAP), startEnvoy(binary, BOOTSTRAP)]);
    running.push(...started);
    for (const { adminUrl } of started) {
      const server = (await (await fetch(`${adminUrl}/server_info`)).json()) as { version: string; state: string };
      expect(server.version.split('/')[1]).toMatch(new RegExp(`^${version.replace('.', '\\.')}\\.\\d+$`));
      expect(server.state).toBe('LIVE');
    }
    expect(new Set(started.map(({ adminUrl }) => adminUrl)).size).toBe(2);
  });

  it('stops at once', async () => {
    const envoy = await startEnvoy(await installEnvoy(version), BOOTSTRAP);
    await envoy.stop();
    await expect(fetch(`${envoy.adminUrl}/ready`)).rejects.toThrow('fetch failed');
  });

  it('says in its own words what it refuses', async () => {
    const binary = await installEnvoy(version);
    await expect(validateWithEnvoy(binary, BOOTSTRAP)).resolves.toBeUndefined();
    await expect(validateWithEnvoy(binary, 'no_such_field: 1\n')).rejects.toThrow('no_such_field');
  });
});
