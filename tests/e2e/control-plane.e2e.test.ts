import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { installEnvoy, validateWithEnvoy } from '../stack/envoy.ts';
import { type Finished, finished, firstOutput, Sandbox } from './headgate-process.ts';

let envoy: string;
let sandbox: Sandbox;
let file: string;

beforeAll(async () => {
  envoy = await installEnvoy('1.40');
});

beforeEach(async () => {
  sandbox = await Sandbox.create();
  file = join(sandbox.folder, 'control-plane.yaml');
});

afterEach(() => sandbox.remove());

const STATE = `
clusters:
  tools: { endpoints: [127.0.0.1:8000, 127.0.0.1:8001] }
routes:
  tools: { cluster: tools }
`;

interface Served {
  readonly api_url: string;
  readonly xds_address: string;
  readonly version: string;
  stop(): Promise<Finished>;
}

async function serve(args: readonly string[] = []): Promise<Served> {
  const child = sandbox.spawn(['control-plane', '--json', '--xds-port', '0', '--api-port', '0', ...args]);
  const ready = JSON.parse(await firstOutput(child, /^\}\n/m));
  return {
    ...ready,
    async stop() {
      const end = finished(child);
      child.kill('SIGTERM');
      return end;
    },
  };
}

/** `headgate cp …` against a control plane, with its JSON. */
async function cp(served: Served, ...args: string[]) {
  const { exitCode, stdout } = await sandbox.run(['cp', ...args, '--gateway', served.api_url, '--json']);
  return { exitCode, answer: JSON.parse(stdout) };
}

describe('headgate control-plane', () => {
  it('serves an empty state, says where it listens, and ends cleanly [up.control-plane]', async () => {
    const served = await serve();
    expect(served.xds_address).toMatch(/^127\.0\.0\.1:\d+$/);
    const { answer } = await cp(served, 'versions');
    expect(answer.total).toBe(0);
    expect(await served.stop()).toMatchObject({ exitCode: 0 });
  });

  it('resumes what it served before [up.control-plane]', async () => {
    await writeFile(file, STATE);
    const first = await serve();
    const { answer: applied } = await cp(first, 'apply', file, '--reason', 'first');
    expect(applied).toMatchObject({ changed: true, dry_run: false });
    await first.stop();
    const again = await serve();
    expect(again.version).toBe(applied.version);
    const { answer } = await cp(again, 'versions');
    expect(answer.items[0]).toMatchObject({ version: applied.version, author: { reason: 'first' } });
    await again.stop();
  });

  it('takes its state from a file, and goes on with the last good one [up.control-plane]', async () => {
    await writeFile(file, STATE);
    const served = await serve(['--file', file]);
    const readNames = async () => {
      const answer = await fetch(`${served.api_url}/api/v1/clusters`);
      const { items } = (await answer.json()) as { items: Array<{ name: string }> };
      return items.map(({ name }) => name);
    };
    expect(await readNames()).toEqual(['tools']);
    await writeFile(file, `${STATE}  gone: { cluster: nowhere }\n`);
    await writeFile(file, STATE.replaceAll('tools', 'others'));
    await expect.poll(readNames, { timeout: 20_000 }).toEqual(['others']);
    await served.stop();
  });

  it('prints what Envoy takes: bootstrap, static configuration, resources [up.print]', async () => {
    await writeFile(file, STATE);
    const print = async (what: string) => {
      const { exitCode, stdout, stderr } = await sandbox.run(['control-plane', '--file', file, '--print', what]);
      expect([exitCode, stderr]).toEqual([0, '']);
      return stdout;
    };
    await validateWithEnvoy(envoy, await print('bootstrap'));
    await validateWithEnvoy(envoy, await print('static'));
    expect(await print('resources')).toMatch(/^clusters:\n {2}- name: tools\n/m);
  });

  it('checks a desired state without serving it [up.check]', async () => {
    await writeFile(file, STATE);
    expect(await sandbox.run(['control-plane', '--file', file, '--check'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`${file} is valid.`),
    });
    await writeFile(file, 'routes: { tools: { clustr: tools } }\n');
    const checked = await sandbox.run(['control-plane', '--file', file, '--check', '--json']);
    expect(checked.exitCode).toBe(1);
    expect(JSON.stringify(JSON.parse(checked.stdout).problems)).toContain('clustr');
    const configuration = join(sandbox.folder, 'headgate.yaml');
    await writeFile(configuration, 'control_plane: { file: control-plane.yaml }\n');
    const whole = await sandbox.run(['check', '--json', '--event-logs', sandbox.eventLogs]);
    const { reports } = JSON.parse(whole.stdout) as { reports: Array<{ name: string; ok: boolean }> };
    expect(reports.find(({ name }) => name === 'control_plane.file')).toMatchObject({ ok: false });
    await rm(configuration);
    const none = await sandbox.run(['control-plane', '--check', '--json']);
    expect(JSON.parse(none.stdout).error.code).toBe('failed_precondition');
  });

  it('names the port that is taken [up.ports]', async () => {
    const served = await serve();
    const port = new URL(served.api_url).port;
    const { exitCode, stdout } = await sandbox.run(['control-plane', '--json', '--xds-port', '0', '--api-port', port]);
    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([1, 'failed_precondition']);
    expect(stdout).toContain(port);
    await served.stop();
  });

  it('refuses addresses that other machines reach while nothing asks who is there [up.safe-bind]', async () => {
    const { exitCode, stdout } = await sandbox.run(['control-plane', '--json', '--xds-host', '0.0.0.0']);
    expect([exitCode, JSON.parse(stdout).error.message]).toEqual([
      1,
      'control_plane.xds.host is 0.0.0.0, which other machines reach, and nothing asks who is there.',
    ]);
  });
});

