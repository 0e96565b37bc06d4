import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../../kernel/errors.ts';
import { recordedAnswers, replay } from '../rest/fixtures/recorded-server.ts';
import { type ScriptedServer, startScriptedServer } from '../rest/fixtures/scripted-server.ts';
import { SpoolFolder } from '../spool-folder.ts';
import { createEmrReader } from './emr-reader.ts';
import type { EmrPlace } from './emr-session.ts';

// A mock of EMR: it speaks AWS JSON 1.1 as the API reference documents it, and its UI redirects with a cookie. What real
// clusters do beyond that is not tested here.

const ARN = 'arn:aws:elasticmapreduce:eu-west-1:123456789012:cluster/j-ABCDEFGHIJKL';
const SIGNATURE = 'X-Amz-Signature-of-the-test';
const answers = recordedAnswers('4.3/first-look-none');

interface Mock {
  /** What EMR was asked, by action, with the body. */
  readonly calls: Array<{
    readonly action: string;
    readonly body: Record<string, unknown>;
    readonly headers: IncomingMessage['headers'];
  }>;
  /** What the next calls of an action answer instead. */
  readonly scripted: Map<string, Array<{ readonly status: number; readonly body: unknown }>>;
  /** The session that the UI accepts now; visits give it. */
  session: string;
}

let mock: Mock;
let server: ScriptedServer;
let opened: Array<{ close(): Promise<void> }>;
let spool: string;

beforeAll(() => {
  spool = mkdtempSync(join(tmpdir(), 'headgate-emr-'));
});
afterAll(() => rmSync(spool, { recursive: true, force: true }));

beforeEach(async () => {
  mock = { calls: [], scripted: new Map(), session: 'one' };
  server = await startScriptedServer((request, response) => {
    if (request.method === 'POST') return answerEmr(request, response);
    return answerUi(request, response);
  });
  opened = [server];
  process.env.AWS_ACCESS_KEY_ID = 'AKIDTEST';
  process.env.AWS_SECRET_ACCESS_KEY = 'the-secret-key-of-the-test';
});
afterEach(async () => {
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
  await Promise.all(opened.map((one) => one.close()));
});

function answerEmr(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const action = String(request.headers['x-amz-target']).replace('ElasticMapReduce.', '');
    mock.calls.push({ action, body: JSON.parse(Buffer.concat(chunks).toString('utf8')), headers: request.headers });
    const scripted = mock.scripted.get(action)?.shift();
    const usual: Record<string, unknown> = {
      CreatePersistentAppUI: { PersistentAppUIId: 'p-1', RuntimeRoleEnabledCluster: false },
      DescribePersistentAppUI: { PersistentAppUI: { PersistentAppUIId: 'p-1', PersistentAppUIStatus: 'ATTACHING' } },
      GetPersistentAppUIPresignedURL: {
        PresignedURLReady: true,
        PresignedURL: `${server.url}/signed?${SIGNATURE}`,
      },
    };
    response
      .writeHead(scripted?.status ?? 200, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify(scripted?.body ?? usual[action]));
  });
}

function answerUi(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '';
  if (url.startsWith('/signed')) {
    const cookie = `session=${mock.session}; Path=/; HttpOnly`;
    response.writeHead(302, { location: '/shs/?showIncomplete=false', 'set-cookie': cookie }).end();
  } else if (!request.headers.cookie?.includes(`session=${mock.session}`)) response.writeHead(403).end();
  else if (url.startsWith('/shs/api/')) {
    request.url = url.replace('/shs', '');
    replay(answers)(request, response);
  } else response.writeHead(200, { 'content-type': 'text/html' }).end('<html>History Server</html>');
}

function readerOf(changes: Partial<EmrPlace> = {}) {
  const place: EmrPlace = {
    kind: 'emr',
    clusterArn: ARN,
    endpoint: server.url,
    profile: null,
    timeoutMs: 5000,
    ...changes,
  };
  const reader = createEmrReader('cluster', place, { spool: new SpoolFolder(spool) }, 1);
  opened.push(reader);
  return reader;
}

async function errorOf(work: Promise<unknown>): Promise<HeadgateError> {
  const error = await work.then(
    () => new Error('it was answered'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HeadgateError)) throw error;
  expect(JSON.stringify(error.toBody())).not.toMatch(/the-secret-key|X-Amz-Signature/);
  return error;
}

