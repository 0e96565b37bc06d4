import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APP_ID, Sandbox } from './headgate-process.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.create();
});

afterAll(() => sandbox.remove());

const inSandbox = (name: string): string => join(sandbox.folder, name);
const analyze = (...flags: string[]) => sandbox.run(['analyze', sandbox.eventLogs, ...flags]);

describe('headgate analyze with a report', () => {
  it('writes HTML and Markdown to files, says where, and prints its result as ever [report.command]', async () => {
    const [html, markdown] = [inSandbox('report.html'), inSandbox('report.md')];
    const result = await analyze('--html', html, '--markdown', markdown, '--json');
    expect(result).toMatchObject({ exitCode: 0, stderr: `Report: ${html}\nReport: ${markdown}\n` });
    expect(JSON.parse(result.stdout).applications).toHaveLength(1);
    const page = await readFile(html, 'utf8');
    expect(page).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(page).toContain(APP_ID);
    expect(await readFile(markdown, 'utf8')).toMatch(/^<!-- headgate report -->\n\n## SUCCEEDED: sandbox\n/);
    expect((await analyze('--html', html, '--markdown', markdown)).exitCode).toBe(0);
  });

  it('writes a report alone, and all of it, to the standard output [report.command]', async () => {
    const page = await analyze('--html', '-');
    expect([page.exitCode, page.stderr]).toEqual([0, '']);
    expect(page.stdout).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    const ticket = await analyze('--markdown');
    expect(ticket.stdout).toMatch(/^<!-- headgate report -->\n[\s\S]*_Made by Headgate from the event log\._\n$/);
  });

  it('leaves a file alone that is no report [report.command]', async () => {
    const notes = inSandbox('notes.html');
    await writeFile(notes, '<p>mine</p>');
    const result = await analyze('--html', notes);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('exists and is no report of Headgate');
    expect(await readFile(notes, 'utf8')).toBe('<p>mine</p>');
    for (const target of [sandbox.folder, inSandbox('nowhere/report.html')])
      expect((await analyze('--html', target)).stderr).toMatch(/cannot be written: (?:EISDIR|ENOENT)/);
  });

  it.each([
    [['--html', '-', '--json']],
    [['--html', '-', '--markdown']],
    [['--html', '']],
    [['--html', 'x.html', '--baseline', '.']],
  ])('refuses %j as wrong usage [report.command]', async (flags) => {
    expect((await analyze(...flags)).exitCode).toBe(2);
  });

  it('puts an index before the reports of several applications [report.several]', async () => {
    const log = await readFile(join(sandbox.eventLogs, APP_ID), 'utf8');
    const folder = inSandbox('many');
    await cp(sandbox.eventLogs, folder, { recursive: true });
    for (let copy = 0; copy < 22; copy++) {
      const id = `app-copy-${String(copy).padStart(2, '0')}`;
      await writeFile(join(folder, id), log.replaceAll(APP_ID, id));
    }
    const { exitCode, stdout } = await sandbox.run(['analyze', folder, '--html', '-']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('<h1 id="applications">23 applications</h1>');
    expect(stdout.match(/<details class="app"/g)).toHaveLength(20);
  });
});