describe('headgate cp', () => {
  it('changes, compares, validates and rolls back [up.cp]', async () => {
    const served = await serve();
    await writeFile(file, STATE);
    const { answer: dry } = await cp(served, 'apply', file, '--dry-run');
    expect(dry).toMatchObject({ changed: true, dry_run: true });
    expect((await cp(served, 'versions')).answer.total).toBe(0);
    const { answer: first } = await cp(served, 'apply', file);
    await writeFile(file, STATE.replace('127.0.0.1:8001', '127.0.0.1:8002'));
    const { answer: second } = await cp(served, 'apply', file, '--if-version', first.version);
    const stale = await cp(served, 'apply', file, '--if-version', first.version);
    expect([stale.exitCode, stale.answer.error.code]).toEqual([1, 'aborted']);
    const { answer: difference } = await cp(served, 'diff', first.version, second.version);
    expect(difference.objects).toMatchObject([{ kind: 'clusters', name: 'tools', change: 'changed' }]);
    const text = await sandbox.run(['cp', 'diff', '1', '--gateway', served.api_url]);
    expect(text.stdout).toContain('~ clusters/tools\n');
    const { answer: back } = await cp(served, 'rollback', '1', '--reason', 'as it was', '--force');
    expect(back.version).toBe(first.version);
    expect((await cp(served, 'versions')).answer.items[0].author.reason).toBe('as it was');
    await served.stop();
  });

  it('says every problem of a file, with the line where it is no YAML [up.cp-problems]', async () => {
    const served = await serve();
    await writeFile(file, 'clusters: { tools: { endpoint: [] } }\nroutes: { a: { cluster: nowhere } }\n');
    const wrong = await cp(served, 'validate', file);
    expect([wrong.exitCode, wrong.answer.valid]).toEqual([1, false]);
    expect(wrong.answer.problems.map(({ path }: { path: string }) => path).join(' ')).toContain('tools');
    const refused = await cp(served, 'apply', file);
    expect([refused.exitCode, refused.answer.error.code]).toEqual([1, 'invalid_argument']);
    await writeFile(file, 'clusters:\n  a: {\n');
    const broken = await cp(served, 'apply', file);
    expect(broken.answer.error.message).toMatch(/control-plane\.yaml, line \d/);
    const missing = await cp(served, 'validate', join(sandbox.folder, 'none.yaml'));
    expect(missing.answer.error.code).toBe('not_found');
    await served.stop();
  });

  it('says how to start a control plane where none answers [up.cp-problems]', async () => {
    const served = await serve();
    await served.stop();
    const { exitCode, answer } = await cp(served, 'status');
    expect([exitCode, answer.error.code]).toEqual([1, 'unavailable']);
    expect(answer.error.hint).toContain('headgate up');
  });
});

describe('headgate serve --register', () => {
  it('registers, outlives a restart of the control plane, and takes itself away [up.registers]', async () => {
    await writeFile(file, 'clusters: { tools: {} }\nroutes: { tools: { cluster: tools } }\n');
    const first = await serve();
    await cp(first, 'apply', file);
    const port = new URL(first.api_url).port;
    const registered = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/endpoints/tools`);
      const { spec } = (await answer.json()) as { spec?: { registered?: Array<{ port: number; health?: string }> } };
      return (spec?.registered ?? []).map((endpoint) => endpoint.port);
    };
    const server = await sandbox.serve(['--gateway', first.api_url, '--register', 'tools']);
    await expect.poll(registered, { timeout: 20_000 }).toEqual([server.ready.port]);
    await first.stop();
    const again = await serve(['--api-port', port]);
    await expect.poll(registered, { timeout: 20_000 }).toEqual([server.ready.port]);
    const { exitCode } = await server.stop();
    expect(exitCode).toBe(0);
    expect(await registered()).toEqual([]);
    await again.stop();
  });

  it('says at its start that nobody could reach it [up.registers]', async () => {
    const { exitCode, stderr } = await sandbox.run([
      ...['serve', '--port', '0', '--host', '0.0.0.0', '--insecure-bind', '--event-logs', sandbox.eventLogs],
      ...['--gateway', 'http://127.0.0.1:1', '--register', 'tools'],
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('gateway.register.address is missing');
  });
});
