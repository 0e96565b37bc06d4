import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client as ClientV2 } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { loadConfiguration } from '../../../src/configuration/index.ts';
import { connectHttp } from '../gateway/harness.ts';

const APP_ID = 'local-1795244441242';
const RECORDED = fileURLToPath(new URL(`../../fixtures/spark/4.3/first-look-none/${APP_ID}`, import.meta.url));
const APPLICATION = `spark://applications/${APP_ID}`;

let folder: string;
let logs: string;
let app: App;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-notices-'));
  logs = await mkdtemp(join(tmpdir(), 'headgate-logs-'));
  const configuration = await loadConfiguration({ eventLogs: logs }, { env: { HEADGATE_HOME: folder } });
  app = await createApp({ ...configuration, logLevel: 'silent' });
});
afterEach(async () => {
  await app.close();
  await Promise.all([folder, logs].map((path) => rm(path, { recursive: true })));
});

describe('an application whose log grows', () => {
  it('is told of to who subscribes, and reads as it is now [warm.notices] [warm.grows-as-read-anew]', async () => {
    const bytes = await readFile(RECORDED);
    const running = join(logs, `${APP_ID}.inprogress`);
    await writeFile(running, bytes.subarray(0, bytes.length / 2));
    const { url } = await app.gateway.listen({ host: '127.0.0.1', port: 0 });
    const client = (await connectHttp('sdk-v2-2026-07-28', url)) as ClientV2;
    const heard: string[] = [];
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      heard.push(params.uri);
    });
    const read = async (): Promise<Record<string, unknown>> => {
      const [contents] = (await client.readResource({ uri: APPLICATION })).contents;
      return JSON.parse(contents !== undefined && 'text' in contents ? contents.text : '{}') as Record<string, unknown>;
    };
    const before = await read();
    expect(before.status).toBe('RUNNING');
    await client.listen({ resourceSubscriptions: [APPLICATION, `${APPLICATION}/stages/0`] });
    // The first look may come after the log has grown: then the next growth is what is told.
    let written = bytes.length / 2;
    const told = vi.waitFor(() => expect(new Set(heard).size).toBe(2), { timeout: 10_000, interval: 100 });
    const grow = setInterval(() => {
      const end = Math.min(written + 2_000, bytes.length - 4_000);
      void appendFile(running, bytes.subarray(written, end));
      written = end;
    }, 200);
    await told.finally(() => clearInterval(grow));
    heard.length = 0;
    await appendFile(running, bytes.subarray(written));
    await rename(running, join(logs, APP_ID));
    await vi.waitFor(() => expect(heard).toContain(APPLICATION), { timeout: 10_000, interval: 100 });
    await vi.waitFor(async () => expect((await read()).status).toBe('SUCCEEDED'), { timeout: 5_000 });
  });
});
