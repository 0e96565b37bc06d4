import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { HttpAnswer } from '../../../kernel/http-route.ts';
import { folderSource, toolContext } from '../fixtures/fake-logs.ts';
import { EventLogHistory } from '../history.ts';
import { FolderReader } from '../sources/folder-reader.ts';
import { historyRoutes } from './history-routes.ts';
import { restRedaction } from './redaction.ts';

const LOG = 'local-1795244646989';
const RECORDED = fileURLToPath(new URL(`../../../../tests/fixtures/spark/4.3/retried-tasks/${LOG}`, import.meta.url));
const SECRET = 'hunter2-7f3a';

let folder: string;
let closing: Array<() => Promise<void>>;

beforeAll(() => {
  closing = [];
  folder = mkdtempSync(join(tmpdir(), 'headgate-routes-'));
  for (const name of ['east', 'west', 'secret']) mkdirSync(join(folder, name));
  copyFileSync(RECORDED, join(folder, 'east', LOG));
  copyFileSync(RECORDED, join(folder, 'west', LOG));
  const telling = readFileSync(RECORDED, 'utf8')
    .replaceAll('"spark.app.name":', `"spark.hadoop.fs.s3a.secret.key":"${SECRET}","spark.app.name":`)
    .replaceAll('Read six parts, two of them flaky', `Read jdbc:postgresql://app:${SECRET}@db/parts`);
  writeFileSync(join(folder, 'secret', LOG), telling);
});

afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  rmSync(folder, { recursive: true, force: true });
});

/** Asks the routes over some of the folders, or over one that is not there. */
function routesOver(names: readonly string[], level: 'secrets' | 'literals' = 'secrets') {
  const histories = new EventLogHistory({
    sources: names.map((name) => folderSource(name, join(folder, name))),
    readerOf: ({ name }) => new FolderReader(join(folder, name)),
    clock: Date.now,
  });
  closing.push(() => histories.close());
  const routes = historyRoutes({ histories, redaction: restRedaction(level), clock: () => Date.UTC(2026, 10, 22) });
  return async (path: string, name: string): Promise<HttpAnswer & { text: string }> => {
    const [route] = routes.filter((one) => one.name === `history-rest ${name}`);
    if (route === undefined) throw new Error(`There is no route ${name}.`);
    const [at = '', query = ''] = path.split('?');
    const { signal, caller } = toolContext();
    const params = paramsOf(route.path, `/api/v1${at}`);
    const answer = await route.handle({
      caller,
      path: `/api/v1${at}`,
      params,
      query: new URLSearchParams(query),
      signal,
    });
    return { ...answer, text: (await bytesOf(answer.body)).toString() };
  };
}

function paramsOf(pattern: string, path: string): Record<string, string> {
  const values = path.split('/');
  return Object.fromEntries(
    pattern
      .split('/')
      .flatMap((part, i) => (part.startsWith(':') ? [[part.slice(1).replace(/\(.*/, ''), values[i] ?? '']] : [])),
  );
}

async function bytesOf(body: HttpAnswer['body']): Promise<Buffer> {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body as string);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk as string));
  return Buffer.concat(chunks);
}

async function unzipped(zip: Buffer): Promise<Map<string, string>> {
  const opened = await yauzl.fromBufferPromise(zip);
  const entries = new Map<string, string>();
  for await (const entry of opened.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await opened.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    entries.set(entry.fileName, Buffer.concat(chunks).toString());
  }
  return entries;
}

