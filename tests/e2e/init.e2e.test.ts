import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { parse as parseJsonc } from 'jsonc-parser';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { finished, firstOutput, LAUNCHER, Sandbox } from './headgate-process.ts';

let sandbox: Sandbox;
/** The home folder of the person. */
let home: string;
/** The folder that they are in. */
let work: string;

beforeEach(async () => {
  sandbox = await Sandbox.create();
  home = join(sandbox.folder, 'ada');
  work = join(home, 'work');
  await mkdir(work, { recursive: true });
});

afterEach(() => sandbox.remove());

const start = () => ({ cwd: work, env: { HOME: home, USERPROFILE: home } });
const run = (...args: string[]) => sandbox.run(args, start());
const init = (...args: string[]) => run('init', '--preset', 'laptop', '--path', sandbox.eventLogs, ...args);
const cursorFile = () => join(home, '.cursor', 'mcp.json');
const read = (file: string) => readFile(file, 'utf8');
const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('headgate init', () => {
  it('writes a file, checks it, and prints the configuration of every client [start.init-checks]', async () => {
    const { exitCode, stdout, stderr } = await init();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const file = join(work, 'headgate.yaml');
    expect(stdout).toContain(`Wrote ${file}\n`);
    expect(stdout).toContain('ok       spark_history.sources.local: 1 event log');
    for (const path of ['.cursor/mcp.json', '.claude.json', '.kiro/settings/mcp.json', '.aws/amazonq/mcp.json']) {
      expect(stdout).toContain(`: ${join(home, path)}\n`);
      expect(await isThere(join(home, path))).toBe(false);
    }
    expect(stdout.match(/"--config",\n\s+".*headgate\.yaml"/g)).toHaveLength(3);
    expect(parse(await read(file))).toMatchObject({ spark_history: { sources: { local: {} } } });
  });

  it('says what is wrong with what it wrote, and exits 1 [start.init-checks]', async () => {
    const { exitCode, stdout } = await run('init', '--preset', 'laptop', '--path', 'absent', '--json');
    const { check, outcome } = JSON.parse(stdout);
    expect({ exitCode, outcome, ok: check.ok }).toEqual({ exitCode: 1, outcome: 'written', ok: false });
    expect(check.reports).toContainEqual({
      name: 'spark_history.sources.local',
      ok: false,
      message: expect.stringContaining(join(work, 'absent')),
      hint: expect.stringMatching(/./),
    });
  });

  it('changes nothing a second time, and replaces a file with --force alone [start.init-never-overwrites]', async () => {
    await init();
    const file = join(work, 'headgate.yaml');
    const first = await read(file);
    expect(JSON.parse((await init('--json')).stdout)).toMatchObject({ outcome: 'unchanged' });
    const other = ['init', '--preset', 'laptop', '--path', work, '--json'];
    const refused = await run(...other);
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'failed_precondition' } });
    expect(await read(file)).toBe(first);
    expect(JSON.parse((await run('init', '--json', '--yes')).stdout)).toMatchObject({ outcome: 'kept' });
    expect(JSON.parse((await run(...other, '--force')).stdout)).toMatchObject({ outcome: 'replaced' });
    expect(await read(file)).toContain('path: .\n');
    expect(await read(`${file}.headgate-backup`)).toBe(first);
  });

  it.each([
    [['init'], 'no terminal'],
    [['init', '--preset', 's3'], '--uri'],
    [['init', '--preset', 'emr', '--cluster-arn', 'j-1'], 'cluster_arn'],
    [['init', '--preset', 'history-server', '--url', 'host:18080'], 'http'],
    [['init', '--preset', 'laptop', '--url', 'http://h'], '--path'],
    [['init', '--preset', 'cloud'], 'laptop'],
  ])('refuses %j, and writes nothing [start.init-asks]', async (args, told) => {
    const { exitCode, stderr } = await run(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(told) });
    expect(await readdir(work)).toEqual([]);
  });

  /** Starts init at a terminal. */
  const atTerminal = () =>
    sandbox.spawn(['-qec', `'${process.execPath}' '${LAUNCHER}' init`, '/dev/null'], {
      node: '/usr/bin/script',
      nodeArgs: [],
      script: '-q',
      cwd: work,
      env: { HOME: home, SHELL: '/bin/sh', PATH: '/usr/bin:/bin', TERM: 'xterm' },
    });

  it.skipIf(process.platform !== 'linux')('asks at a terminal [start.init-asks]', async () => {
    const child = atTerminal();
    await firstOutput(child, /Where is the history/);
    child.stdin?.write('\r');
    await firstOutput(child, /Folder of the event logs/);
    child.stdin?.write(`${sandbox.eventLogs}\r`);
    await firstOutput(child, /Write the configuration of which clients/);
    child.stdin?.write('\u001b[B\u001b[B \r');
    expect((await finished(child)).exitCode).toBe(0);
    expect(parse(await read(join(work, 'headgate.yaml'))).spark_history.sources.local.path).toBe(sandbox.eventLogs);
    expect(await isThere(cursorFile())).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')('writes nothing when the questions are left [start.init-asks]', async () => {
    const child = atTerminal();
    await firstOutput(child, /Where is the history/);
    child.stdin?.write('\u0003');
    expect((await finished(child)).exitCode).toBe(130);
    expect(await readdir(work)).toEqual([]);
  });

  it('makes a token for a team, shows it once, and keeps its hash [start.team-token]', async () => {
    const { exitCode, stdout } = await run('init', '--preset', 'team', '--path', sandbox.eventLogs, '--json');
    const { token, settings } = JSON.parse(stdout);
    const text = await read(join(work, 'headgate.yaml'));
    expect(exitCode).toBe(0);
    expect(token).toMatch(/^hg_[\w-]{43}$/);
    expect(text).not.toContain(token);
    expect(text).toContain(createHash('sha256').update(token).digest('hex'));
    const cursor = settings.find(({ client }: { client: string }) => client === 'cursor');
    expect(cursor.content.mcpServers.headgate.headers).toEqual({ Authorization: `Bearer ${token}` });
  });
});

