import { openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APP_ID, Sandbox } from './headgate-process.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.create();
});

afterAll(() => sandbox.remove());

async function fileWith(name: string, content: string | Buffer): Promise<string> {
  const path = join(sandbox.folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
}

describe.skipIf(process.platform !== 'linux')('output onto a full disk', () => {
  it.each([[['analyze', '--json']], [['analyze']], [['tools']], [['--version']]])(
    'is one sentence and exit code 1: %j [cli.full-disk-is-an-error]',
    async (words) => {
      const args = words[0] === 'analyze' ? [...words, sandbox.eventLogs] : words;
      const result = await sandbox.run(args, { stdout: openSync('/dev/full', 'w') });
      expect(result).toMatchObject({
        exitCode: 1,
        stderr: 'error: The output could not be written: ENOSPC: no space left on device, write.\n',
      });
    },
  );
});

describe('help and version', () => {
  it.each([[['--version', '--json']], [['analyze', '--help', '--json']]])(
    'are JSON when asked for: %j [cli.json-always-valid]',
    async (args) => {
      const result = await sandbox.run(args);
      expect(result).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(result.stdout)).toEqual({ output: expect.any(String) });
    },
  );
});

describe('headgate without any configuration', () => {
  it('answers from the bundled event logs [house.no-configuration-works]', async () => {
    const result = await sandbox.run(['call', 'list_applications', '--json']);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    const { applications } = JSON.parse(result.stdout);
    expect(applications.total).toBeGreaterThan(3);
  });
});

describe('headgate call', () => {
  const call = (...args: string[]) => sandbox.run(['call', ...args, '--event-logs', sandbox.eventLogs]);

  it('prints the text form, and the structured one with --json [cli.call-parses-by-schema]', async () => {
    const text = await call('list_stages', `app_id=${APP_ID}`, 'length=1');
    expect(text).toMatchObject({ exitCode: 0, stderr: '' });
    expect(text.stdout).toContain('count at Sandbox.scala:1');
    const json = await call('list_stages', `app_id=${APP_ID}`, 'length=1', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ stages: { total: 1, truncated: false } });
  });

  it('takes its arguments as one JSON object too', async () => {
    const result = await call('list_stages', '--json', JSON.stringify({ app_id: APP_ID }));
    expect(JSON.parse(result.stdout)).toMatchObject({ stages: { total: 1 } });
    const named = await call('list_stages', '--json', '--arguments', JSON.stringify({ app_id: APP_ID }));
    expect(JSON.parse(named.stdout)).toEqual(JSON.parse(result.stdout));
  });

  it.each([
    ['before the command', ['--json', 'call', 'list_stages', `app_id=${APP_ID}`]],
    ['before the tool', ['call', '--json', 'list_stages', `app_id=${APP_ID}`]],
    ['before the arguments', ['call', 'list_stages', '--json', `app_id=${APP_ID}`]],
  ])('takes --json %s', async (_, args) => {
    const result = await sandbox.run([...args, '--event-logs', sandbox.eventLogs]);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toMatchObject({ stages: { total: 1 } });
  });

  it.each([
    ['without a platform', {}],
    ['with a Spark', { SPARK_REMOTE: 'sc://127.0.0.1:1', SPARK_MASTER: 'local[1]', SPARK_HOME: '/opt/spark' }],
  ])('loads no client of a platform that it does not use: %s [start.platforms-when-used]', async (_name, env) => {
    const recorded = join(sandbox.folder, `modules-${Object.keys(env).length}`);
    const result = await sandbox.run(['call', 'list_applications'], {
      nodeArgs: ['--import', join(import.meta.dirname, 'record-modules.mjs')],
      env: { RECORDED_MODULES: recorded, ...env },
    });
    expect(result.exitCode).toBe(0);
    const modules = (await readFile(recorded, 'utf8')).split('\n');
    expect(modules.filter((url) => url.includes('/src/connectors/duckdb/')).length).toBeGreaterThan(0);
    const clients =
      /\/node_modules\/(@duckdb|@grpc|@bufbuild|apache-arrow|libpg-query|pg|pg-cursor|pg-copy-streams|undici)\//;
    expect(modules.filter((url) => clients.test(url))).toEqual([]);
  });

  it('exits with 2 and offers the nearest tool for an unknown one [cli.json-always-valid] [cli.exit-codes]', async () => {
    const result = await call('list_stage', '--json');
    expect(result.exitCode).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({
      error: { code: 'not_found', hint: expect.stringContaining('list_stages') },
    });
  });

  it.each([
    ['a word that is no argument', ['list_stages', 'nonsense']],
    ['a missing argument', ['list_stages']],
    ['broken JSON', ['list_stages', '--json', '{"app_id": ']],
    ['broken JSON in its own option', ['list_stages', '--arguments', 'app_id']],
    ['an object alone', ['{"app_id": "a"}']],
    ['an unknown argument', ['list_stages', `app_id=${APP_ID}`, 'lenght=3']],
  ])('exits with 2 for %s, as JSON when asked [cli.json-always-valid] [cli.exit-codes]', async (_, args) => {
    const result = await call(...args, ...(args.includes('--json') ? [] : ['--json']));
    expect(result.exitCode).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'invalid_argument' } });
  });

  it('exits with 1 for an application that is not there [cli.exit-codes]', async () => {
    const result = await call('list_stages', 'app_id=absent', '--json');
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'not_found' } });
  });
});

