import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { growLog } from '../../bench/eventlog/grow.ts';
import { createSparkHistory } from '../../src/connectors/spark-history/connector.ts';
import { toolContext } from '../../src/connectors/spark-history/fixtures/fake-logs.ts';
import type { SourcePlace } from '../../src/kernel/config.ts';
import type { Connector } from '../../src/kernel/connector.ts';
import { type FaultyProxy, startFaultyProxy } from '../stack/faulty-proxy.ts';
import { type Moto, startMoto } from '../stack/moto.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LOGS = [
  'examples/event-logs',
  'tests/fixtures/spark/3.5',
  'tests/fixtures/spark/4.3',
  'tests/fixtures/spark/databricks',
];
const GROWN_BYTES = 40_000_000;
const KEY_ID = 'AKIDEXAMPLEEXAMPLE00';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const signal = new AbortController().signal;

type S3 = Extract<SourcePlace, { kind: 's3' }>;

let moto: Moto;
let proxy: FaultyProxy;
let client: S3Client;
let work: string;
let grown: { folder: string; key: string; bytes: Buffer };
const environment = { ...process.env };
const connectors: Connector[] = [];

beforeAll(async () => {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: KEY_ID,
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nowhere/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
  });
  work = mkdtempSync(join(tmpdir(), 'headgate-s3-'));
  moto = await startMoto();
  proxy = await startFaultyProxy(moto.url);
  client = new S3Client({ endpoint: moto.url, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'logs' }));
  for (const folder of LOGS) await upload(join(ROOT, folder), `${folder}/`);
  const { folder } = growLog({ codec: 'none', targetBytes: GROWN_BYTES, outFolder: join(work, 'grown') });
  const [name = ''] = readdirSync(folder);
  grown = { folder, key: `grown/${name}`, bytes: readFileSync(join(folder, name)) };
  await put(grown.key, grown.bytes);
});

beforeEach(() => proxy.forget());

afterEach(async () => {
  await Promise.all(connectors.splice(0).map((connector) => connector.close()));
  expect(
    readdirSync(work)
      .filter((name) => name === 'spool')
      .flatMap((name) => readdirSync(join(work, name))),
  ).toEqual([]);
});

afterAll(async () => {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  client?.destroy();
  await proxy?.stop();
  await moto?.stop();
  rmSync(work, { recursive: true, force: true });
});

async function put(key: string, body: Buffer | string): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: 'logs', Key: key, Body: body, ContentLength: body.length }));
}

async function upload(folder: string, prefix: string): Promise<void> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) await upload(path, `${prefix}${name}/`);
    else await put(prefix + name, readFileSync(path));
  }
}

/** A connector with one source, `logs`. */
function connect(place: SourcePlace): Connector {
  const sources = [{ name: 'logs', place, tenants: null }];
  const connector = createSparkHistory({ sources }, { clock: Date.now, spoolFolder: join(work, 'spool') });
  connectors.push(connector);
  return connector;
}

const s3 = (uri: string, parts: Partial<S3> = {}): S3 => ({
  kind: 's3',
  uri,
  region: 'us-east-1',
  endpoint: proxy.url,
  profile: null,
  pathStyle: true,
  timeoutMs: 10_000,
  ...parts,
});

async function call(connector: Connector, name: string, input: Record<string, unknown> = {}) {
  const tool = connector.tools.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool.call(tool.input.parse(input), toolContext());
}

/** Ids of the applications of a listing, as the tool gives them. */
async function list(connector: Connector): Promise<string[]> {
  const { applications } = (await call(connector, 'list_applications', { limit: 0 })) as {
    applications: { columns: string[]; rows: unknown[][] };
  };
  const column = applications.columns.indexOf('app_id');
  return applications.rows.map((row) => String(row[column]));
}

/** GETs of objects: bytes [start, end) of which key. */
const reads = () =>
  proxy.requests.flatMap(({ method, url, headers }) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(String(headers.range));
    if (method !== 'GET' || range === null) return [];
    const bytes = Number(range[2]) + 1 - Number(range[1]);
    return [{ key: url.split('?')[0] ?? '', bytes, ifMatch: headers['if-match'] }];
  });