describe('headgate init --write-client', () => {
  const mine = '{\n  // mine\n  "mcpServers": {\n    "other": { "url": "http://o/mcp" } // theirs\n  }\n}\n';

  it('keeps what the file holds, and a copy; a second time changes nothing [start.client-file-kept]', async () => {
    await mkdir(join(home, '.cursor'));
    await writeFile(cursorFile(), mine, { mode: 0o640 });
    const first = JSON.parse((await init('--write-client', 'cursor', '--json')).stdout);
    expect(first.clients).toMatchObject([{ client: 'cursor', outcome: 'added', backup: expect.any(String) }]);
    const text = await read(cursorFile());
    expect(text).toContain('  // mine\n');
    expect(text).toContain('"other": { "url": "http://o/mcp" }, // theirs');
    expect(await read(first.clients[0].backup)).toBe(mine);
    expect((await stat(cursorFile())).mode & 0o777).toBe(0o640);
    const second = JSON.parse((await init('--write-client', 'cursor', '--json')).stdout);
    expect(second.clients).toMatchObject([{ outcome: 'unchanged', backup: null }]);
    expect(await read(cursorFile())).toBe(text);
  });

  it('leaves a file that is no JSON as it was [start.client-file-broken]', async () => {
    await mkdir(join(home, '.cursor'));
    await writeFile(cursorFile(), '{\n  "mcpServers": {\n');
    const { exitCode, stdout } = await init('--write-client', 'cursor,kiro');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: expect.stringContaining(`${cursorFile()}, line 3`) });
    expect(stdout).toContain('kiro: created');
    expect(await read(cursorFile())).toBe('{\n  "mcpServers": {\n');
    expect(await readdir(join(home, '.cursor'))).toEqual(['mcp.json']);
  });

  it('leaves a link that leads nowhere as it was [start.client-file-broken]', async () => {
    await mkdir(join(home, '.cursor'), { recursive: true });
    await symlink(join(home, 'absent.json'), cursorFile());
    const { exitCode, stdout } = await init('--write-client', 'cursor');
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('is a link to a file that does not exist')]);
    expect((await lstat(cursorFile())).isSymbolicLink()).toBe(true);
    expect(await isThere(join(home, 'absent.json'))).toBe(false);
  });

  it('knows which clients there are', async () => {
    const { exitCode, stderr } = await init('--write-client', 'emacs');
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('claude-desktop') });
    expect(await readdir(work)).toEqual([]);
  });

  it('writes an entry that works from another folder with an empty PATH [start.client-entry-works]', async () => {
    await init('--write-client', 'cursor,vscode');
    const { command, args, env } = JSON.parse(await read(cursorFile())).mcpServers.headgate;
    const client = new Client({ name: 'e2e', version: '1' });
    await client.connect(
      new StdioClientTransport({ command, args, env: { PATH: '', ...env }, cwd: sandbox.folder, stderr: 'ignore' }),
    );
    const { structuredContent } = await client.callTool({ name: 'list_applications', arguments: {} });
    expect(structuredContent).toMatchObject({ applications: { rows: [expect.anything()] } });
    await client.close();
    const { servers } = JSON.parse(await read(join(home, '.config', 'Code', 'User', 'mcp.json')));
    expect(servers.headgate).toEqual({ type: 'stdio', command, args, env });
  });
});

