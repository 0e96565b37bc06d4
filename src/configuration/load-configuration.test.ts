import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFolder, loadConfiguration, requireSafeBind } from './index.ts';

let folder: string;
let home: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-config-'));
  home = join(folder, 'home');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const load = (flags: Parameters<typeof loadConfiguration>[0] = {}, env: Record<string, string> = {}) =>
  loadConfiguration(flags, { env: { HEADGATE_HOME: home, ...env }, workingDirectory: folder });

async function fileWith(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const folderSource = (name: string, path: string) => ({ name, place: { kind: 'folder', path }, tenants: null });

describe('loadConfiguration', () => {
  it('works with no configuration at all: bundled samples and embedded store [house.no-configuration-works]', async () => {
    const configuration = await load();
    expect(configuration).toEqual({
      home,
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
      store: { path: join(home, 'headgate.db'), url: null },
      auditRetentionDays: null,
      redact: 'secrets',
      telemetry: { otlpEndpoint: null },
      surface: { toolsets: null, readOnly: false },
      sparkHistory: {
        sources: [folderSource('samples', join(import.meta.dirname, '..', '..', 'examples', 'event-logs'))],
      },
      insight: {
        history: { keys: [], retentionDays: 400 },
        prices: null,
        fleet: { engine: 'auto', sparkFromBytes: 20e9 },
        limits: { maxExecutors: null, maxExecutorCores: null, maxExecutorMemoryGb: null, maxCores: null },
      },
      spark: null,
      postgres: { databases: [], default: null },
      local: {
        path: join(home, 'local.duckdb'),
        roots: [join(import.meta.dirname, '..', '..', 'examples')],
        memoryLimitMb: null,
        threads: null,
      },
      pipelines: { scheduler: true, maxRuns: 4 },
      operations: { waitMs: 10_000, retentionDays: 7, approvalTtlMs: 600_000 },
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
      variables: { HEADGATE_HOME: home },
      warnings: [],
    });
  });

  it('reads the file and resolves its paths from the folder it is in', async () => {
    const file = await fileWith(
      'full.yaml',
      'server: {host: 127.0.0.2, port: 9000}\nstore: {path: state/h.db}\nsurface: {toolsets: [a, b], read_only: true}\nspark_history: {sources: {prod: {path: logs}, home: {path: ~/logs}}}\nlog_level: debug\n',
    );
    const configuration = await loadConfiguration({ config: file }, { env: {}, workingDirectory: tmpdir() });
    expect(configuration.server).toMatchObject({ host: '127.0.0.2', port: 9000 });
    expect(configuration.store.path).toBe(join(folder, 'state', 'h.db'));
    expect(configuration.surface).toEqual({ toolsets: ['a', 'b'], readOnly: true });
    expect(configuration.sparkHistory.sources).toEqual([
      folderSource('prod', join(folder, 'logs')),
      folderSource('home', join(homedir(), 'logs')),
    ]);
    expect(configuration.logLevel).toBe('debug');
    expect(configuration.file).toBe(file);
  });

  it('reads what the history of runs goes by, and the limits of advice [run-history.configured]', async () => {
    const file = await fileWith(
      'insight.yaml',
      'insight:\n  history: {keys: [spark.yarn.queue], retention_days: 30}\n  prices: aws-glue/standard\n  limits: {max_executors: 20, max_executor_cores: 4, max_executor_memory_gb: 28.5, max_cores: 64}\n  fleet: {engine: spark, spark_from_gb: 2.5}\n',
    );
    expect((await load({ config: file })).insight).toEqual({
      history: { keys: ['spark.yarn.queue'], retentionDays: 30 },
      prices: 'aws-glue/standard',
      fleet: { engine: 'spark', sparkFromBytes: 2.5e9 },
      limits: { maxExecutors: 20, maxExecutorCores: 4, maxExecutorMemoryGb: 28.5, maxCores: 64 },
    });
    const own = await fileWith(
      'own-prices.yaml',
      'insight: {prices: {core_hour: 0.04, gib_hour: 0.005, currency: EUR, as_of: 2026-11-01}}\n',
    );
    expect((await load({ config: own })).insight.prices).toEqual({
      perCoreHour: 0.04,
      perGibHour: 0.005,
      currency: 'EUR',
      asOf: '2026-11-01',
    });
    const wrong = await fileWith('wrong-insight.yaml', 'insight: {history: {retention_days: 0, keys: [""]}}\n');
    await expect(load({ config: wrong })).rejects.toMatchObject({
      details: { problems: [{ path: 'insight.history.keys.0' }, { path: 'insight.history.retention_days' }] },
    });
  });

  it('lets flags win over HEADGATE_ variables, those over the platforms’ own, and those over the file [house.configuration-order]', async () => {
    const config = await fileWith('order.yaml', 'server: {port: 1}\n');
    const port = async (flags: { port?: number }, env: Record<string, string>) =>
      (await load({ config, ...flags }, env)).server.port;
    expect(await port({}, {})).toBe(1);
    expect(await port({}, { MCP_SERVER_PORT: '2' })).toBe(2);
    expect(await port({}, { MCP_SERVER_PORT: '2', HEADGATE_PORT: '3' })).toBe(3);
    expect(await port({ port: 4 }, { MCP_SERVER_PORT: '2', HEADGATE_PORT: '3' })).toBe(4);
  });

  it('takes the event logs of the command line instead of the configured sources', async () => {
    const config = await fileWith('sources.yaml', 'spark_history: {sources: {prod: {path: /prod}}}\n');
    expect((await load({ config, eventLogs: 'mine' })).sparkHistory.sources).toEqual([
      folderSource('event-logs', join(folder, 'mine')),
    ]);
    expect((await load({ config }, { HEADGATE_EVENT_LOGS: '/env' })).sparkHistory.sources).toEqual([
      folderSource('event-logs', '/env'),
    ]);
  });

  it('finds headgate.yaml in the working directory, but not for a server that a client starts there', async () => {
    const found = await fileWith('headgate.yaml', 'log_level: warn\n');
    const surroundings = { env: { HEADGATE_HOME: home }, workingDirectory: folder };
    expect((await loadConfiguration({}, surroundings)).file).toBe(found);
    expect((await loadConfiguration({}, { ...surroundings, trustWorkingDirectory: false })).file).toBeNull();
    await rm(found);
  });

  it('reads headgate.example.yaml as the defaults', async () => {
    const config = join(import.meta.dirname, '..', '..', 'headgate.example.yaml');
    expect({ ...(await load({ config })), file: null }).toEqual(await load());
  });

  it('says which named file is missing', async () => {
    await expect(load({ config: 'absent.yaml' })).rejects.toMatchObject({
      code: 'not_found',
      message: `There is no configuration file ${join(folder, 'absent.yaml')}.`,
    });
  });

  it('names the line of a YAML error without quoting the file', async () => {
    const config = await fileWith('broken.yaml', 'server:\n  port: 1\n  password: "hunter2\n');
    const error = await load({ config }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(`${config}, line 4: `) });
    expect(String(error)).not.toContain('hunter2');
  });

  it('names every wrong path of the file [house.config-unknown-key]', async () => {
    const config = await fileWith('wrong.yaml', 'server: {prot: 1}\nlog_level: 3\n');
    await expect(load({ config })).rejects.toMatchObject({
      code: 'invalid_argument',
      details: {
        file: config,
        problems: [
          { path: 'server.prot', message: 'unknown key; did you mean "port"?' },
          { path: 'log_level', message: expect.stringContaining('expected one of "silent"') },
        ],
      },
    });
  });

  it('refuses a key given twice', async () => {
    const config = await fileWith('twice.yaml', 'log_level: info\nlog_level: debug\n');
    await expect(load({ config })).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('warns about a password in clear by path, without showing it [house.secrets-in-clear-warn]', async () => {
    const config = await fileWith('secret.yaml', 'store: {path: "postgres://me:hunter2@db/headgate"}\n');
    const { warnings } = await load({ config });
    expect(warnings).toEqual([
      `${config}: store.path carries a password in clear: take it from the environment or from a file instead.`,
    ]);
  });

  it('warns about a HEADGATE_ variable that means nothing, with the nearest', async () => {
    expect((await load({}, { HEADGATE_READONLY: 'true' })).warnings).toEqual([
      'The variable HEADGATE_READONLY means nothing to Headgate: did you mean HEADGATE_READ_ONLY?',
    ]);
  });

  it.each([
    ['HEADGATE_PORT', 'eighty'],
    ['MCP_SERVER_PORT', '70000'],
    ['HEADGATE_READ_ONLY', 'maybe'],
    ['HEADGATE_LOG_LEVEL', 'loud'],
  ])('refuses a wrong %s by name', async (name, value) => {
    await expect(load({}, { [name]: value })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(name),
    });
  });

  it('understands other programs’ spellings in LOG_LEVEL and ignores levels that are not ours', async () => {
    expect((await load({}, { LOG_LEVEL: 'WARNING' })).logLevel).toBe('warn');
    expect((await load({}, { LOG_LEVEL: 'notice' })).logLevel).toBe('info');
  });

  it('keeps the variables that another server would need, with absolute paths', async () => {
    const env = {
      HEADGATE_READ_ONLY: 'yes',
      HEADGATE_REDACT: 'identities',
      HEADGATE_STORE_PATH: 'here.db',
      HEADGATE_PORT: '9000',
      LOG_LEVEL: 'debug',
    };
    expect((await load({}, env)).variables).toEqual({
      HEADGATE_HOME: home,
      HEADGATE_READ_ONLY: 'yes',
      HEADGATE_REDACT: 'identities',
      HEADGATE_STORE_PATH: join(folder, 'here.db'),
    });
  });

  it('reads toolsets and read-only from the environment', async () => {
    const { surface } = await load({}, { HEADGATE_TOOLSETS: 'a, b,', HEADGATE_READ_ONLY: '1' });
    expect(surface).toEqual({ toolsets: ['a', 'b'], readOnly: true });
  });
});

describe('dataFolder', () => {
  it('is HEADGATE_HOME when set, else a folder of the system named after Headgate', () => {
    expect(dataFolder({ HEADGATE_HOME: '/data/h' })).toBe('/data/h');
    expect(dataFolder({})).toContain('headgate');
  });
});

describe('requireSafeBind', () => {
  const at = async (host: string, file?: string) =>
    requireSafeBind(await load({ host, config: file === undefined ? undefined : await fileWith('bind.yaml', file) }));

  it.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost'])('accepts %s', async (host) => {
    await expect(at(host)).resolves.toEqual([]);
  });

  it.each(['0.0.0.0', '::', '192.168.0.1', '127.0.0.1.example.com', 'example.com'])(
    'refuses %s [house.loopback-only]',
    async (host) => {
      await expect(at(host)).rejects.toMatchObject({ code: 'failed_precondition' });
    },
  );

  it('accepts every address with authentication', async () => {
    const tokens = `auth: { tokens: [{ name: a, sha256: ${'a'.repeat(64)} }] }`;
    await expect(at('0.0.0.0', tokens)).resolves.toEqual([expect.stringContaining('without TLS')]);
  });
});