describe('the History Server of an EMR cluster, over a mock of the API as documented', () => {
  it('is found by the ARN, entered by the signed URL, and asked with its cookie [remote-history.emr-session]', async () => {
    const reader = readerOf();
    const { logs } = await reader.findLogs({});
    expect(logs.map(({ path }) => path)).toEqual([`${ARN}/applications/${answers.application.id}`]);
    expect(mock.calls.map(({ action }) => action)).toEqual(['CreatePersistentAppUI', 'GetPersistentAppUIPresignedURL']);
    expect(mock.calls.map(({ body }) => body)).toEqual([
      { TargetResourceArn: ARN },
      { PersistentAppUIId: 'p-1', PersistentAppUIType: 'SHS' },
    ]);
    expect(mock.calls[0]?.headers).toMatchObject({ 'content-type': 'application/x-amz-json-1.1' });
    expect(mock.calls[0]?.headers.authorization).toContain('/eu-west-1/elasticmapreduce/aws4_request');
    const [log] = logs;
    if (log === undefined) throw new Error('no log');
    expect((await reader.readApplication(log)).jobs.length).toBeGreaterThan(0);
    expect(server.asked.filter(({ url }) => url.startsWith('/signed'))).toHaveLength(1);
  });

  it('asks for a new session when the old one is refused, once for all who ask [remote-history.emr-session]', async () => {
    const reader = readerOf();
    await reader.findLogs({});
    mock.session = 'two';
    await Promise.all([reader.findLogs({}), reader.findLogs({}), reader.findLogs({})]);
    expect(server.asked.filter(({ url }) => url.startsWith('/signed'))).toHaveLength(2);
    expect(mock.calls.filter(({ action }) => action === 'CreatePersistentAppUI')).toHaveLength(1);
  });

  it('waits until a UI that was just made is ready, and says why it never will be [remote-history.emr-session]', async () => {
    const notReady = { status: 200, body: { PresignedURLReady: false } };
    mock.scripted.set('GetPersistentAppUIPresignedURL', [notReady, notReady]);
    expect((await readerOf().findLogs({})).logs).toHaveLength(1);
    mock.scripted.set('GetPersistentAppUIPresignedURL', [notReady]);
    mock.scripted.set('DescribePersistentAppUI', [
      { status: 200, body: { PersistentAppUI: { PersistentAppUIStatus: 'FAILED', LastStateChangeReason: 'no logs' } } },
    ]);
    const error = await errorOf(readerOf().findLogs({}));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain('«no logs»');
  });

  it.each([
    ['AccessDeniedException', 400, 'permission_denied'],
    ['UnrecognizedClientException', 400, 'permission_denied'],
    ['InvalidRequestException', 400, 'failed_precondition'],
  ])('says what %s means, without what AWS said [remote-history.emr-faults]', async (type, status, code) => {
    mock.scripted.set('CreatePersistentAppUI', [
      { status, body: { __type: type, Message: `the-secret-key-of-the-test is not ${SIGNATURE}` } },
    ]);
    const error = await errorOf(readerOf().findLogs({}));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(ARN.split(':').at(-1));
    expect(error.hint).not.toBe('');
  });

  it('does not carry a session to another host, and takes no address without https from AWS [remote-history.emr-faults]', async () => {
    const elsewhere = {
      status: 200,
      body: { PresignedURLReady: true, PresignedURL: `http://localhost:1/?${SIGNATURE}` },
    };
    mock.scripted.set('GetPersistentAppUIPresignedURL', [elsewhere]);
    expect(await errorOf(readerOf().findLogs({}))).toMatchObject({ code: 'unavailable' });
    const other = await startScriptedServer((_, response) => response.writeHead(200).end());
    opened.push(other);
    const leading = await startScriptedServer((_, response) => response.writeHead(302, { location: other.url }).end());
    opened.push(leading);
    mock.scripted.set('GetPersistentAppUIPresignedURL', [
      { status: 200, body: { PresignedURLReady: true, PresignedURL: `${leading.url}/?${SIGNATURE}` } },
    ]);
    expect((await errorOf(readerOf().findLogs({}))).message).toContain('another host');
    expect(other.asked).toEqual([]);
  });
});
