import { describe, expect, it } from 'vitest';
import type { Configuration } from '../kernel/config.ts';
import { buildClientConfiguration, renderWelcome, startOf } from './client-configuration.ts';

const launcher = { node: '/opt/node', path: '/opt/headgate/bin/headgate.mjs' };
const configuration: Configuration = {
  home: '/srv',
  server: {
    host: '127.0.0.1',
    port: 8000,
    allowedHosts: [],
    publicUrl: null,
    tls: null,
    maxBodyBytes: 1_048_576,
    requestsPerMinute: null,
    insecureBind: false,
  },
  auth: { tokens: [], issuers: [] },
  store: { path: '/srv/headgate.db', url: null },
  auditRetentionDays: null,
  redact: 'secrets',
  telemetry: { otlpEndpoint: null },
  surface: { toolsets: null, readOnly: false },
  sparkHistory: { sources: [] },
  insight: {
    prices: null,
    fleet: { engine: 'auto', sparkFromBytes: 20e9 },
    history: { keys: [], retentionDays: 400 },
    limits: { maxExecutors: null, maxExecutorCores: null, maxExecutorMemoryGb: null, maxCores: null },
  },
  spark: null,
  postgres: { databases: [], default: null },
  local: null,
  pipelines: { scheduler: false, maxRuns: 1 },
  operations: { waitMs: 0, retentionDays: 7, approvalTtlMs: 600_000 },
  controlPlane: {
    xds: { host: '127.0.0.1', port: 18_000, tls: null },
    api: { host: '127.0.0.1', port: 8080, tls: null },
    file: null,
    filePolicy: 'exclusive',
    onNack: 'record',
    retentionDays: 400,
    insecureBind: false,
  },
  gateway: null,
  logLevel: 'info',
  file: null,
  eventLogs: null,
  variables: {},
  warnings: [],
};
const url = 'http://127.0.0.1:8000';

describe('buildClientConfiguration', () => {
  it('starts Node by its absolute path [cli.client-configuration-works-anywhere]', () => {
    expect(buildClientConfiguration(launcher, configuration, url)).toEqual({
      http: { mcpServers: { headgate: { type: 'http', url: 'http://127.0.0.1:8000/mcp' } } },
      stdio: {
        mcpServers: {
          headgate: { command: '/opt/node', args: ['/opt/headgate/bin/headgate.mjs', 'serve', '--stdio'] },
        },
      },
    });
  });

  it('repeats what the running server was told', () => {
    const told = { ...configuration, file: '/c.yaml', eventLogs: '/logs', variables: { HEADGATE_READ_ONLY: 'true' } };
    expect(buildClientConfiguration(launcher, told, url).stdio.mcpServers.headgate).toEqual({
      command: '/opt/node',
      args: ['/opt/headgate/bin/headgate.mjs', 'serve', '--stdio', '--config', '/c.yaml', '--event-logs', '/logs'],
      env: { HEADGATE_READ_ONLY: 'true' },
    });
  });
});

describe('startOf', () => {
  it.skipIf(process.platform === 'win32')('starts by npx what npx fetched for one run [start.npx-in-a-client]', () => {
    const fetched = { node: '/opt/node', path: '/homes/ada/.npm/_npx/0f/node_modules/headgate/bin/headgate.mjs' };
    expect(startOf(fetched, { ...configuration, file: '/c.yaml' })).toEqual({
      command: 'npx',
      args: ['--yes', 'headgate', 'serve', '--stdio', '--config', '/c.yaml'],
    });
  });
});

describe('renderWelcome', () => {
  it('has the address, both configurations as JSON, and a question [cli.start-prints-what-to-do]', () => {
    const clients = buildClientConfiguration(launcher, configuration, url);
    const text = renderWelcome(url, clients);
    expect(text).toContain('http://127.0.0.1:8000/mcp');
    expect(text).toContain(JSON.stringify(clients.http, null, 2));
    expect(text).toContain(JSON.stringify(clients.stdio, null, 2));
    expect(text).toMatch(/ask: ".+\?"$/);
  });

  it('begins with what is wrong [cli.start-prints-what-to-do]', () => {
    const clients = buildClientConfiguration(launcher, configuration, url);
    expect(renderWelcome(url, clients, ['One.', 'Two.']).split('\n').slice(0, 5)).toEqual([
      'WARNING: One.',
      '',
      'WARNING: Two.',
      '',
      `Headgate listens on ${url} (MCP at ${url}/mcp).`,
    ]);
  });
});