describe('headgate uninstall', () => {
  it('shows what it would remove, and changes nothing [start.uninstall-shows-first]', async () => {
    await init('--write-client', 'cursor');
    const before = await read(cursorFile());
    const { exitCode, stdout } = await run('uninstall');
    expect(exitCode).toBe(0);
    for (const path of [cursorFile(), join(work, 'headgate.yaml'), join(sandbox.home, 'headgate.db')]) {
      expect(stdout).toContain(path);
    }
    expect(await read(cursorFile())).toBe(before);
    expect(await isThere(join(sandbox.home, 'headgate.db'))).toBe(true);
  });

  it('stops servers, and removes files, entries and data of its own alone [start.uninstall-removes-only-ours]', async () => {
    const others = '{\n  // mine\n  "servers": {\n    "other": {}\n  }\n}\n';
    const code = join(home, '.config', 'Code', 'User', 'mcp.json');
    await mkdir(join(home, '.config', 'Code', 'User'), { recursive: true });
    await writeFile(code, others);
    const claude = join(home, '.claude.json');
    await writeFile(claude, '{"theme": "dark"}');
    await init('--write-client', 'cursor,vscode,claude-code');
    expect(await read(claude)).toContain('headgate');
    const server = await sandbox.serve();
    await writeFile(join(sandbox.home, 'notes.txt'), 'mine');
    const { exitCode, stdout } = await run('uninstall', '--yes', '--json');
    expect(exitCode).toBe(0);
    const { servers, kept } = JSON.parse(stdout);
    expect(servers).toMatchObject([{ pid: server.ready.pid }]);
    await vi.waitFor(() => expect(() => process.kill(server.ready.pid, 0)).toThrow('ESRCH'), { timeout: 30_000 });
    expect(kept).toEqual([{ path: join(sandbox.home, 'notes.txt'), reason: 'not written by Headgate' }]);
    expect(await readdir(sandbox.home)).toEqual(['notes.txt']);
    expect(await readdir(join(home, '.cursor'))).toEqual([]);
    expect(await readdir(join(home, '.config', 'Code', 'User'))).toEqual(['mcp.json']);
    expect(await read(code)).toBe(others);
    expect(parseJsonc(await read(claude))).toEqual({ theme: 'dark' });
    expect(await readdir(work)).toEqual([]);
  });

  it('leaves what was changed since, unless it is forced [start.uninstall-removes-only-ours]', async () => {
    await init('--write-client', 'cursor');
    const file = join(work, 'headgate.yaml');
    await writeFile(file, `${await read(file)}# mine\n`);
    await writeFile(cursorFile(), (await read(cursorFile())).replace('"--stdio"', '"--stdio", "--json"'));
    const { stdout } = await run('uninstall', '--yes', '--json');
    expect(JSON.parse(stdout).kept.map(({ path }: { path: string }) => path)).toEqual([file, cursorFile()]);
    expect(await isThere(file)).toBe(true);
    expect(parseJsonc(await read(cursorFile())).mcpServers.headgate).toBeDefined();
    expect((await run('uninstall', '--yes', '--force')).exitCode).toBe(0);
    expect(await isThere(file)).toBe(false);
    expect(await isThere(cursorFile())).toBe(false);
    expect(await isThere(sandbox.home)).toBe(false);
  });

  it('refuses a data folder that is the home folder', async () => {
    const env = { ...start().env, HEADGATE_HOME: home };
    expect(await sandbox.run(['uninstall', '--yes'], { cwd: work, env })).toMatchObject({ exitCode: 1 });
    expect(await isThere(work)).toBe(true);
  });
});

describe('headgate check', () => {
  it('names every part that is wrong by its path, with the fix [start.check-names-path-and-fix]', async () => {
    const file = join(work, 'headgate.yaml');
    const text = {
      server: { host: '0.0.0.0', tls: { certificate: './absent.crt', key: './absent.key' } },
      auth: { issuers: [{ issuer: 'http://127.0.0.1:2', audience: 'headgate', jwks_url: 'http://127.0.0.1:2/keys' }] },
      spark_history: { sources: { gone: { path: './gone' }, here: { path: sandbox.eventLogs } } },
    };
    await writeFile(file, JSON.stringify(text));
    const { exitCode, stdout } = await run('check', '--json');
    expect(exitCode).toBe(1);
    const { ok, reports } = JSON.parse(stdout);
    expect(ok).toBe(false);
    const wrong = reports.filter((report: { ok: boolean }) => !report.ok);
    expect(wrong.map(({ name }: { name: string }) => name).sort()).toEqual([
      'auth.issuers.0',
      'server.tls',
      'spark_history.sources.gone',
    ]);
    for (const report of wrong) expect(report.hint).toMatch(/\w+/);
    expect(reports).toContainEqual(expect.objectContaining({ name: 'spark_history.sources.here', ok: true }));
    expect(stdout).toContain(join(work, 'absent.crt'));
    expect(stdout).toContain('ECONNREFUSED');
  });

  it('refuses an address that others reach without authentication [start.check-names-path-and-fix]', async () => {
    await writeFile(join(work, 'headgate.yaml'), 'server: { host: 0.0.0.0 }\n');
    const { exitCode, stdout } = await run('check');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/FAILED {3}server\.host: .+\n {9}Write auth\.tokens/);
  });
});