describe('headgate tools', () => {
  it('lists the tools with risk and title, and as JSON with their schemas', async () => {
    const text = await sandbox.run(['tools']);
    expect(text).toMatchObject({ exitCode: 0, stderr: '' });
    expect(text.stdout).toMatch(/^list_stages +read +\S/m);
    const { tools } = JSON.parse((await sandbox.run(['tools', '--json'])).stdout);
    expect(tools.find((tool: { name: string }) => tool.name === 'list_stages')).toMatchObject({
      risk: 'read',
      inputSchema: { type: 'object' },
      annotations: { readOnlyHint: true },
    });
  });

  it('keeps to the toolsets of the configuration', async () => {
    const namesOf = async (env: Record<string, string>): Promise<string[]> => {
      const { tools } = JSON.parse((await sandbox.run(['tools', '--json'], { env })).stdout);
      return tools.map((tool: { name: string }) => tool.name);
    };
    const all = await namesOf({ HEADGATE_TOOLSETS: 'spark-history' });
    const compact = await namesOf({ HEADGATE_TOOLSETS: 'spark-history-compact' });
    expect(all.filter((name) => !compact.includes(name))).toEqual([
      'compare_sql_execution_plans',
      'get_application',
      'get_executor',
      'get_stage_task_summary',
      'list_slowest_jobs',
      'list_slowest_sql_queries',
      'list_slowest_stages',
    ]);
  });
});

describe('headgate check', () => {
  it('exits with 0 and says what it tried [cli.check-names-what-is-wrong]', async () => {
    const result = await sandbox.run(['check', '--json', '--event-logs', sandbox.eventLogs]);
    expect(result.exitCode).toBe(0);
    const { ok, file, warnings, reports } = JSON.parse(result.stdout);
    expect({ ok, file, warnings }).toEqual({ ok: true, file: null, warnings: [] });
    expect(reports.map((report: { name: string; ok: boolean }) => [report.name, report.ok])).toEqual([
      ['store', true],
      ['duckdb', true],
      ['spark_history.sources.event-logs', true],
    ]);
  });

  it('finds the folder for event logs of jobs, which is made when it is not there [spark.event-logs]', async () => {
    const logs = join(sandbox.folder, 'logs-of-jobs', 'inner');
    const config = await fileWith('jobs/headgate.yaml', `spark: { master: 'local[1]', event_logs: ${logs} }\n`);
    const { stdout } = await sandbox.run(['check', '--config', config]);
    expect(stdout).toMatch(/^ok +spark_history\.sources\.spark-jobs: 0 event logs$/m);
  });

  it('exits with 1 and names the path of what is wrong in the file [cli.check-names-what-is-wrong]', async () => {
    const file = await fileWith('wrong.yaml', 'surface:\n  read_onyl: true\n');
    const result = await sandbox.run(['check', '--config', file]);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain(`${file}: surface.read_onyl: unknown key; did you mean "read_only"?`);
  });

  it('exits with 1 and names the source that cannot be read [cli.check-names-what-is-wrong]', async () => {
    const file = await fileWith('absent.yaml', 'spark_history: {sources: {prod: {path: ./absent}}}\n');
    const result = await sandbox.run(['check', '--config', file, '--json']);
    expect(result.exitCode).toBe(1);
    const { ok, reports } = JSON.parse(result.stdout);
    expect(ok).toBe(false);
    expect(reports.find((report: { ok: boolean }) => !report.ok)).toMatchObject({ name: 'spark_history.sources.prod' });
  });

  it('exits with 1 and names the store that cannot be opened [cli.check-names-what-is-wrong]', async () => {
    const path = await fileWith('no-database', 'x'.repeat(5000));
    const result = await sandbox.run(['check', '--json'], { env: { HEADGATE_STORE_PATH: path } });
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout).reports).toEqual([
      expect.objectContaining({ ok: false, message: expect.stringContaining(path) }),
    ]);
  });

  it('names a toolset that does not exist [cli.check-names-what-is-wrong]', async () => {
    const result = await sandbox.run(['check'], { env: { HEADGATE_TOOLSETS: 'spark-histroy' } });
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain('spark-histroy');
    expect(result.stdout).toContain('spark-history');
  });
});