describe('logs on S3', () => {
  it.each(LOGS)('are answered about as those of the folder %s [sources.s3-same-as-folder]', async (folder) => {
    const remote = connect(s3(`s3://logs/${folder}`));
    const local = connect({ kind: 'folder', path: join(ROOT, folder) });
    const names = ['list_applications', 'get_application', 'list_stages', 'list_executors', 'list_sql_executions'];
    const all = await list(local);
    // Of two logs of one attempt the one written last is read, and an upload is a writing.
    const ids = all.filter((id) => all.filter((other) => other === id).length === 1);
    expect(ids.length).toBeGreaterThan(0);
    for (const name of names) {
      for (const app_id of name === 'list_applications' ? [undefined] : new Set(ids)) {
        const input = app_id === undefined ? { limit: 0 } : { app_id };
        const ask = (connector: Connector) =>
          call(connector, name, input).catch((error: { toBody(): unknown }) => error.toBody());
        const [there, here] = await Promise.all([ask(remote), ask(local)]);
        expect(withoutTimes(there)).toEqual(withoutTimes(here));
      }
    }
  });

  it('are found when the address is that of one log, and nothing is where nothing stands', async () => {
    const key = `examples/event-logs/${readdirSync(join(ROOT, LOGS[0] ?? '')).find((name) => name.startsWith('local-'))}`;
    expect(await list(connect(s3(`s3://logs/${key}`)))).toHaveLength(1);
    expect(await list(connect(s3('s3://logs/examples/event')))).toEqual([]);
    expect(await connect(s3('s3://logs/examples/event')).health(signal)).toMatchObject([
      { ok: true, message: '0 event logs', hint: expect.stringContaining('s3://logs/examples/event') },
    ]);
  });

  it('are listed by head and tail, and fetched in parts, several at once [sources.s3-ranged-reads]', async () => {
    const connector = connect(s3('s3://logs/grown'));
    const [app_id] = await list(connector);
    const listed = reads();
    expect(listed.length).toBeGreaterThan(0);
    expect(listed.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(1_000_000);
    proxy.forget();
    const remote = await call(connector, 'get_application', { app_id });
    expect(remote).toEqual(await call(connect({ kind: 'folder', path: grown.folder }), 'get_application', { app_id }));
    expect(reads().reduce((sum, { bytes }) => sum + bytes, 0)).toBe(grown.bytes.length);
    expect(reads().every(({ bytes, ifMatch }) => bytes <= 8 << 20 && ifMatch !== undefined)).toBe(true);
    expect(proxy.mostAtOnce()).toBeGreaterThan(1);
  });

  it('are listed over several pages of a real listing [sources.s3-listing-pages]', async () => {
    const keys = Array.from({ length: 1050 }, (_, i) => `many/app-20260101000000-${String(i).padStart(4, '0')}`);
    const waiting = keys.values();
    const worker = async () => {
      for (const key of waiting) await put(key, '');
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect(await call(connect(s3('s3://logs/many')), 'list_applications')).toMatchObject({ ignored_count: 1050 });
    expect(proxy.requests.filter(({ url }) => url.includes('list-type=2'))).toHaveLength(2);
  });

  it('are found among 100,000 objects, page by page [sources.s3-listing-pages]', async () => {
    proxy.decide(({ url }) => (url.includes('list-type=2') ? listingPage(url) : 'pass'));
    const [report] = await connect(s3('s3://huge/logs')).health(signal);
    expect(report).toMatchObject({ ok: true, message: '100,000 event logs' });
    expect(proxy.requests).toHaveLength(100);
  });
});

/** Page of 1,000 objects of a bucket that holds 100,000. */
function listingPage(url: string) {
  const from = Number(new URL(url, 'http://s3').searchParams.get('continuation-token') ?? 0);
  const keys = Array.from({ length: 1000 }, (_, i) => `logs/app-20260101000000-${from + i}`.replace(/-(\d+)$/, name));
  const objects = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"e"</ETag><Size>9</Size></Contents>`,
  );
  const next = from + 1000;
  const more =
    next < 100_000
      ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`
      : '<IsTruncated>false</IsTruncated>';
  return { status: 200, body: `<?xml version="1.0"?><ListBucketResult>${objects.join('')}${more}</ListBucketResult>` };
}

const name = (_: string, number: string) => `-${number.padStart(4, '0').slice(-4)}_${Number(number) + 1}`;

function withoutTimes(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result).replaceAll(/s3:\/\/logs\/|\/[^" ]*\/(?=examples|tests)/g, ''));
}

const error = (status: number, code: string) => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>about ${KEY_ID}</Message><AWSAccessKeyId>${KEY_ID}</AWSAccessKeyId></Error>`,
});

const isRead = (url: string) => !url.includes('list-type=2');

describe('when S3 fails', () => {
  it('says which right is missing for a bucket that may not be listed [sources.s3-no-rights]', async () => {
    proxy.decide(() => error(403, 'AccessDenied'));
    const [report] = await connect(s3('s3://logs/grown')).health(signal);
    expect(report).toMatchObject({ ok: false, message: expect.stringContaining('s3://logs/grown') });
    expect(report?.hint).toContain('s3:ListBucket');
    expect(report?.hint).toContain('spark_history.sources.logs.s3');
  });

  it('lists the logs that may be read, and names those that may not [sources.s3-no-rights]', async () => {
    const secret = readdirSync(join(ROOT, LOGS[0] ?? '')).find((one) => one.startsWith('local-')) ?? '';
    proxy.decide(({ url }) => (url.includes(secret) ? error(403, 'AccessDenied') : 'pass'));
    const result = await call(connect(s3('s3://logs/examples/event-logs')), 'list_applications');
    expect(result).toMatchObject({ applications: { total: 6 }, gaps: [expect.stringContaining(secret)] });
    expect(JSON.stringify(result)).not.toContain(KEY_ID);
  });

  it('does not notice a server error that passes [sources.s3-server-errors]', async () => {
    proxy.decide(({ before }) => (before === 0 ? error(500, 'InternalError') : 'pass'));
    expect(await list(connect(s3('s3://logs/grown')))).toHaveLength(1);
  });

  it('reports a server error that stays, without its words [sources.s3-server-errors] [sources.no-secret-in-errors]', async () => {
    proxy.decide(() => error(503, 'SlowDown'));
    const result = await call(connect(s3('s3://logs/grown')), 'list_applications');
    expect(result).toMatchObject({ unreachable: [{ server: 'logs', message: expect.stringContaining('busy') }] });
    expect(JSON.stringify(result)).not.toContain(KEY_ID);
  });

  it('asks for the rest of a body that was cut [sources.s3-cut-body]', async () => {
    const connector = connect(s3('s3://logs/grown'));
    const [app_id] = await list(connector);
    proxy.forget();
    proxy.decide(({ before, url }) => (isRead(url) && before === 0 ? { cutAfter: 1_000_000 } : 'pass'));
    const remote = await call(connector, 'get_application', { app_id });
    expect(remote).toEqual(await call(connect({ kind: 'folder', path: grown.folder }), 'get_application', { app_id }));
    const fetched = reads().reduce((sum, { bytes }) => sum + bytes, 0);
    expect(fetched).toBeGreaterThan(grown.bytes.length);
  });

  it('gives up on a body that is cut again and again [sources.s3-cut-body]', async () => {
    const connector = connect(s3('s3://logs/grown'));
    const [app_id] = await list(connector);
    proxy.decide(({ method, url }) => (method === 'GET' && isRead(url) ? { cutAfter: 10 } : 'pass'));
    await expect(call(connector, 'get_application', { app_id })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(grown.key),
    });
  });

  it('reads an object that was replaced meanwhile anew, never from two [sources.s3-object-replaced]', async () => {
    const connector = connect(s3('s3://logs/replaced'));
    await put('replaced/app-20260101000000-0001', grown.bytes);
    const [app_id] = await list(connector);
    const half = grown.bytes.subarray(0, grown.bytes.indexOf('\n', grown.bytes.length / 2) + 1);
    let replaced = false;
    proxy.decide(async ({ method, url }) => {
      if (method === 'GET' && isRead(url) && !replaced) {
        replaced = true;
        await put('replaced/app-20260101000000-0001', half);
      }
      return 'pass' as const;
    });
    const read = await call(connector, 'get_application', { app_id });
    proxy.forget();
    expect(replaced).toBe(true);
    expect(read).toEqual(await call(connect(s3('s3://logs/replaced')), 'get_application', { app_id }));
  });

  it('reports an object that is replaced again and again [sources.s3-object-replaced]', async () => {
    const connector = connect(s3('s3://logs/busy'));
    await put('busy/app-20260101000000-0002', grown.bytes.subarray(0, 1_000_000));
    const [app_id] = await list(connector);
    let writes = 0;
    proxy.decide(async ({ method, url }) => {
      if (method === 'GET' && isRead(url)) {
        writes += 1;
        await put('busy/app-20260101000000-0002', grown.bytes.subarray(0, 1_000_000 + writes));
      }
      return 'pass' as const;
    });
    await expect(call(connector, 'get_application', { app_id })).rejects.toMatchObject({ code: 'aborted' });
  });

  it('does not wait longer than it was told for a store that hangs [sources.s3-hang]', async () => {
    proxy.decide(() => 'hang');
    const connector = connect(s3('s3://logs/grown', { timeoutMs: 300 }));
    expect(await call(connector, 'list_applications')).toMatchObject({
      unreachable: [{ server: 'logs', message: expect.stringContaining('within 0.3 s') }],
    });
  });

  it('names the setting that is missing or wrong [sources.s3-says-what-to-set]', async () => {
    const health = async (place: S3) => (await connect(place).health(signal))[0];
    delete process.env.AWS_REGION;
    delete process.env.AWS_DEFAULT_REGION;
    expect(await health(s3('s3://logs/grown', { region: null, endpoint: null }))).toMatchObject({
      ok: false,
      hint: expect.stringContaining('spark_history.sources.logs.s3.region'),
    });
    expect(await health(s3('s3://nowhere/grown'))).toMatchObject({
      ok: false,
      message: expect.stringContaining('no bucket nowhere'),
      hint: expect.stringContaining('spark_history.sources.logs.s3.uri'),
    });
    expect(await health(s3('s3://logs/grown', { endpoint: 'http://127.0.0.1:9' }))).toMatchObject({
      ok: false,
      message: expect.stringContaining('ECONNREFUSED'),
      hint: expect.stringContaining('spark_history.sources.logs.s3.endpoint'),
    });
    expect(await health(s3('s3://logs/grown', { profile: 'nobody' }))).toMatchObject({
      ok: false,
      hint: expect.stringContaining('spark_history.sources.logs.s3.profile'),
    });
  });
});

describe('when the rights are enforced by the store itself', () => {
  const signedFor = (service: string) => ({
    Authorization: `AWS4-HMAC-SHA256 Credential=${KEY_ID}/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  });
  const iam = async (parameters: Record<string, string>) => {
    const body = new URLSearchParams({ Version: '2010-05-08', ...parameters });
    const answer = await fetch(moto.url, { method: 'POST', headers: signedFor('iam'), body });
    return answer.text();
  };

  it('tells a key that is not known from a user who may not read [sources.s3-no-rights]', async () => {
    await iam({ Action: 'CreateUser', UserName: 'reader' });
    const key = await iam({ Action: 'CreateAccessKey', UserName: 'reader' });
    const [, id = ''] = /<AccessKeyId>(.*?)</.exec(key) ?? [];
    const [, secret = ''] = /<SecretAccessKey>(.*?)</.exec(key) ?? [];
    await fetch(`${moto.url}/moto-api/reset-auth`, { method: 'POST', body: '0' });
    try {
      const place = s3('s3://logs/grown', { endpoint: moto.url });
      expect((await connect(place).health(signal))[0]).toMatchObject({
        ok: false,
        message: expect.stringContaining('does not know the credentials'),
      });
      process.env.AWS_ACCESS_KEY_ID = id;
      process.env.AWS_SECRET_ACCESS_KEY = secret;
      expect((await connect(place).health(signal))[0]).toMatchObject({
        ok: false,
        message: expect.stringContaining('may not be read with the credentials in use'),
      });
    } finally {
      await fetch(`${moto.url}/moto-api/reset-auth`, { method: 'POST', body: 'inf' });
      process.env.AWS_ACCESS_KEY_ID = KEY_ID;
      process.env.AWS_SECRET_ACCESS_KEY = SECRET;
    }
  });
});