describe('historyRoutes', () => {
  it('answers in words where Spark does [history-rest.parameters]', async () => {
    const ask = routesOver(['east']);
    const said = async (path: string, name: string) => {
      const { status, contentType, text } = await ask(path, name);
      return [status, contentType, text];
    };
    expect(await said('/applications/nope', 'application')).toEqual([404, 'text/plain', 'unknown app: nope']);
    expect(await said('/applications/nope/jobs', 'jobs')).toEqual([404, 'text/plain', 'no such app: nope']);
    expect(await said(`/applications/${LOG}/jobs/9`, 'job')).toEqual([404, 'text/plain', 'unknown job: 9']);
    expect(await said(`/applications/${LOG}/stages/0/7`, 'stage-attempt')).toEqual([
      404,
      'text/plain',
      'unknown attempt for stage 0.  Found attempts: [0]',
    ]);
    expect(await said(`/applications/${LOG}/stages/0/0/taskSummary?quantiles=x`, 'task-summary')).toEqual([
      400,
      'text/plain',
      'Bad value for parameter "quantiles".  Expected a double, got "x"',
    ]);
    expect(await said('/applications?minDate=soon', 'applications')).toEqual([
      400,
      'text/plain',
      "Couldn't parse date: soon",
    ]);
  });

  it('refuses a value of another type as an address that does not exist [history-rest.parameters]', async () => {
    const ask = routesOver(['east']);
    for (const [path, name] of [
      ['/applications?limit=many', 'applications'],
      ['/applications?status=done', 'applications'],
      [`/applications/${LOG}/jobs?status=x`, 'jobs'],
      [`/applications/${LOG}/stages/0/0/taskList?sortBy=speed`, 'task-list'],
    ] as const)
      await expect(ask(path, name)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('reads names in any case, repeated keys, and empty values as the defaults [history-rest.parameters]', async () => {
    const ask = routesOver(['east']);
    const ids = async (query: string) =>
      (
        JSON.parse((await ask(`/applications/${LOG}/stages/0/0/taskList?${query}`, 'task-list')).text) as Array<{
          taskId: number;
        }>
      ).map(({ taskId }) => taskId);
    expect(await ids('')).toHaveLength(9);
    expect(await ids('length=2&offset=1')).toHaveLength(2);
    expect(await ids('status=failed&status=KILLED')).toHaveLength(3);
    expect(await ids('status=')).toEqual([]);
    expect(await ids('length=')).toHaveLength(9);
    expect((await ids('sortBy=-runtime')).at(0)).toBe(0);
  });

  it('says of an application on two sources that it is, and reads the one that is named [history-rest.several-sources]', async () => {
    const ask = routesOver(['east', 'west']);
    await expect(ask(`/applications/${LOG}/jobs`, 'jobs')).rejects.toMatchObject({ code: 'failed_precondition' });
    await expect(ask(`/applications/${LOG}/logs`, 'logs')).rejects.toMatchObject({ code: 'failed_precondition' });
    expect((await ask(`/applications/${LOG}/jobs?server=west`, 'jobs')).status).toBe(200);
    const [listed] = JSON.parse((await ask('/applications', 'applications')).text) as Array<{
      attempts: Array<{ logSourceName: string }>;
    }>;
    expect(listed?.attempts.map(({ logSourceName }) => logSourceName).sort()).toEqual(['east', 'west']);
  });

  it('names a source that cannot be asked, and does not say that what it may have is unknown [history-rest.several-sources]', async () => {
    const ask = routesOver(['east', 'gone']);
    const { status, headers, text } = await ask('/applications', 'applications');
    expect([status, headers?.['headgate-unreachable-sources'], JSON.parse(text)]).toMatchObject([
      200,
      'gone',
      [{ id: LOG }],
    ]);
    for (const [path, name] of [
      ['/applications/nope', 'application'],
      ['/applications/nope/jobs', 'jobs'],
      ['/applications/nope/logs', 'logs'],
    ] as const)
      await expect(ask(path, name)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('masks secrets in properties and in any text [history-rest.texts-redacted]', async () => {
    const ask = routesOver(['secret']);
    for (const [path, name] of [
      ['jobs', 'jobs'],
      ['stages', 'stages'],
      ['environment', 'environment'],
      ['stages/0', 'stage'],
    ] as const) {
      const { text } = await ask(`/applications/${LOG}/${path}`, name);
      expect(text).not.toContain(SECRET);
      expect(text).toContain('*********(redacted)');
    }
  });
});

describe('the zip of the logs', () => {
  it('is a download that is named after the application [history-rest.logs]', async () => {
    const ask = routesOver(['east']);
    const answer = await ask(`/applications/${LOG}/logs`, 'logs');
    expect(answer.headers).toEqual({ 'content-disposition': `attachment; filename=eventLogs-${LOG}.zip` });
  });

  it('holds a log as it is stored, but one with secrets rewritten, line for line [history-rest.logs] [history-rest.logs-redacted]', async () => {
    const { signal, caller } = toolContext();
    for (const [name, expected] of [
      ['east', readFileSync(RECORDED, 'utf8')],
      ['secret', null],
    ] as const) {
      const histories = new EventLogHistory({
        sources: [folderSource(name, join(folder, name))],
        readerOf: () => new FolderReader(join(folder, name)),
        clock: Date.now,
      });
      closing.push(() => histories.close());
      const route = historyRoutes({ histories, redaction: restRedaction('secrets'), clock: Date.now }).find(
        ({ path }) => path === '/api/v1/applications/:appId/logs',
      );
      const answer = await route?.handle({
        caller,
        path: '',
        params: { appId: LOG },
        query: new URLSearchParams(),
        signal,
      });
      const text = (await unzipped(await bytesOf(answer?.body ?? ''))).get(LOG) ?? '';
      if (expected !== null) expect(text).toBe(expected);
      else {
        expect(text).not.toContain(SECRET);
        const lines = text.split('\n');
        expect(lines).toHaveLength(readFileSync(RECORDED, 'utf8').split('\n').length);
        for (const line of lines.filter((one) => one !== '')) JSON.parse(line);
      }
    }
  });

  it('is refused where the level of redaction cannot be kept in a log [history-rest.logs-redacted]', async () => {
    const refused = routesOver(['east'], 'literals')(`/applications/${LOG}/logs`, 'logs');
    await expect(refused).rejects.toBeInstanceOf(HeadgateError);
    await expect(refused).rejects.toMatchObject({ code: 'permission_denied' });
  });
});
