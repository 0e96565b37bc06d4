import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APP_ID, finished, Sandbox } from './headgate-process.ts';

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

const GARBAGE: ReadonlyArray<readonly [string, string | Buffer]> = [
  ['empty', ''],
  ['text', 'this is no event log\n'],
  ['bytes', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1, 2, 3, 255, 254])],
  ['open-brace', '{'],
  ['deep', '['.repeat(200_000)],
  ['other-json', '{"a": 1}\n{"b": 2}\n'],
  ['nulls', Buffer.alloc(10_000)],
];

describe('headgate analyze', () => {
  it('exits with 0 and prints the applications when something was analysed [cli.exit-codes]', async () => {
    const result = await sandbox.run(['analyze', sandbox.eventLogs, '--json']);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(result.stdout).applications).toMatchObject([
      {
        app_id: APP_ID,
        name: 'sandbox',
        status: 'SUCCEEDED',
        job_count: 1,
        stage_count: 1,
        task_count: 2,
        duration_ms: 4000,
      },
    ]);
  });

  it('prints a report for people without --json', async () => {
    const result = await sandbox.run(['analyze', join(sandbox.eventLogs, APP_ID)]);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain(APP_ID);
  });

  it('analyses what it can of a folder with many logs and garbage', async () => {
    const log = await readFile(join(sandbox.eventLogs, APP_ID), 'utf8');
    const folder = join(sandbox.folder, 'many');
    for (const id of ['a', 'b', 'c']) await fileWith(`many/app-${id}`, log.replaceAll(APP_ID, `app-${id}`));
    await fileWith('many/garbage', 'no log');
    const json = await sandbox.run(['analyze', folder, '--json']);
    expect(json.exitCode).toBe(0);
    const ids = JSON.parse(json.stdout).applications.map((application: { app_id: string }) => application.app_id);
    expect(ids.sort()).toEqual(['app-a', 'app-b', 'app-c']);
    const text = await sandbox.run(['analyze', folder]);
    expect(text.exitCode).toBe(0);
    for (const id of ['app-a', 'app-b', 'app-c']) expect(text.stdout).toContain(id);
  });

  it.each(GARBAGE)(
    'exits with 1 and prints a JSON error for %s [cli.json-always-valid] [cli.exit-codes]',
    async (name, content) => {
      const path = await fileWith(`garbage-${name}`, content);
      const result = await sandbox.run(['analyze', path, '--json']);
      expect(JSON.parse(result.stdout)).toEqual({
        error: expect.objectContaining({ code: expect.stringMatching(/^[a-z_]+$/), message: expect.any(String) }),
      });
      expect(JSON.parse(result.stdout).error.code).not.toBe('internal');
      expect(result.exitCode).toBe(1);
    },
  );

  it('exits with 1 for a path that does not exist [cli.exit-codes]', async () => {
    const result = await sandbox.run(['analyze', join(sandbox.folder, 'absent'), '--json']);
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'not_found' } });
    const text = await sandbox.run(['analyze', join(sandbox.folder, 'absent')]);
    expect(text).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^error: /) });
  });

  it.each([
    ['without a path', ['analyze', '--json']],
    ['with two paths', ['analyze', 'a', 'b', '--json']],
    ['with an unknown option', ['analyze', 'a', '--json', '--fast']],
    ['with a command that does not exist', ['analyse', 'a', '--json']],
    ['without a command', ['--json']],
    ['with a port that is none', ['serve', '--port', 'http', '--json']],
  ])('exits with 2 and a JSON error %s [cli.exit-codes] [cli.json-always-valid]', async (_, args) => {
    const result = await sandbox.run(args);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'invalid_argument' } });
    expect(result).toMatchObject({ exitCode: 2, stderr: '' });
  });

  it('explains wrong usage on stderr without --json', async () => {
    const result = await sandbox.run(['analyze']);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain("missing required argument 'path'");
  });

  it('loads neither store nor gateway [cli.analyze-loads-no-server]', async () => {
    const recorded = join(sandbox.folder, 'modules');
    await sandbox.run(['analyze', sandbox.eventLogs], {
      nodeArgs: ['--import', join(import.meta.dirname, 'record-modules.mjs')],
      env: { RECORDED_MODULES: recorded },
    });
    const modules = (await readFile(recorded, 'utf8')).split('\n');
    expect(modules.filter((url) => url.includes('/src/eventlog/')).length).toBeGreaterThan(0);
    expect(
      modules.filter((url) =>
        /\/src\/(store|gateway|connectors|app)\b|\/(kysely|fastify|yaml)\/|node:sqlite/.test(url),
      ),
    ).toEqual([]);
  });

  it('ends without a word when nobody reads its output [cli.quiet-when-nobody-reads]', async () => {
    const child = sandbox.spawn(['analyze', sandbox.eventLogs, '--json']);
    child.stdin?.end();
    child.stdout?.destroy();
    expect(await finished(child)).toMatchObject({ exitCode: 0, stderr: '' });
  });
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
    const before = await call('list_stages', '--json', `app_id=${APP_ID}`);
    expect(JSON.parse(before.stdout)).toMatchObject({ stages: { total: 1 } });
  });

  it('exits with 1 and offers the nearest tool for an unknown one [cli.json-always-valid]', async () => {
    const result = await call('list_stage', '--json');
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({
      error: { code: 'not_found', hint: expect.stringContaining('list_stages') },
    });
  });

  it.each([
    ['a word that is no argument', ['list_stages', 'nonsense']],
    ['a missing argument', ['list_stages']],
    ['broken JSON', ['list_stages', '--json', '{"app_id": ']],
    ['an unknown argument', ['list_stages', `app_id=${APP_ID}`, 'lenght=3']],
  ])('exits with 1 for %s, as JSON when asked [cli.json-always-valid]', async (_, args) => {
    const result = await call(...args, ...(args.includes('--json') ? [] : ['--json']));
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'invalid_argument' } });
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
    const all = await namesOf({});
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
      ['spark_history.sources.event-logs', true],
    ]);
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
