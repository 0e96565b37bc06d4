import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { findLogs, readApplication } from '../../../../eventlog/index.ts';
import type { LogReader } from '../../log-reader.ts';
import { recordedAnswers, replay } from '../rest/fixtures/recorded-server.ts';
import { accessTo, startScriptedServer } from '../rest/fixtures/scripted-server.ts';
import { SpoolFolder } from '../spool-folder.ts';
import { createHistoryServerReader } from './history-server-reader.ts';

const FIXTURES = fileURLToPath(new URL('../../../../../tests/fixtures/spark/', import.meta.url));
const SINGLE = '4.3/first-look-zstd';
const ROLLING = '4.3/first-look-rolling-lz4';

let spool: string;
const opened: Array<{ close(): Promise<void> }> = [];

beforeAll(() => {
  spool = mkdtempSync(join(tmpdir(), 'headgate-unzip-'));
});
afterAll(() => rmSync(spool, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  expect(readdirSync(spool, { recursive: true }).filter((name) => String(name).includes('log'))).toEqual([]);
});

async function readerOf(id: string, logs: (response: ServerResponse) => void): Promise<LogReader> {
  const server = await startScriptedServer(replay(recordedAnswers(id), { logs }));
  const place = { kind: 'history-server' as const, ...accessTo(server.url) };
  const parts = { spool: new SpoolFolder(spool), resolveSecret: async () => '' };
  const reader = createHistoryServerReader('prod', place, parts, 1);
  opened.push(server, reader);
  return reader;
}

async function readFirst(reader: LogReader) {
  const { logs } = await reader.findLogs({});
  const [log] = logs;
  if (log === undefined) throw new Error('no log was listed');
  return reader.readApplication(log, {});
}

/** What the folder of a recorded log holds, as a History Server zips it. */
async function zipOf(id: string): Promise<Buffer> {
  const zip = new ZipFile();
  const folder = join(FIXTURES, id);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) zip.addFile(path, path.slice(folder.length + 1));
  }
  zip.end();
  return buffer(zip.outputStream);
}

async function zipWith(name: string, content: Buffer): Promise<Buffer> {
  const zip = new ZipFile();
  zip.addBuffer(content, name.replaceAll('..', '__'));
  zip.end();
  const made = await buffer(zip.outputStream);
  return Buffer.from(made.toString('latin1').replaceAll(name.replaceAll('..', '__'), name), 'latin1');
}

const send = (body: Buffer) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(body);
};

it.each([SINGLE, ROLLING])(
  'reads the zip of %s as the engine reads the log itself [remote-history.logs-zip]',
  async (id) => {
    const zip = await zipOf(id);
    const application = await readFirst(await readerOf(id, send(zip)));
    const [log] = (await findLogs(join(FIXTURES, id))).logs;
    if (log === undefined) throw new Error('no log');
    const direct = await readApplication(log);
    expect(application.log).toEqual(direct.log);
    expect(application.log.gaps).toEqual([]);
    expect([application.appId, application.jobs, application.stages]).toEqual([
      direct.appId,
      direct.jobs,
      direct.stages,
    ]);
  },
);

it('tells headlines from the listing alone [remote-history.listing]', async () => {
  const reader = await readerOf(SINGLE, (response) => response.writeHead(500).end());
  const { logs } = await reader.findLogs({});
  expect(await reader.readHeadline(logs[0] as never)).toMatchObject({
    name: 'first-look',
    completed: true,
    sparkVersion: '4.3.0',
    lastJobFailed: null,
  });
  expect(await reader.refresh(logs[0] as never, {})).toEqual(logs[0]);
});

it.each([403, 404, 501, 503])(
  'reads field by field where logs are answered with %i [remote-history.logs-off]',
  async (status) => {
    const reader = await readerOf(SINGLE, (response) => response.writeHead(status).end('Event logs are not available'));
    const application = await readFirst(reader);
    expect(application.jobs.length).toBeGreaterThan(0);
    expect(application.log.incomplete).toBe(true);
    expect(application.log.gaps.map(({ kind }) => kind)).toEqual(['read-over-rest']);
    expect(application.log.gaps[0]?.message).toContain(`(${status})`);
  },
);

it('asks for a cut zip once more, then says that it is cut [remote-history.zip-faults]', async () => {
  const zip = await zipOf(SINGLE);
  const cut = zip.subarray(0, zip.length - 30);
  let asked = 0;
  const second = await readerOf(SINGLE, (response) => {
    asked += 1;
    send(asked === 1 ? cut : zip)(response);
  });
  expect((await readFirst(second)).log.gaps).toEqual([]);
  const never = await readerOf(SINGLE, send(cut));
  await expect(readFirst(never)).rejects.toMatchObject({ code: 'unavailable', hint: expect.stringContaining('proxy') });
});

it('says that a zip is damaged within a file [remote-history.zip-faults]', async () => {
  const zip = await zipOf('4.3/first-look-none');
  zip.fill(0xff, 200, 2000);
  await expect(readFirst(await readerOf(SINGLE, send(zip)))).rejects.toMatchObject({ code: 'unavailable' });
  const garbage = await readerOf(SINGLE, send(Buffer.from('this is no zip')));
  await expect(readFirst(garbage)).rejects.toMatchObject({ code: 'unavailable' });
});

it('says that a download broke off, after a few attempts [remote-history.zip-faults]', async () => {
  const zip = await zipOf(SINGLE);
  let asked = 0;
  const reader = await readerOf(SINGLE, (response) => {
    asked += 1;
    response.writeHead(200, { 'content-length': zip.length });
    response.write(zip.subarray(0, 100), () => response.destroy());
  });
  await expect(readFirst(reader)).rejects.toMatchObject({ code: 'unavailable' });
  expect(asked).toBe(4);
});

it.each(['../outside', '../../../../../../tmp/outside', 'a/../../outside'])(
  'unpacks nothing out of its folder: %s [remote-history.zip-faults]',
  async (name) => {
    const zip = await zipWith(name, Buffer.from('x'));
    await expect(readFirst(await readerOf(SINGLE, send(zip)))).rejects.toMatchObject({ code: 'failed_precondition' });
  },
);

/** The zip with another size in its directory than the file has. */
function claiming(zip: Buffer, bytes: number): Buffer {
  const claimed = Buffer.from(zip);
  claimed.writeUInt32LE(bytes, zip.indexOf('PK\u0001\u0002') + 24);
  return claimed;
}

it('does not unpack a zip that grows beyond measure, or beyond what it says [remote-history.size-limits]', async () => {
  const zip = await zipWith('local-1', Buffer.alloc(1_000_000));
  const large = await readerOf(SINGLE, send(claiming(zip, 1_000_000_000)));
  await expect(readFirst(large)).rejects.toMatchObject({ code: 'resource_exhausted' });
  const lying = await readerOf(SINGLE, send(claiming(zip, 10)));
  await expect(readFirst(lying)).rejects.toMatchObject({ code: 'unavailable' });
});

it('says that a zip holds no event log [remote-history.zip-faults]', async () => {
  const zip = await zipWith('README.txt', Buffer.from('nothing to see'));
  await expect(readFirst(await readerOf(SINGLE, send(zip)))).rejects.toThrow('holds no event log');
});

it('says what a server is, and when it lists nothing [remote-history.check-sources]', async () => {
  const reader = await readerOf(SINGLE, () => undefined);
  expect(await reader.health({})).toEqual({
    ok: true,
    message: 'History Server of Spark 4.3.0, 1 application attempt',
  });
});
