import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
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

const NO_LOG = 'not an event log: it does not begin with {"Event":';
const codesOf = (skipped: Array<{ error: { code: string } }>) => skipped.map(({ error }) => error.code);

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
    ['with an empty path', ['analyze', '', '--json']],
    ['with --json before a wrong command', ['--json', 'analyse', 'a']],
    ['with empty --event-logs', ['tools', '--event-logs', '', '--json']],
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

  it('takes --json before the command too', async () => {
    const result = await sandbox.run(['--json', 'analyze', sandbox.eventLogs]);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(result.stdout).applications).toHaveLength(1);
  });

  it('names five of many skipped files, and no documents [cli.few-skipped-lines]', async () => {
    const folder = join(sandbox.folder, 'flood');
    await fileWith('flood/app-a', await readFile(join(sandbox.eventLogs, APP_ID)));
    for (const name of ['README', 'notes.txt', 'how.md', 'LICENSE']) await fileWith(`flood/${name}`, 'words');
    for (let index = 1; index <= 7; index += 1) await fileWith(`flood/other-${index}`, 'no log');
    const text = await sandbox.run(['analyze', folder]);
    expect(text.exitCode).toBe(0);
    expect(text.stderr.trimEnd().split('\n')).toEqual([
      ...[1, 2, 3, 4, 5].map((index) => `skipped ${join(folder, `other-${index}`)}: ${NO_LOG}`),
      'skipped 7 in all: --json lists them with the reasons',
    ]);
    const json = await sandbox.run(['analyze', folder, '--json']);
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout).skipped).toHaveLength(11);
  });

  it('names the one file of a folder that is no log', async () => {
    const path = await fileWith('single/other', 'no log');
    const result = await sandbox.run(['analyze', join(path, '..')]);
    expect(result).toMatchObject({ exitCode: 1, stdout: '', stderr: `error: ${path}: ${NO_LOG}\n` });
  });

  it('gives each skipped path the code of what is wrong with it', async () => {
    const folder = join(sandbox.folder, 'codes');
    await fileWith('codes/app-a', await readFile(join(sandbox.eventLogs, APP_ID)));
    await fileWith('codes/other', 'no log');
    await symlink(join(folder, 'nowhere'), join(folder, 'broken-link'));
    const { skipped } = JSON.parse((await sandbox.run(['analyze', folder, '--json'])).stdout);
    expect(codesOf(skipped)).toEqual(['not_found', 'invalid_argument']);
  });

  it.skipIf(process.getuid?.() === 0)('says which folder it may not read', async () => {
    const folder = join(sandbox.folder, 'locked');
    await fileWith('locked/app-a', await readFile(join(sandbox.eventLogs, APP_ID)));
    await mkdir(join(folder, 'theirs'));
    await chmod(join(folder, 'theirs'), 0);
    const { skipped } = JSON.parse((await sandbox.run(['analyze', folder, '--json'])).stdout);
    await chmod(join(folder, 'theirs'), 0o700);
    expect(codesOf(skipped)).toEqual(['permission_denied']);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('exits as shells have it when %s ends it [cli.exit-codes]', async (signal, exitCode) => {
    // The command gets the signal as soon as it listens for the last of the three.
    const kill = `process.on('newListener',(name)=>name==='SIGHUP'&&setImmediate(()=>process.kill(process.pid,'${signal}')))`;
    const nodeArgs = [`--import=data:text/javascript,${encodeURIComponent(kill)}`];
    const result = await sandbox.run(['analyze', sandbox.eventLogs, '--json'], { nodeArgs });
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'cancelled' } });
    expect(result.exitCode).toBe(exitCode);
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
